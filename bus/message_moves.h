#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/rng.h"
#include "bus/message_move_task.h"
#include "bus/queue_error.h"
#include "bus/queue_service.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// Message move tasks: the redrive of dead-letter queues, in the background, at a chosen rate. A task survives a
// restart.
//
// Safe to call from any thread. Messages move in commits of at most ten that also count them, so a message is never
// lost and never there twice; AWS: a moved message is a new one, with a new MessageId and time.
class MessageMoves {
 public:
  // Starts a background coroutine, on an executor of the daemon's choice. It ends by itself or when it is cancelled; a
  // cancelled one leaves its task running for the next start.
  using Spawn = std::function<void(asio::awaitable<void>)>;

  MessageMoves(const QueueService& queues, Storage& storage, Clock& clock, Rng& rng, spdlog::logger& log, Spawn spawn);

  // Goes on with the tasks that ran when the daemon stopped. Once, after QueueService::load().
  Result<void> load();

  struct NewTask {
    std::string source_arn;
    std::optional<std::string> destination_arn;
    std::optional<std::int64_t> messages_per_second;
  };
  // The task's handle. Errors: kResourceNotFound for a source or destination that does not exist;
  // kInvalidParameterValue for a source that is no dead-letter queue or has a running task, a destination of another
  // type, a rate out of 1–500.
  asio::awaitable<QueueResult<std::string>> start(Scope caller, NewTask request);
  // How many messages had been moved; they stay moved.
  asio::awaitable<QueueResult<std::int64_t>> cancel(std::string task_handle);

  struct Listed {
    MessageMoveTask task;
    std::string source_arn, handle;  // AWS shows the handle only while the task runs
  };
  // The newest tasks of a source first, at most `count` (1–10).
  QueueResult<std::vector<Listed>> list(std::string_view source_arn, std::int64_t count) const;

 private:
  enum class Step { kGoOn, kTryAgainLater, kDone };

  asio::awaitable<void> run(std::string source_arn, std::string task_id);
  // The same once the storage knows what it has.
  asio::awaitable<void> run_if_stored(std::string source_arn, std::string task_id);
  asio::awaitable<Step> step(QueuePtr source, std::string key, MessageMoveTask task, std::uint64_t revision,
                             std::size_t count, std::size_t& moved);
  asio::awaitable<Step> finish(std::string key, MessageMoveTask task, std::uint64_t revision,
                               MessageMoveTask::Status status, std::string failure);
  QueuePtr destination_of(const MessageMoveTask& task, const QueueInfo& source, const LeasedMessage& message,
                          std::string& failure) const;
  std::vector<CatalogEntry> entries_of(const QueueInfo& source) const;

  const QueueService& queues_;
  Storage& storage_;
  Clock& clock_;
  Rng& rng_;
  spdlog::logger& log_;
  Spawn spawn_;
  AsyncMutex starts_;
};

}  // namespace eventbus
