#include "bus/message_moves.h"

#include "base/log_value.h"
#include "bus/arn.h"
#include "bus/message_attributes.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <span>
#include <utility>

namespace eventbus {

namespace {

constexpr std::int64_t kMessagesPerSecondMax = 500;  // AWS: StartMessageMoveTask
constexpr std::size_t kBatch = 10;
constexpr std::size_t kTasksKept = 10;  // AWS: ListMessageMoveTasks shows the ten newest
constexpr Duration kLease = std::chrono::seconds(60);
constexpr Duration kPauseAfterFailure = std::chrono::seconds(1);

QueueError no_such_resource(std::string_view parameter) {
  return {QueueErrorCode::kResourceNotFound,
          "The resource that you specified for the " + std::string(parameter) + " parameter doesn't exist."};
}

// AWS: the redriven message counts as a new one.
NewMessage moved_message(const QueueInfo& destination, const LeasedMessage& message, std::string id, TimePoint now) {
  MessageAttributes attributes = MessageAttributes::decode(message.attributes);
  attributes.dead_letter_source_arn.clear();
  NewMessage moved;
  moved.queue = destination.id;
  moved.body = message.body;
  moved.sent_at = moved.visible_at = now;
  if (destination.fifo) {
    moved.group = message.group;
    // The id stays as shown only: a move must never be dropped as a duplicate.
    if (attributes.extra_deduplication_id.empty()) attributes.extra_deduplication_id = message.deduplication_id;
  }
  moved.id = std::move(id);
  moved.attributes = attributes.encode();
  return moved;
}

bool newer(const MessageMoveTask& a, const MessageMoveTask& b) {
  return a.started_at != b.started_at ? a.started_at > b.started_at : a.id > b.id;
}

// How many messages go in one commit, so that a rate is kept evenly: about ten commits a second.
std::size_t batch_of(const MessageMoveTask& task) {
  if (!task.messages_per_second) return kBatch;
  return std::clamp<std::size_t>(static_cast<std::size_t>(*task.messages_per_second) / 10, 1, kBatch);
}

}  // namespace

MessageMoves::MessageMoves(const QueueService& queues, Storage& storage, Clock& clock, Rng& rng, spdlog::logger& log,
                           Spawn spawn)
    : queues_(queues), storage_(storage), clock_(clock), rng_(rng), log_(log), spawn_(std::move(spawn)) {}

std::vector<CatalogEntry> MessageMoves::entries_of(const QueueInfo& source) const {
  return storage_.catalog().list(move_task_prefix(source.scope, source.name));
}

Result<void> MessageMoves::load() {
  for (const QueuePtr& source : queues_.list()) {
    for (const CatalogEntry& entry : entries_of(*source)) {
      TRY(const MessageMoveTask task, decode_move_task(entry.key, entry.value));
      if (task.status != MessageMoveTask::kRunning) continue;
      log_.info("message move task resumed source={} task={} moved={}", source->arn, task.id, task.moved);
      spawn_(run(source->arn, task.id));
    }
  }
  return {};
}

asio::awaitable<QueueResult<std::string>> MessageMoves::start(Scope caller, NewTask request) {
  const QueuePtr source = queues_.find_by_arn(request.source_arn);
  if (!source || source->scope != caller) co_return no_such_resource("SourceArn");
  if (queues_.sources_of(*source).empty())
    co_return invalid_parameter_value("Source queue must be configured as a Dead Letter Queue.");
  if (request.destination_arn) {
    const QueuePtr destination = queues_.find_by_arn(*request.destination_arn);
    if (!destination || destination->scope != caller) co_return no_such_resource("DestinationArn");
    if (destination->id == source->id)
      co_return invalid_parameter_value("Source queue arn and destination queue arn must be different.");
    if (destination->fifo != source->fifo)
      co_return invalid_parameter_value("Source and destination must be of the same queue type.");
  }
  if (request.messages_per_second &&
      (*request.messages_per_second < 1 || *request.messages_per_second > kMessagesPerSecondMax))
    co_return invalid_parameter_value(
        "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a value between 1 and "
        "500.");

  const AsyncMutex::Guard guard = co_await starts_.lock();
  std::vector<MessageMoveTask> earlier;
  for (const CatalogEntry& entry : entries_of(*source)) {
    CO_TRY(MessageMoveTask task, decode_move_task(entry.key, entry.value));
    if (task.status == MessageMoveTask::kRunning)
      co_return invalid_parameter_value(
          "There is already a task running. Only one active task is allowed for a source queue arn at a given time.");
    earlier.push_back(std::move(task));
  }
  std::ranges::sort(earlier, newer);

  MessageMoveTask task;
  task.id = rng_.uuid();
  task.destination_arn = std::move(request.destination_arn);
  task.messages_per_second = request.messages_per_second;
  task.started_at = clock_.now();
  CO_TRY(const QueueDepth depth, queues_.depth(*source));
  task.to_move = static_cast<std::int64_t>(depth.total());

  Commit commit;
  commit.catalog.push_back({.key = move_task_key(source->scope, source->name, task.id),
                            .value = encode_move_task(task),
                            .expected_revision = 0});
  for (std::size_t i = kTasksKept - 1; i < earlier.size(); ++i)
    commit.catalog.push_back({.key = move_task_key(source->scope, source->name, earlier[i].id),
                              .value = std::nullopt,
                              .expected_revision = std::nullopt});
  const Result<CommitReceipt> committed = co_await storage_.commit(std::move(commit));
  if (!committed) {
    // It may be on the disk all the same (storage/batch_writer.h): then it runs.
    if (committed.error().code == ErrorCode::kUnavailable) spawn_(run_if_stored(source->arn, task.id));
    co_return QueueError(committed.error());
  }
  log_.info("message move task started source={} task={} messages={}", source->arn, task.id, task.to_move);
  spawn_(run(source->arn, task.id));
  co_return MoveTaskHandle{task.id, source->arn}.encode();
}

asio::awaitable<QueueResult<std::int64_t>> MessageMoves::cancel(std::string task_handle) {
  const std::optional<MoveTaskHandle> handle = MoveTaskHandle::decode(task_handle);
  if (!handle) co_return invalid_parameter_value("Value for parameter TaskHandle is invalid.");
  const QueuePtr source = queues_.find_by_arn(handle->source_arn);
  if (!source) co_return no_such_resource("SourceArn");
  const std::string key = move_task_key(source->scope, source->name, handle->task_id);
  for (;;) {
    const std::optional<CatalogEntry> entry = storage_.catalog().get(key);
    if (!entry) co_return QueueError(QueueErrorCode::kResourceNotFound, "Task does not exist.");
    CO_TRY(MessageMoveTask task, decode_move_task(entry->key, entry->value));
    if (task.status != MessageMoveTask::kRunning)
      co_return QueueError(QueueErrorCode::kUnsupportedOperation, "Only active tasks can be cancelled.");
    task.status = MessageMoveTask::kCancelled;
    Commit commit;
    commit.catalog.push_back({.key = key, .value = encode_move_task(task), .expected_revision = entry->revision});
    const Result<CommitReceipt> receipt = co_await storage_.commit(std::move(commit));
    if (receipt) co_return task.moved;
    if (receipt.error().code != ErrorCode::kConflict) co_return QueueError(receipt.error());
    // The mover has just moved some: look again.
  }
}

QueueResult<std::vector<MessageMoves::Listed>> MessageMoves::list(std::string_view source_arn,
                                                                  std::int64_t count) const {
  const QueuePtr source = queues_.find_by_arn(source_arn);
  if (!source) return no_such_resource("SourceArn");
  if (count < 1 || count > static_cast<std::int64_t>(kTasksKept))
    return invalid_parameter_value(
        "Value for parameter MaxResults is invalid. Reason: You must enter a value between 1 and 10.");
  std::vector<Listed> tasks;
  for (const CatalogEntry& entry : entries_of(*source)) {
    TRY(MessageMoveTask task, decode_move_task(entry.key, entry.value));
    std::string handle = MoveTaskHandle{task.id, source->arn}.encode();
    tasks.push_back({std::move(task), source->arn, std::move(handle)});
  }
  std::ranges::sort(tasks, newer, &Listed::task);
  tasks.resize(std::min(tasks.size(), static_cast<std::size_t>(count)));
  return tasks;
}

// ---- the background part

asio::awaitable<void> MessageMoves::run_if_stored(std::string source_arn, std::string task_id) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!storage_.health().writable) {
    co_await clock_.sleep_until(clock_.now() + kPauseAfterFailure);
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
  }
  co_await run(std::move(source_arn), std::move(task_id));
}

