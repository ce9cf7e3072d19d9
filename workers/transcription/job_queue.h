#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace eventbus::transcription {

struct QueueMessage {
  std::string id;
  std::string receipt_handle;
  std::string body;
  std::size_t receive_count = 1;
  std::optional<TimePoint> sent_at;
  std::string source_arn;  // of a dead letter: the queue that it was moved from; else empty
};

// What bears on a job's end, as the queue's attributes say it.
struct QueueFacts {
  std::string arn;
  std::optional<std::size_t> receives_max;  // of its redrive policy; without one nothing moves to a dead-letter queue
  std::string dead_letters_arn;             // where it moves to; empty without one
  std::size_t waiting = 0;                  // messages that can be received now, approximately
};

// The queue that jobs come from. Errors: kNotFound, the message is not ours (any more), or there is no such queue;
// kUnavailable, another try may succeed; kInvalid, the service refuses. One thread.
class JobQueue {
 public:
  virtual ~JobQueue() = default;

  // One message, invisible to others for `visibility`; waits up to `wait` for one. nullopt: none came, or the calling
  // coroutine was cancelled.
  virtual asio::awaitable<Result<std::optional<QueueMessage>>> receive(Duration visibility, Duration wait) = 0;
  // Invisible from now on for so long; zero: anybody may have it at once.
  virtual asio::awaitable<Result<void>> change_visibility(std::string receipt_handle, Duration visibility) = 0;
  virtual asio::awaitable<Result<void>> remove(std::string receipt_handle) = 0;
  virtual asio::awaitable<Result<QueueFacts>> facts() = 0;
};

}  // namespace eventbus::transcription
