// Receiving: leases, long polls, and the redrive of messages that were received too often.

#include "base/log_value.h"
#include "bus/arn.h"
#include "bus/message_attributes.h"
#include "bus/message_validation.h"
#include "bus/queue_messages.h"
#include "bus/redrive_policy.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace eventbus {

namespace {

bool is_cancelled(const asio::cancellation_state& state) { return state.cancelled() != asio::cancellation_type::none; }

// Where messages of `queue` go that were received too often; nullptr: nowhere, they stay. AWS: a dead-letter queue that
// is gone, or whose RedriveAllowPolicy forbids it by now, leaves them where they are.
QueuePtr dead_letter_queue_of(const QueueService& queues, const QueueInfo& queue) {
  if (!queue.dead_letter_arn) return nullptr;
  QueuePtr target = queues.find_by_arn(*queue.dead_letter_arn);
  if (!target || target->fifo != queue.fifo || target->id == queue.id) return nullptr;
  const auto allow = target->attributes.find("RedriveAllowPolicy");
  const std::string* policy = allow == target->attributes.end() ? nullptr : &allow->second;
  return redrive_allowed(policy, queue.arn) ? target : nullptr;
}

// Takes out what has been received more often than the queue allows.
std::vector<LeasedMessage> take_exhausted(std::vector<LeasedMessage>& messages, std::uint32_t max_receive_count) {
  const auto first = std::stable_partition(messages.begin(), messages.end(), [&](const LeasedMessage& message) {
    return message.lease.attempt <= max_receive_count;
  });
  std::vector<LeasedMessage> exhausted(std::make_move_iterator(first), std::make_move_iterator(messages.end()));
  messages.erase(first, messages.end());
  return exhausted;
}

NewMessage moved_message(const QueueInfo& source, const QueueInfo& target, const LeasedMessage& message,
                         TimePoint now) {
  MessageAttributes attributes = MessageAttributes::decode(message.attributes);
  attributes.dead_letter_source_arn = source.arn;
  NewMessage moved;
  moved.queue = target.id;
  moved.id = message.id;
  moved.body = message.body;
  // AWS: in standard queues the time sent is kept, so that retention goes on; FIFO queues count anew ("Configuring a
  // dead-letter queue", retention).
  moved.sent_at = message.sent_at;
  moved.visible_at = now;
  if (target.fifo) {
    moved.sent_at = now;
    moved.group = message.group;
    // The id stays as shown only: a move must never be dropped as a duplicate.
    if (attributes.extra_deduplication_id.empty()) attributes.extra_deduplication_id = message.deduplication_id;
  }
  moved.attributes = attributes.encode();
  return moved;
}

}  // namespace

// One lease of up to `count` messages, less those that were moved away (`moved` says whether there were any).
asio::awaitable<QueueResult<ReceivedMessages>> QueueMessages::lease(QueuePtr queue, std::size_t count,
                                                                    Duration visibility, bool& moved) {
  moved = false;
  ReceivedMessages received;
  received.received_at = clock_.now();
  QueueStore::LeaseRequest request;
  request.queue = queue->id;
  request.lease_until = received.received_at + visibility;
  request.count = count;
  request.in_flight_max = queue->fifo ? limits_.in_flight_messages_fifo : limits_.in_flight_messages;
  CO_TRY(QueueStore::LeaseBatch batch, co_await storage_.queues().lease(request));
  if (batch.messages.empty() && batch.at_limit && !queue->fifo)
    co_return QueueError(QueueErrorCode::kOverLimit, "The maximum number of in flight messages (" +
                                                         std::to_string(request.in_flight_max) +
                                                         ") for this queue is reached.");
  received.messages = std::move(batch.messages);

  if (queue->dead_letter_arn) {
    if (QueuePtr target = dead_letter_queue_of(queues_, *queue)) {
      std::vector<LeasedMessage> exhausted = take_exhausted(received.messages, queue->max_receive_count);
      moved = !exhausted.empty();
      if (moved) co_await redrive(queue, std::move(target), std::move(exhausted));
    }
  }
  co_return std::move(received);
}

// In one commit: off the queue, onto the dead-letter queue. If that fails they stay hidden until their lease is over,
// and the next receive tries again.
asio::awaitable<void> QueueMessages::redrive(QueuePtr queue, QueuePtr target, std::vector<LeasedMessage> exhausted) {
  const TimePoint now = clock_.now();
  Commit commit;
  for (const LeasedMessage& message : exhausted) {
    commit.messages.push_back(moved_message(*queue, *target, message, now));
    commit.acks.push_back(message.lease.key());
  }
  const Result<CommitReceipt> receipt = co_await storage_.commit(std::move(commit));
  if (receipt) {
    log_.info("messages moved to the dead-letter queue source={} target={} count={}", queue->arn, target->arn,
              exhausted.size());
  } else {
    log_.warn("messages could not be moved to the dead-letter queue source={} target={} error={}", queue->arn,
              target->arn, log_value(receipt.error().message));
  }
}

asio::awaitable<QueueResult<ReceivedMessages>> QueueMessages::receive(QueuePtr queue, MessagesToReceive request) {
  const TimePoint started = clock_.now();
  const Duration visibility = request.visibility.value_or(queue->visibility_timeout);
  const bool has_attempt = queue->fifo && !request.attempt_id.empty();
  if (has_attempt) {
    CO_TRY_VOID(check_message_token("ReceiveRequestAttemptId", request.attempt_id));
    const std::shared_ptr<const ReceiveAttempts::Answer> earlier =
        attempts_.find(queue->id, request.attempt_id, started);
    // AWS: as long as nothing was deleted or became visible again, and with the visibility timeout begun anew.
    if (earlier && std::ranges::all_of(earlier->messages, [&](const LeasedMessage& message) {
          return storage_.queues().extend(message.lease, started + visibility) == LeaseState::kHeld;
        }))
      co_return ReceivedMessages{earlier->messages, earlier->received_at};
  }

  const TimePoint deadline = started + request.wait.value_or(queue->receive_wait);
  for (bool waited = false;;) {
    bool moved = false;
    CO_TRY(ReceivedMessages received, co_await lease(queue, request.count, visibility, moved));
    if (!received.messages.empty()) {
      const bool has_left = waited && request.receiver_has_left && request.receiver_has_left();
      if (has_left || is_cancelled(co_await asio::this_coro::cancellation_state)) {
        // Instead of being hidden for a whole visibility timeout they are for others at once.
        for (const LeasedMessage& message : received.messages) storage_.queues().give_back(message.lease);
        co_return ReceivedMessages{};
      }
      if (has_attempt)
        attempts_.remember(queue->id, request.attempt_id,
                           std::make_shared<const ReceiveAttempts::Answer>(
                               ReceiveAttempts::Answer{received.messages, received.received_at}));
      co_return std::move(received);
    }
    if (moved) continue;  // there may be more behind those that went
    if (clock_.now() >= deadline || is_cancelled(co_await asio::this_coro::cancellation_state))
      co_return std::move(received);
    waited = true;
    co_await storage_.queues().wait(queue->id, deadline);
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) co_return std::move(received);
    const QueuePtr current = queues_.find(queue->scope, queue->name);
    if (!current || current->id != queue->id) co_return queue_does_not_exist();
    queue = current;  // attributes may have changed while we waited
  }
}

}  // namespace eventbus