asio::awaitable<void> MessageMoves::run(std::string source_arn, std::string task_id) {
  co_await asio::this_coro::throw_if_cancelled(false);
  TimePoint next = clock_.now();
  for (;;) {
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return;  // the next start goes on
    const QueuePtr source = queues_.find_by_arn(source_arn);
    if (!source) co_return;  // its tasks went with it
    const std::string key = move_task_key(source->scope, source->name, task_id);
    const std::optional<CatalogEntry> entry = storage_.catalog().get(key);
    if (!entry) co_return;
    Result<MessageMoveTask> task = decode_move_task(entry->key, entry->value);
    if (!task) {
      log_.error("message move task stopped source={} task={} error={}", source_arn, task_id,
                 log_value(task.error().message));
      co_return;
    }
    if (task->status != MessageMoveTask::kRunning) co_return;

    const std::optional<std::int64_t> rate = task->messages_per_second;
    const std::size_t count = batch_of(*task);
    std::size_t moved = 0;
    const Step outcome = co_await step(source, key, std::move(*task), entry->revision, count, moved);
    if (outcome == Step::kDone) co_return;
    if (outcome == Step::kTryAgainLater) {
      next = clock_.now() + kPauseAfterFailure;
    } else if (rate) {
      next += Duration(static_cast<std::int64_t>(moved) * 1'000 / *rate);
    }
    if (next <= clock_.now()) {
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);  // others have their turn
    } else {
      co_await clock_.sleep_until(next);
    }
  }
}

