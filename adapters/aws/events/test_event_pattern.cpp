#include "adapters/aws/events/test_event_pattern.h"

#include "bus/json_text.h"
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_set.h"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <span>
#include <string>

namespace eventbus::aws {

namespace {

constexpr std::size_t kReadableBehind = 64;  // rules-engine/rule_set.h: match

AwsError invalid_event(std::string_view reason = {}) {
  std::string message = "Parameter Event is not valid.";
  if (!reason.empty()) message.append(" Reason: ").append(reason);
  return validation(std::move(message));
}

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
  if (text.size() < from + count) return std::nullopt;
  int value = 0;
  const char* const end = text.data() + from + count;
  const auto [stop, failure] = std::from_chars(text.data() + from, end, value);
  if (failure != std::errc() || stop != end || value < 0) return std::nullopt;
  return value;
}

bool is_zone(std::string_view text) {
  if (text == "Z" || text == "z") return true;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
  const std::optional<int> hours = digits(text, 1, 2);
  const std::optional<int> minutes = digits(text, 4, 2);
  return hours && minutes && *hours <= 18 && *minutes <= 59;
}

// RFC 3339: 2026-01-02T03:04:05[.678](Z|+01:00)
bool is_time(std::string_view text) {
  const std::optional<int> year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2),
                           hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return false;
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
    return false;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return false;
  std::string_view rest = text.substr(19);
  if (rest.starts_with('.')) {
    const std::size_t zone = rest.find_first_not_of("0123456789", 1);
    if (zone == 1 || zone == std::string_view::npos) return false;
    rest.remove_prefix(zone);
  }
  return is_zone(rest);
}

// The event must be an object with the fields of an envelope; of their types only time's is looked at (behaviour §8).
std::optional<AwsError> check_event(std::string_view event) {
  constexpr std::array<std::string_view, 6> kRequired = {"id", "account", "source", "time", "region", "detail-type"};
  std::array<bool, kRequired.size()> seen{};
  std::optional<std::string_view> time;
  for_each_member(event, [&](std::string_view key, std::string_view value) {
    const std::string name = unescaped(key);
    for (std::size_t i = 0; i < kRequired.size(); ++i)
      if (name == kRequired[i]) seen[i] = true;
    if (name == "time") time = value;
  });
  for (const bool present : seen)
    if (!present) return invalid_event();
  if (json_kind(*time) != JsonKind::kString || !is_time(unescaped(time->substr(1, time->size() - 2))))
    return invalid_event("Invalid time.");
  return std::nullopt;
}

std::string_view text_member(const boost::json::object& input, std::string_view name) {
  const boost::json::value* member = input.if_contains(name);
  return member && member->is_string() ? std::string_view(member->get_string()) : std::string_view();
}

}  // namespace

AwsError invalid_event_pattern(std::string_view reason) {
  return AwsError("InvalidEventPatternException", "Event pattern is not valid. Reason: " + std::string(reason));
}

AwsResult<boost::json::object> test_event_pattern(const boost::json::object& input) {
  Result<std::shared_ptr<const rules::EventPattern>> pattern =
      rules::parse_event_pattern(text_member(input, "EventPattern"));
  if (!pattern) return invalid_event_pattern(pattern.error().message);

  std::optional<std::string> event = compact_json(text_member(input, "Event"));
  if (!event || json_kind(*event) != JsonKind::kObject) return invalid_event();
  if (std::optional<AwsError> refusal = check_event(*event)) return std::move(*refusal);
  event->reserve(event->size() + kReadableBehind);

  const std::array rule = {rules::RuleInput{0, std::move(*pattern)}};
  rules::MatchScratch scratch;
  const std::shared_ptr<const rules::RuleSet> rules = rules::RuleSet::compile(rule);
  const Result<std::span<const rules::RuleId>> matched = rules->match(*event, scratch);
  if (!matched) return invalid_event();
  boost::json::object output;
  output["Result"] = !matched->empty();
  return output;
}

asio::awaitable<AwsResult<json::object>> test_event_pattern(EventsApi&, const RequestContext&, json::object input) {
  co_return test_event_pattern(input);
}

}  // namespace eventbus::aws
