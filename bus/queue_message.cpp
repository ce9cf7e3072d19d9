#include "bus/queue_message.h"

#include "base/digest.h"
#include "bus/arn.h"
#include "bus/json_path.h"
#include "bus/json_text.h"
#include "bus/message_attributes.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace eventbus {

namespace {

constexpr std::string_view kSender = "events.amazonaws.com";
constexpr std::size_t kGroupIdMax = 128;

// AWS's own wording of what SQS answered to EventBridge.
std::string sqs_said(std::string text, std::string_view error_code, std::string_view request_id) {
  text += " (Service: AmazonSQS; Status Code: 400; Error Code: ";
  text += error_code;
  text += "; Request ID: ";
  text += request_id;
  text += "; Proxy: null)";
  return text;
}

DeliveryFailure refused(std::string text, std::string_view error_code, Rng& rng) {
  return {"INVALID_PARAMETER", sqs_said(std::move(text), error_code, rng.uuid())};
}

// AWS: alphanumeric characters and punctuation, 1–128.
bool is_group_id(std::string_view text) {
  return !text.empty() && text.size() <= kGroupIdMax &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

// SqsParameters.MessageGroupId: text, or a JSON path into the original event (behaviour §11). Empty when there is none.
std::string group_id_of(const CompiledTarget& target, const Event& event) {
  if (!target.message_group_id.starts_with('$')) return target.message_group_id;
  const std::optional<JsonPath> path = JsonPath::parse(target.message_group_id);
  if (!path) return target.message_group_id;
  std::optional<std::string> value = path->find(event.json);
  if (!value || *value == "null") return {};
  if (json_kind(*value) == JsonKind::kString) return unescaped(std::string_view(*value).substr(1, value->size() - 2));
  return std::move(*value);
}

}  // namespace

DeliveryFailure invalid_json() { return {"INVALID_JSON", "Invalid input for target."}; }

DeliveryFailure no_such_queue(std::string_view request_id) {
  return {"NO_RESOURCE", sqs_said("The specified queue does not exist or you do not have access to it.",
                                  "AWS.SimpleQueueService.NonExistentQueue", request_id)};
}

Result<NewMessage, DeliveryFailure> make_queue_message(const QueueInfo& queue, const CompiledTarget& target,
                                                       const Event& event, std::string input, TimePoint now, Rng& rng) {
  return make_queue_message(queue, group_id_of(target, event), event.trace_header, std::move(input), now, rng);
}

Result<NewMessage, DeliveryFailure> make_queue_message(const QueueInfo& queue, std::string group,
                                                       std::string_view trace_header, std::string input, TimePoint now,
                                                       Rng& rng) {
  if (input.empty()) return refused("The request must contain the parameter MessageBody.", "MissingParameter", rng);
  if (input.size() > queue.message_bytes_max)
    return refused("One or more parameters are invalid. Reason: Message must be shorter than " +
                       std::to_string(queue.message_bytes_max) + " bytes.",
                   "InvalidParameterValue", rng);

  NewMessage message;
  MessageAttributes attributes;
  if (queue.fifo && group.empty())
    return refused("The request must contain the parameter MessageGroupId.", "MissingParameter", rng);
  if (!group.empty() && !is_group_id(group))
    return refused("Value " + group + " for parameter MessageGroupId is invalid.", "InvalidParameterValue", rng);
  if (queue.fifo) {
    if (!queue.content_based_deduplication)
      return refused(
          "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
          "explicitly",
          "InvalidParameterValue", rng);
    message.group = std::move(group);
    message.deduplication_id = sha256_hex(input);
  } else {
    attributes.message_group_id = std::move(group);
  }
  attributes.sender_id = kSender;
  attributes.trace_header = trace_header;

  message.queue = queue.id;
  message.id = rng.uuid();
  message.attributes = attributes.encode();
  message.body = std::move(input);
  message.sent_at = now;
  message.visible_at = now + queue.delay;
  return message;
}

std::shared_ptr<const QueueInfo> dead_letter_queue(const QueueDirectory& queues, const Limits& limits,
                                                   std::string_view bus_region, std::string_view dead_letter_arn) {
  const std::optional<Arn> arn = Arn::parse(dead_letter_arn);
  if (!arn || arn->service != "sqs") return nullptr;
  if (arn->region != bus_region && !limits.allow_cross_region_queues) return nullptr;
  return queues.find(arn->scope(), arn->resource);
}

NewMessage make_dead_letter(const QueueInfo& queue, std::string_view rule_arn, std::string_view target_arn,
                            const DeliveryFailure& failure, std::string input, std::string_view trace_header,
                            TimePoint now, Rng& rng, const SpentRetries& retries) {
  MessageAttributes attributes;
  attributes.user["RULE_ARN"] = {"String", std::string(rule_arn)};
  attributes.user["TARGET_ARN"] = {"String", std::string(target_arn)};
  attributes.user["ERROR_CODE"] = {"String", std::string(failure.code)};
  attributes.user["ERROR_MESSAGE"] = {"String", failure.message};
  if (!retries.condition.empty()) {
    attributes.user["EXHAUSTED_RETRY_CONDITION"] = {"String", std::string(retries.condition)};
    attributes.user["RETRY_ATTEMPTS"] = {"String", std::to_string(retries.made)};
  }
  attributes.sender_id = kSender;
  attributes.trace_header = trace_header;

  NewMessage message;
  message.queue = queue.id;
  message.id = rng.uuid();
  message.attributes = attributes.encode();
  message.body = std::move(input);
  message.sent_at = now;
  message.visible_at = now + queue.delay;
  return message;
}

bool can_take_dead_letter(const QueueInfo& queue, std::string_view input) {
  return !queue.fifo && !input.empty() && input.size() <= queue.message_bytes_max;
}

}  // namespace eventbus
