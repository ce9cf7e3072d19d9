// Sending: what a message must be, and what is stored of it.

#include "base/digest.h"
#include "bus/message_validation.h"
#include "bus/queue_messages.h"

#include <utility>

namespace eventbus {

namespace {

constexpr std::int64_t kDelaySecondsMax = 900;
constexpr std::string_view kWrongQueueType = "The request include parameter that is not valid for this queue type.";

QueueResult<void> check_size(const QueueInfo& queue, const MessageToSend& message) {
  if (message_bytes(message.body, message.attributes) <= queue.message_bytes_max) return {};
  return invalid_parameter_value("One or more parameters are invalid. Reason: Message must be shorter than " +
                                 std::to_string(queue.message_bytes_max) + " bytes.");
}

QueueResult<void> check_delay(const QueueInfo& queue, const MessageToSend& message) {
  if (!message.delay_seconds) return {};
  const std::string text = std::to_string(*message.delay_seconds);
  if (*message.delay_seconds < 0 || *message.delay_seconds > kDelaySecondsMax)
    return invalid_parameter(text, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.");
  // AWS: delay is a matter of the whole FIFO queue; 0 is taken.
  if (queue.fifo && *message.delay_seconds != 0) return invalid_parameter(text, "DelaySeconds", kWrongQueueType);
  return {};
}

QueueResult<void> check_ordering(const QueueInfo& queue, const MessageToSend& message) {
  if (queue.fifo) {
    if (!message.group_id || message.group_id->empty()) return missing_parameter("MessageGroupId");
    TRY_VOID(check_message_token("MessageGroupId", *message.group_id));
    if (message.deduplication_id) return check_message_token("MessageDeduplicationId", *message.deduplication_id);
    if (queue.content_based_deduplication) return {};
    return invalid_parameter_value(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
  }
  if (message.deduplication_id)
    return invalid_parameter(*message.deduplication_id, "MessageDeduplicationId", kWrongQueueType);
  if (message.group_id) return check_message_token("MessageGroupId", *message.group_id);  // fair queues
  return {};
}

// AWS: these two refuse the whole batch, not the entry (recorded).
bool lacks_ordering(const QueueInfo& queue, const MessageToSend& message) {
  if (!queue.fifo) return false;
  return !message.group_id || message.group_id->empty() ||
         (!message.deduplication_id && !queue.content_based_deduplication);
}

}  // namespace

QueueResult<NewMessage> QueueMessages::prepare(const QueueInfo& queue, MessageToSend message, TimePoint now) {
  TRY_VOID(check_message_body(message.body));
  TRY_VOID(check_message_attributes(message.attributes));
  TRY_VOID(check_size(queue, message));
  TRY_VOID(check_delay(queue, message));
  TRY_VOID(check_ordering(queue, message));

  NewMessage stored;
  stored.queue = queue.id;
  stored.id = rng_.uuid();
  stored.sent_at = now;
  stored.visible_at = now + queue.delay;
  if (message.delay_seconds && !queue.fifo) stored.visible_at = now + std::chrono::seconds(*message.delay_seconds);

  MessageAttributes attributes;
  attributes.user = std::move(message.attributes);
  attributes.sender_id = std::move(message.sender_id);
  attributes.trace_header = std::move(message.trace_header);
  if (queue.fifo) {
    stored.group = std::move(*message.group_id);
    if (message.deduplication_id) {
      stored.deduplication_id = std::move(*message.deduplication_id);
    } else {
      // AWS: content-based deduplication is the SHA-256 of the body, not of the attributes.
      stored.deduplication_id = sha256_hex(message.body);
    }
  } else if (message.group_id) {
    attributes.message_group_id = std::move(*message.group_id);
  }
  stored.attributes = attributes.encode();
  stored.body = std::move(message.body);
  return stored;
}

asio::awaitable<QueueResult<std::vector<EnqueueOutcome>>> QueueMessages::enqueue(std::vector<NewMessage> messages) {
  Commit commit;
  commit.messages = std::move(messages);
  CO_TRY(CommitReceipt receipt, co_await storage_.commit(std::move(commit)));
  co_return std::move(receipt.messages);
}

asio::awaitable<QueueResult<SentMessage>> QueueMessages::send(QueuePtr queue, MessageToSend message) {
  CO_TRY(NewMessage stored, prepare(*queue, std::move(message), clock_.now()));
  std::vector<NewMessage> messages;
  messages.push_back(std::move(stored));
  CO_TRY(std::vector<EnqueueOutcome> outcomes, co_await enqueue(std::move(messages)));
  co_return SentMessage{std::move(outcomes.front().message_id), outcomes.front().sequence};
}

asio::awaitable<QueueResult<QueueMessages::SendResults>> QueueMessages::send_batch(
    QueuePtr queue, std::vector<MessageToSend> messages) {
  std::size_t bytes = 0;
  for (const MessageToSend& message : messages) {
    bytes += message_bytes(message.body, message.attributes);
    if (!lacks_ordering(*queue, message)) continue;
    QueueError error = check_ordering(*queue, message).error();
    error.code = QueueErrorCode::kInvalidParameterValue;
    co_return error;
  }
  if (bytes > limits_.message_bytes)
    co_return QueueError(QueueErrorCode::kBatchRequestTooLong,
                         "Batch requests cannot be longer than " + std::to_string(limits_.message_bytes) +
                             " bytes. You have sent " + std::to_string(bytes) + " bytes.");

  const TimePoint now = clock_.now();
  SendResults results;
  results.reserve(messages.size());
  std::vector<NewMessage> accepted;
  std::vector<std::size_t> places;  // of the accepted ones in `results`
  for (MessageToSend& message : messages) {
    QueueResult<NewMessage> stored = prepare(*queue, std::move(message), now);
    if (stored) {
      places.push_back(results.size());
      accepted.push_back(std::move(*stored));
      results.emplace_back(SentMessage{});
    } else {
      results.emplace_back(std::move(stored).error());
    }
  }
  if (accepted.empty()) co_return std::move(results);
  CO_TRY(std::vector<EnqueueOutcome> outcomes, co_await enqueue(std::move(accepted)));
  for (std::size_t i = 0; i < places.size(); ++i)
    results[places[i]] = SentMessage{std::move(outcomes[i].message_id), outcomes[i].sequence};
  co_return std::move(results);
}

}  // namespace eventbus
