#include "bus/schedule_invocation.h"

#include "bus/event.h"
#include "bus/message_attributes.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <utility>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::string_view kAttemptNumber = "<aws.scheduler.attempt-number>";
constexpr std::string_view kSender = "scheduler.amazonaws.com";

void replace_all(std::string& text, std::string_view attribute, std::string_view value) {
  for (std::size_t at = text.find(attribute); at != std::string::npos; at = text.find(attribute, at + value.size()))
    text.replace(at, attribute.size(), value);
}

std::string hexadecimal(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = kDigits[(number >> (60 - 4 * i)) & 0xF];
  return text;
}

// AWS: "EventBridge Scheduler delivers a default notification to the target" (Target, Input); as captured, its detail
// is text.
std::string default_notification(const DueSchedule& due, Rng& rng) {
  const Scope& scope = due.schedule->key.group.scope;
  json::object event;
  event["version"] = "0";
  event["id"] = rng.uuid();
  event["detail-type"] = "Scheduled Event";
  event["source"] = "aws.scheduler";
  event["account"] = scope.account;
  event["time"] = format_iso_seconds(due.scheduled_at);
  event["region"] = scope.region;
  event["resources"].emplace_array().emplace_back(due.schedule->arn());
  event["detail"] = "{}";
  return json::serialize(event);
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

Delivery make_invocation(const DueSchedule& due, TimePoint now, Rng& rng) {
  const Target& target = due.schedule->record.settings.target;
  Delivery delivery;
  delivery.event_id = hexadecimal(rng.next_u64());
  delivery.rule_arn = due.schedule->arn();
  delivery.target_id = kScheduleTargetId;
  delivery.target_arn = target.arn;
  if (target.dead_letter) delivery.dead_letter_arn = target.dead_letter->arn;
  delivery.accepted_at = now;
  delivery.scheduled_at = due.scheduled_at;
  if (target.input.input) {
    delivery.input = *target.input.input;
    replace_all(delivery.input, "<aws.scheduler.schedule-arn>", delivery.rule_arn);
    replace_all(delivery.input, "<aws.scheduler.scheduled-time>", format_iso_seconds(due.scheduled_at));
    replace_all(delivery.input, "<aws.scheduler.execution-id>", delivery.event_id);
  } else {
    delivery.input = default_notification(due, rng);
  }
  return delivery;
}

Result<std::string, DeliveryFailure> scheduled_envelope(const ScheduleEntry& schedule, const Delivery& invocation,
                                                        Rng& rng) {
  const json::value* block = schedule.record.settings.target.parameters.if_contains("EventBridgeParameters");
  const json::object parameters = block && block->is_object() ? block->get_object() : json::object();
  Event event;
  event.id = rng.uuid();
  event.source = text_of(parameters, "Source");
  event.detail_type = text_of(parameters, "DetailType");
  event.origin = schedule.key.group.scope;
  event.time = std::chrono::floor<std::chrono::seconds>(invocation.accepted_at);
  event.accepted_at = invocation.accepted_at;
  std::optional<std::string> envelope = make_envelope(event, {}, invocation.input);
  if (!envelope) return DeliveryFailure{"MalformedDetail", "Detail is malformed."};
  return *std::move(envelope);
}

bool mentions_attempt_number(std::string_view input) { return input.find(kAttemptNumber) != std::string_view::npos; }

std::string with_attempt_number(std::string_view input, std::uint32_t attempt) {
  std::string text(input);
  replace_all(text, kAttemptNumber, std::to_string(attempt));
  return text;
}

NewMessage make_schedule_dead_letter(const QueueInfo& queue, const Delivery& invocation, const DeliveryFailure& failure,
                                     TimePoint now, Rng& rng, const SpentRetries& retries) {
  const bool truncated = invocation.input.size() > queue.message_bytes_max;
  MessageAttributes attributes;
  const auto add = [&](const char* name, std::string_view value) {
    if (!value.empty()) attributes.user[name] = {"String", std::string(value)};
  };
  add("ERROR_CODE", failure.code);
  add("ERROR_MESSAGE", failure.message);
  add("EXECUTION_ID", invocation.event_id);
  add("EXHAUSTED_RETRY_CONDITION", retries.condition);
  add("IS_PAYLOAD_TRUNCATED", truncated ? "true" : "false");
  add("RETRY_ATTEMPTS", std::to_string(retries.made));
  add("SCHEDULED_TIME", format_iso_seconds(invocation.scheduled_at.value_or(invocation.accepted_at)));
  add("SCHEDULE_ARN", invocation.rule_arn);
  add("TARGET_ARN", invocation.target_arn);
  attributes.sender_id = kSender;

  NewMessage message;
  message.queue = queue.id;
  message.id = rng.uuid();
  message.attributes = attributes.encode();
  message.body = with_attempt_number(invocation.input, retries.made + 1).substr(0, queue.message_bytes_max);
  message.sent_at = now;
  message.visible_at = now + queue.delay;
  return message;
}

}  // namespace eventbus