QueuePtr MessageMoves::destination_of(const MessageMoveTask& task, const QueueInfo& source,
                                      const LeasedMessage& message, std::string& failure) const {
  std::string arn;
  if (task.destination_arn) {
    arn = *task.destination_arn;
  } else {
    arn = MessageAttributes::decode(message.attributes).dead_letter_source_arn;
    // AWS: a message that was sent to the dead-letter queue directly has nowhere to go back to.
    if (arn.empty()) return failure = "CouldNotDetermineMessageSource", nullptr;
  }
  QueuePtr destination = queues_.find_by_arn(arn);
  if (!destination || destination->fifo != source.fifo || destination->id == source.id)
    return failure = "AWS.SimpleQueueService.NonExistentQueue", nullptr;
  return destination;
}

// Moves up to `count` messages in one commit with the task's new count.
asio::awaitable<MessageMoves::Step> MessageMoves::step(QueuePtr source, std::string key, MessageMoveTask task,
                                                       std::uint64_t revision, std::size_t count, std::size_t& moved) {
  // What comes in after the start is not this task's: else a consumer that fails at once would keep it running for
  // ever.
  const std::int64_t left = task.to_move - task.moved;
  if (left <= 0) co_return co_await finish(key, task, revision, MessageMoveTask::kCompleted, "");

  const TimePoint now = clock_.now();
  QueueStore::LeaseRequest request;
  request.queue = source->id;
  request.lease_until = now + kLease;
  request.count = std::min(count, static_cast<std::size_t>(left));
  Result<QueueStore::LeaseBatch> batch = co_await storage_.queues().lease(request);
  if (!batch) {
    log_.warn("message move task waits source={} task={} error={}", source->arn, task.id,
              log_value(batch.error().message));
    co_return Step::kTryAgainLater;
  }
  if (batch->messages.empty()) co_return co_await finish(key, task, revision, MessageMoveTask::kCompleted, "");

  Commit commit;
  std::string failure;
  const std::span<const LeasedMessage> messages = batch->messages;
  for (const LeasedMessage& message : messages) {
    const QueuePtr destination = destination_of(task, *source, message, failure);
    if (!destination) break;
    commit.messages.push_back(moved_message(*destination, message, rng_.uuid(), now));
    commit.acks.push_back(message.lease.key());
  }
  const std::size_t placed = commit.acks.size();
  const auto give_back = [&](std::span<const LeasedMessage> rest) {
    for (const LeasedMessage& message : rest) storage_.queues().extend(message.lease, now);
  };
  give_back(messages.subspan(placed));
  if (!failure.empty() && placed == 0)
    co_return co_await finish(key, task, revision, MessageMoveTask::kFailed, std::move(failure));

  task.moved += static_cast<std::int64_t>(placed);
  commit.catalog.push_back({.key = key, .value = encode_move_task(task), .expected_revision = revision});
  const Result<CommitReceipt> receipt = co_await storage_.commit(std::move(commit));
  if (receipt) {
    moved = placed;
    co_return Step::kGoOn;  // a failure shows again with the next message, which is first in line then
  }
  give_back(messages.first(placed));
  // kConflict: the task was cancelled meanwhile. kNotFound: a destination is gone. Both show when it is looked at anew.
  const bool look_again = receipt.error().code == ErrorCode::kConflict || receipt.error().code == ErrorCode::kNotFound;
  if (look_again) co_return Step::kGoOn;
  log_.warn("message move task waits source={} task={} error={}", source->arn, task.id,
            log_value(receipt.error().message));
  co_return Step::kTryAgainLater;
}

asio::awaitable<MessageMoves::Step> MessageMoves::finish(std::string key, MessageMoveTask task, std::uint64_t revision,
                                                         MessageMoveTask::Status status, std::string failure) {
  task.status = status;
  task.failure = std::move(failure);
  Commit commit;
  commit.catalog.push_back({.key = key, .value = encode_move_task(task), .expected_revision = revision});
  const Result<CommitReceipt> receipt = co_await storage_.commit(std::move(commit));
  if (!receipt) {
    if (receipt.error().code == ErrorCode::kConflict) co_return Step::kGoOn;
    co_return Step::kTryAgainLater;
  }
  log_.info("message move task ended key={} status={} moved={} failure={}", key, to_string(status), task.moved,
            task.failure);
  co_return Step::kDone;
}

}  // namespace eventbus
