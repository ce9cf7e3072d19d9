#include "tests/simulation/specs.h"

#include "bus/archive_records.h"
#include "bus/arn.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <stdexcept>
#include <string_view>

namespace eventbus::simulation {

const Scope kHome{"000000000000", "us-east-1"};
const Scope kAbroad{"000000000000", "eu-west-1"};

namespace {

constexpr std::string_view kDestinationPrefix = "api-destination/";

std::string array_of(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) json += (json.size() > 1 ? ",\"" : "\"") + text + "\"";
  return json + "]";
}

// What stands between `before` and the next quote.
std::string text_behind(std::string_view body, std::string_view before) {
  const std::size_t at = body.find(before);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + before.size();
  return std::string(body.substr(begin, body.find('"', begin) - begin));
}

}  // namespace

// ---- events

std::string EventSpec::detail() const {
  return "{\"n\":" + std::to_string(number) + ",\"kind\":\"" + kind + "\",\"key\":\"" + key +
         "\",\"size\":" + std::to_string(size) + ",\"padding\":\"" + std::string(padding, 'x') + "\"}";
}

Event make_event(const EventSpec& spec, TimePoint now, std::string id) {
  Event event;
  event.id = std::move(id);
  event.source = spec.source;
  event.detail_type = "Simulated";
  event.origin = kHome;
  event.time = spec.time;
  event.accepted_at = now;
  std::optional<std::string> json = make_envelope(event, {}, spec.detail());
  if (!json) throw std::logic_error("an event of the workload is no event");
  event.json = std::move(*json);
  return event;
}

// ---- patterns

bool PatternSpec::matches(const EventSpec& event) const {
  const auto has = [](const std::vector<std::string>& texts, const std::string& text) {
    return texts.empty() || std::ranges::find(texts, text) != texts.end();
  };
  return has(sources, event.source) && has(kinds, event.kind) && event.key.starts_with(key_prefix) &&
         (not_kind.empty() || event.kind != not_kind) && (!size_from || event.size >= *size_from) &&
         (!replayed || *replayed == !event.replay.empty());
}

std::string PatternSpec::json() const {
  std::vector<std::string> detail;
  if (!kinds.empty()) detail.push_back("\"kind\":" + array_of(kinds));
  if (!not_kind.empty()) detail.push_back("\"kind\":[{\"anything-but\":\"" + not_kind + "\"}]");
  if (!key_prefix.empty()) detail.push_back("\"key\":[{\"prefix\":\"" + key_prefix + "\"}]");
  if (size_from) detail.push_back("\"size\":[{\"numeric\":[\">=\"," + std::to_string(*size_from) + "]}]");
  std::string json = "{\"source\":" + array_of(sources);
  if (replayed) json += std::string(",\"replay-name\":[{\"exists\":") + (*replayed ? "true" : "false") + "}]";
  if (!detail.empty()) {
    json += ",\"detail\":{";
    for (std::size_t i = 0; i < detail.size(); ++i) json += (i > 0 ? "," : "") + detail[i];
    json += "}";
  }
  return json + "}";
}

// ---- targets

std::string TargetSpec::arn() const {
  switch (kind) {
    case kQueue:
      return queue_arn(kHome, name);
    case kFunction:
      return "arn:aws:lambda:us-east-1:000000000000:function:" + name;
    case kBus:
      return bus_arn(abroad ? kAbroad : kHome, name);
    case kArchive:
      return archive_arn(kHome, name);
    case kLogGroup:
      return "arn:aws:logs:us-east-1:000000000000:log-group:" + name;
    case kUrl:
      return "https:" + name;
    case kDestination:
      return "arn:aws:events:us-east-1:000000000000:" + std::string(kDestinationPrefix) + name;
  }
  return {};
}

bool TargetSpec::delivers_like(const TargetSpec& other) const {
  return kind == other.kind && name == other.name && abroad == other.abroad && transformed == other.transformed &&
         group_by_key == other.group_by_key;
}

Target TargetSpec::target(const std::string& id) const {
  Target target;
  target.id = id;
  target.arn = arn();
  if (kind == kBus || kind == kDestination) target.role_arn = "arn:aws:iam::000000000000:role/forward";
  if (transformed && kind != kBus && kind != kLogGroup) {
    InputFields::Transformer transformer;
    transformer.paths =
        std::map<std::string, std::string>{{"n", scheduled ? "$.time" : "$.detail.n"}, {"again", "$.replay-name"}};
    transformer.template_text = scheduled ? "{\"token\":\"@<n>" : "{\"token\":\"<n>";
    transformer.template_text +=
        "/<aws.events.rule-name>/" + id + "<again>\",\"n\":\"<n>\",\"replay-name\":\"<again>\"}";
    target.input.transformer = std::move(transformer);
  }
  if (kind == kQueue && name.ends_with(".fifo")) target.sqs = SqsParameters{group_by_key ? "$.detail.key" : "group"};
  if (!dead_letter_queue.empty()) target.dead_letter = DeadLetterConfig{queue_arn(kHome, dead_letter_queue)};
  if (retries || age_seconds) target.retry = RetryPolicy{retries, age_seconds};
  return target;
}

// ---- queues

std::map<std::string, std::string> QueueSpec::attributes() const {
  std::map<std::string, std::string> all = {{"VisibilityTimeout", std::to_string(visibility)},
                                            {"DelaySeconds", std::to_string(delay)},
                                            {"MessageRetentionPeriod", std::to_string(retention)}};
  if (fifo) all["FifoQueue"] = "true";
  if (content_based) all["ContentBasedDeduplication"] = "true";
  if (per_group) {
    all["DeduplicationScope"] = "messageGroup";
    all["FifoThroughputLimit"] = "perMessageGroupId";
  }
  if (!dead_letter_queue.empty())
    all["RedrivePolicy"] = "{\"deadLetterTargetArn\":\"" + queue_arn(kHome, dead_letter_queue) +
                           "\",\"maxReceiveCount\":" + std::to_string(receives_max) + "}";
  return all;
}

// ---- names

std::string token_of(const EventSpec& event, const std::string& rule, const std::string& target) {
  return std::to_string(event.number) + "/" + rule + "/" + target + event.replay;
}

std::string token_in(std::string_view body) { return text_behind(body, "\"token\":\""); }

std::optional<std::string> event_key_in(std::string_view body) {
  for (const std::string_view before : {"\"n\":\"", "\"n\":"}) {
    const std::size_t at = body.find(before);
    if (at == std::string_view::npos) continue;
    std::uint64_t number = 0;
    const char* const begin = body.data() + at + before.size();
    if (std::from_chars(begin, body.data() + body.size(), number).ec == std::errc())
      return std::to_string(number) + text_behind(body, "\"replay-name\":\"");
  }
  return std::nullopt;
}

TargetSpec attempted_target(const std::string& name) {
  TargetSpec spec;
  spec.name = name;
  spec.kind = name.starts_with("//")                ? TargetSpec::kUrl
              : name.find('/') != std::string::npos ? TargetSpec::kDestination
                                                    : TargetSpec::kFunction;
  return spec;
}

std::string attempted_name_in(std::string_view arn) {
  std::string_view name = arn.substr(arn.rfind(':') + 1);
  if (name.starts_with(kDestinationPrefix)) name.remove_prefix(kDestinationPrefix.size());
  return std::string(name);
}

std::string rule_name_in(std::string_view rule_arn) { return std::string(rule_arn.substr(rule_arn.rfind('/') + 1)); }

}  // namespace eventbus::simulation
