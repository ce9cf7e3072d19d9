#include "bus/queue_attributes.h"

#include "bus/arn.h"
#include "bus/redrive_policy.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::size_t kNameCharactersMax = 80;
constexpr std::string_view kFifoSuffix = ".fifo";

enum class Form { kInteger, kBoolean, kText, kJson, kRedrivePolicy, kRedriveAllowPolicy, kOneOf, kReadOnly };

// One row per attribute: what it may hold, and what AWS shows when it was never set (empty = nothing).
struct AttributeRule {
  std::string_view name;
  Form form;
  std::string_view fallback;
  std::int64_t minimum = 0, maximum = 0;  // of kInteger; maximum 0 = limits.message_bytes
  bool fifo_only = false;
  std::array<std::string_view, 2> choices = {};  // of kOneOf
};

constexpr std::array kRules = {
    AttributeRule{"ApproximateNumberOfMessages", Form::kReadOnly, ""},
    AttributeRule{"ApproximateNumberOfMessagesDelayed", Form::kReadOnly, ""},
    AttributeRule{"ApproximateNumberOfMessagesNotVisible", Form::kReadOnly, ""},
    AttributeRule{.name = "ContentBasedDeduplication", .form = Form::kBoolean, .fallback = "false", .fifo_only = true},
    AttributeRule{"CreatedTimestamp", Form::kReadOnly, ""},
    AttributeRule{.name = "DeduplicationScope",
                  .form = Form::kOneOf,
                  .fallback = "queue",
                  .fifo_only = true,
                  .choices = {"queue", "messageGroup"}},
    AttributeRule{"DelaySeconds", Form::kInteger, "0", 0, 900},
    AttributeRule{.name = "FifoQueue", .form = Form::kBoolean, .fallback = "true", .fifo_only = true},
    AttributeRule{.name = "FifoThroughputLimit",
                  .form = Form::kOneOf,
                  .fallback = "perQueue",
                  .fifo_only = true,
                  .choices = {"perQueue", "perMessageGroupId"}},
    AttributeRule{"KmsDataKeyReusePeriodSeconds", Form::kInteger, "", 60, 86'400},
    AttributeRule{"KmsMasterKeyId", Form::kText, ""},
    AttributeRule{"LastModifiedTimestamp", Form::kReadOnly, ""},
    AttributeRule{"MaximumMessageSize", Form::kInteger, "", 1'024, 0},
    AttributeRule{"MessageRetentionPeriod", Form::kInteger, "345600", 60, 1'209'600},
    AttributeRule{"Policy", Form::kJson, ""},
    AttributeRule{"QueueArn", Form::kReadOnly, ""},
    AttributeRule{"ReceiveMessageWaitTimeSeconds", Form::kInteger, "0", 0, 20},
    AttributeRule{"RedriveAllowPolicy", Form::kRedriveAllowPolicy, ""},
    AttributeRule{"RedrivePolicy", Form::kRedrivePolicy, ""},
    AttributeRule{"SqsManagedSseEnabled", Form::kBoolean, "true"},
    AttributeRule{"VisibilityTimeout", Form::kInteger, "30", 0, 43'200},
};
static_assert(std::ranges::is_sorted(kRules, {}, &AttributeRule::name));

const AttributeRule* find_rule(std::string_view name) {
  const auto row = std::ranges::lower_bound(kRules, name, {}, &AttributeRule::name);
  return row != kRules.end() && row->name == name ? &*row : nullptr;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

bool removable(Form form) {
  return form == Form::kJson || form == Form::kRedrivePolicy || form == Form::kRedriveAllowPolicy ||
         form == Form::kText;
}

QueueResult<void> check_value(const AttributeRule& rule, const std::string& value, const Limits& limits) {
  switch (rule.form) {
    case Form::kInteger: {
      const std::int64_t maximum = rule.maximum ? rule.maximum : static_cast<std::int64_t>(limits.message_bytes);
      const std::optional<std::int64_t> number = parse_integer(value);
      if (!number || *number < rule.minimum || *number > maximum) return invalid_attribute_value(rule.name);
      return {};
    }
    case Form::kBoolean:
      if (value != "true" && value != "false") return invalid_attribute_value(rule.name);
      return {};
    case Form::kOneOf:
      if (std::ranges::find(rule.choices, value) == rule.choices.end()) return invalid_attribute_value(rule.name);
      return {};
    case Form::kJson: {
      boost::system::error_code failure;
      const json::value document = json::parse(value, failure);
      if (failure || !document.is_object()) return invalid_attribute_value(rule.name);
      return {};
    }
    case Form::kRedrivePolicy: {
      TRY([[maybe_unused]] const RedrivePolicy policy, RedrivePolicy::parse(value));
      return {};
    }
    case Form::kRedriveAllowPolicy: {
      TRY([[maybe_unused]] const RedriveAllowPolicy policy, RedriveAllowPolicy::parse(value));
      return {};
    }
    case Form::kText:
      return {};
    case Form::kReadOnly:
      break;
  }
  return unknown_attribute(rule.name);
}

const std::string* find_set(const QueueInfo& queue, std::string_view name) {
  const auto found = queue.attributes.find(std::string(name));
  return found == queue.attributes.end() ? nullptr : &found->second;
}

// The value in force: what was set, else the default; nullopt if the attribute is not there at all.
std::optional<std::string> effective(const QueueInfo& queue, const AttributeRule& rule) {
  if (rule.fifo_only && !queue.fifo) return std::nullopt;
  if (const std::string* set = find_set(queue, rule.name)) return *set;
  if (rule.name == "MaximumMessageSize") return std::to_string(queue.message_bytes_max);
  if (rule.name == "KmsDataKeyReusePeriodSeconds" && find_set(queue, "KmsMasterKeyId")) return "300";
  // AWS: a queue with a KMS key is not encrypted by SQS's own keys.
  if (rule.name == "SqsManagedSseEnabled" && find_set(queue, "KmsMasterKeyId")) return "false";
  if (rule.fallback.empty()) return std::nullopt;
  return std::string(rule.fallback);
}

std::int64_t effective_integer(const QueueInfo& queue, std::string_view name) {
  return parse_integer(effective(queue, *find_rule(name)).value_or("0")).value_or(0);
}

// Refreshes the decoded fields from the attributes, which have been checked.
void decode_fields(QueueInfo& queue, const Limits& limits) {
  using std::chrono::seconds;
  queue.delay = seconds(effective_integer(queue, "DelaySeconds"));
  queue.visibility_timeout = seconds(effective_integer(queue, "VisibilityTimeout"));
  queue.receive_wait = seconds(effective_integer(queue, "ReceiveMessageWaitTimeSeconds"));
  queue.retention = seconds(effective_integer(queue, "MessageRetentionPeriod"));
  queue.message_bytes_max = limits.message_bytes;
  if (const std::string* size = find_set(queue, "MaximumMessageSize"))
    queue.message_bytes_max = static_cast<std::size_t>(parse_integer(*size).value_or(0));
  queue.content_based_deduplication = effective(queue, *find_rule("ContentBasedDeduplication")) == "true";
  queue.deduplicate_per_group = effective(queue, *find_rule("DeduplicationScope")) == "messageGroup";
  queue.dead_letter_arn.reset();
  queue.max_receive_count = 0;
  if (const std::string* text = find_set(queue, "RedrivePolicy")) {
    if (const QueueResult<RedrivePolicy> policy = RedrivePolicy::parse(*text)) {
      queue.dead_letter_arn = policy->dead_letter_target.to_string();
      queue.max_receive_count = policy->max_receive_count;
    }
  }
}

bool same_json(std::string_view left, std::string_view right) {
  boost::system::error_code failure;
  const json::value a = json::parse(left, failure);
  if (failure) return false;
  const json::value b = json::parse(right, failure);
  return !failure && a == b;
}

std::string seconds_text(TimePoint when) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count());
}

std::optional<std::string> shown(const QueueInfo& queue, const QueueDepth& depth, const AttributeRule& rule) {
  if (rule.form != Form::kReadOnly) return effective(queue, rule);
  if (rule.name == "ApproximateNumberOfMessages") return std::to_string(depth.visible);
  if (rule.name == "ApproximateNumberOfMessagesDelayed") return std::to_string(depth.delayed);
  if (rule.name == "ApproximateNumberOfMessagesNotVisible") return std::to_string(depth.in_flight);
  if (rule.name == "CreatedTimestamp") return seconds_text(queue.created_at);
  if (rule.name == "LastModifiedTimestamp") return seconds_text(queue.modified_at);
  return queue.arn;  // QueueArn
}

}  // namespace

QueueResult<void> check_queue_name(std::string_view name, bool fifo) {
  const bool suffixed = name.ends_with(kFifoSuffix);
  std::string_view stem = name;
  if (suffixed) stem.remove_suffix(kFifoSuffix.size());
  const bool plain = !stem.empty() && std::ranges::all_of(stem, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (name.size() <= kNameCharactersMax && plain && suffixed == fifo) return {};
  if (fifo)
    return invalid_parameter_value(
        "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with "
        ".fifo suffix and be 1 to 80 in length");
  return invalid_parameter_value(
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
}

bool is_queue_attribute(std::string_view name) { return find_rule(name) != nullptr; }

QueueResult<void> set_queue_attributes(QueueInfo& queue, const QueueAttributeMap& given, const Limits& limits) {
  for (const auto& [name, value] : given) {
    const AttributeRule* rule = find_rule(name);
    if (!rule || rule->form == Form::kReadOnly || (rule->fifo_only && !queue.fifo)) return unknown_attribute(name);
    if (value.empty() && removable(rule->form)) {
      queue.attributes.erase(name);
      continue;
    }
    TRY_VOID(check_value(*rule, value, limits));
    // AWS: recorded for SetQueueAttributes{"FifoQueue":"false"} on a FIFO queue.
    if (name == "FifoQueue" && value != "true")
      return invalid_attribute_value(name, "Modifying queue type is not supported.");
    queue.attributes[name] = value;
  }

  const auto managed_key = given.find("SqsManagedSseEnabled");
  const auto kms_key = given.find("KmsMasterKeyId");
  if (managed_key != given.end() && managed_key->second == "true") {
    if (kms_key != given.end() && !kms_key->second.empty())
      return QueueError(QueueErrorCode::kInvalidAttributeName,
                        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS "
                        "SSE or SQS SSE.");
    queue.attributes.erase("KmsMasterKeyId");
    queue.attributes.erase("KmsDataKeyReusePeriodSeconds");
  } else if (kms_key != given.end() && !kms_key->second.empty()) {
    queue.attributes.erase("SqsManagedSseEnabled");
  }

  if (queue.fifo && effective(queue, *find_rule("FifoThroughputLimit")) == "perMessageGroupId" &&
      effective(queue, *find_rule("DeduplicationScope")) != "messageGroup")
    return invalid_attribute_value("FifoThroughputLimit",
                                   "The perMessageGroupId value is allowed only when the value for DeduplicationScope "
                                   "is messageGroup.");
  decode_fields(queue, limits);
  return {};
}

QueueResult<QueueInfo> describe_new_queue(const Scope& scope, std::string name, QueueAttributeMap attributes,
                                          const Limits& limits) {
  QueueInfo queue;
  queue.scope = scope;
  queue.name = std::move(name);
  queue.arn = queue_arn(scope, queue.name);
  if (const auto fifo = attributes.find("FifoQueue"); fifo != attributes.end()) {
    // AWS knows no FifoQueue=false: a standard queue is one without the attribute.
    if (fifo->second == "false") return unknown_attribute("FifoQueue");
    if (fifo->second != "true") return invalid_attribute_value("FifoQueue");
    queue.fifo = true;
  }
  TRY_VOID(check_queue_name(queue.name, queue.fifo));
  TRY_VOID(set_queue_attributes(queue, attributes, limits));
  return queue;
}

std::optional<std::string> first_difference(const QueueInfo& queue, const QueueAttributeMap& given) {
  for (const auto& [name, value] : given) {
    const std::string current = effective(queue, *find_rule(name)).value_or("");
    if (current == value) continue;
    const Form form = find_rule(name)->form;
    const bool is_json = form == Form::kJson || form == Form::kRedrivePolicy || form == Form::kRedriveAllowPolicy;
    if (!is_json || !same_json(current, value)) return name;
  }
  return std::nullopt;
}

QueueResult<QueueAttributeMap> shown_attributes(const QueueInfo& queue, const QueueDepth& depth,
                                                const std::vector<std::string>& names) {
  QueueAttributeMap result;
  const auto add = [&](const AttributeRule& rule) {
    if (std::optional<std::string> value = shown(queue, depth, rule))
      result.emplace(std::string(rule.name), std::move(*value));
  };
  for (const std::string& name : names) {
    if (name == "All") {
      for (const AttributeRule& rule : kRules) add(rule);
    } else if (const AttributeRule* rule = find_rule(name)) {
      add(*rule);
    } else {
      return unknown_attribute(name);
    }
  }
  return result;
}

bool shows_depth(const std::vector<std::string>& names) {
  return std::ranges::any_of(
      names, [](const std::string& name) { return name == "All" || name.starts_with("ApproximateNumberOfMessages"); });
}

QueueInfo restore_queue(const Scope& scope, std::string name, QueueAttributeMap attributes, const Limits& limits) {
  QueueInfo queue;
  queue.scope = scope;
  queue.name = std::move(name);
  queue.arn = queue_arn(scope, queue.name);
  queue.fifo = attributes.contains("FifoQueue");
  queue.attributes = std::move(attributes);
  decode_fields(queue, limits);
  return queue;
}

QueueTraits traits_of(const QueueInfo& queue) { return {queue.fifo, queue.deduplicate_per_group, queue.retention}; }

}  // namespace eventbus
