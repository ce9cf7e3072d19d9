#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "bus/limits.h"
#include "bus/message_digest.h"
#include "bus/queue_error.h"
#include "bus/queue_service.h"
#include "bus/receive_attempts.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// A message as a client wants it sent.
struct MessageToSend {
  std::string body;
  std::optional<std::int64_t> delay_seconds;  // nullopt: the queue's
  MessageAttributeMap attributes;
  std::string trace_header;  // AWSTraceHeader; empty = none
  std::string sender_id;
  std::optional<std::string> group_id, deduplication_id;
};

struct SentMessage {
  std::string id;  // of a duplicate: the original's
  std::uint64_t sequence = 0;
};

struct MessagesToReceive {
  std::size_t count = 1;               // 1–10
  std::optional<Duration> visibility;  // nullopt: the queue's
  std::optional<Duration> wait;        // nullopt: the queue's
  std::string attempt_id;              // ReceiveRequestAttemptId; FIFO queues only
  // Whether nobody is there any more to take the messages; asked once there are some, if they had to be waited for.
  // Empty: somebody is.
  std::function<bool()> receiver_has_left;
};

struct ReceivedMessages {
  std::vector<LeasedMessage> messages;
  TimePoint received_at;
};

// What SQS clients do with messages: send, receive, delete, hide. All state is in the QueueStore; this is its SQS
// semantics: sizes and names, delays, long polls, deduplication, receipt handles, redrive to a dead-letter queue.
//
// Safe to call from any shard. `queue` arguments are snapshots; a queue that was deleted meanwhile answers
// kQueueDoesNotExist. kStorage: nothing was done, the same request may succeed later.
class QueueMessages {
 public:
  QueueMessages(const QueueService& queues, Storage& storage, Clock& clock, Rng& rng, const Limits& limits,
                spdlog::logger& log);

  // One result per message, all good ones in one commit. Batches differ from single sends: their sum of sizes is
  // limited (kBatchRequestTooLong), and a FIFO queue refuses all when a group or deduplication id is missing in one.
  using SendResults = std::vector<QueueResult<SentMessage>>;
  asio::awaitable<QueueResult<SentMessage>> send(QueuePtr queue, MessageToSend message);
  asio::awaitable<QueueResult<SendResults>> send_batch(QueuePtr queue, std::vector<MessageToSend> messages);

  // Waits up to `wait` for the first message; ends early, empty, when the client is gone (cancellation). What has come
  // for somebody who has left meanwhile goes back: visible at once, and not received. Messages whose receives are used
  // up are moved to the dead-letter queue and never returned. kOverLimit when a standard queue has too many messages in
  // flight; a FIFO queue answers with none.
  //
  // Messages that were there at once are not taken back: the client's request has only just been read, and one that
  // ends its side with its request (curl does not, `nc -N` does) gets them.
  asio::awaitable<QueueResult<ReceivedMessages>> receive(QueuePtr queue, MessagesToReceive request);

  // Durable when it returns; one result per handle. Deleting what is gone succeeds. A standard queue takes an expired
  // handle, and keeps the message when it was received again since; a FIFO queue refuses expired handles.
  using Results = std::vector<QueueResult<void>>;
  asio::awaitable<QueueResult<Results>> remove(QueuePtr queue, std::vector<std::string> receipt_handles);

  // 0–43,200 seconds from now, twelve hours in all since the receive. When the handle's time is over and nobody else
  // has received the message since, a standard queue succeeds and changes nothing; a FIFO queue refuses.
  QueueResult<void> change_visibility(const QueueInfo& queue, std::string_view receipt_handle, std::int64_t seconds);

 private:
  QueueResult<NewMessage> prepare(const QueueInfo& queue, MessageToSend message, TimePoint now);
  asio::awaitable<QueueResult<std::vector<EnqueueOutcome>>> enqueue(std::vector<NewMessage> messages);
  asio::awaitable<QueueResult<ReceivedMessages>> lease(QueuePtr queue, std::size_t count, Duration visibility,
                                                       bool& moved);
  asio::awaitable<void> redrive(QueuePtr queue, QueuePtr target, std::vector<LeasedMessage> exhausted);

  const QueueService& queues_;
  Storage& storage_;
  Clock& clock_;
  Rng& rng_;
  const Limits& limits_;
  spdlog::logger& log_;
  ReceiveAttempts attempts_;
};

}  // namespace eventbus
