#include "bus/queue_service.h"

#include "base/lenient_sleep.h"
#include "base/log_value.h"
#include "bus/arn.h"
#include "bus/message_move_task.h"
#include "bus/queue_document.h"
#include "bus/redrive_policy.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <utility>

namespace eventbus {

namespace {

constexpr Duration kPurgeInterval = std::chrono::seconds(60);  // AWS: PurgeQueue
constexpr Duration kExpiryInterval = std::chrono::minutes(1), kLeniency = std::chrono::hours(1);
constexpr std::size_t kTagKeyCharactersMax = 128;
constexpr std::size_t kTagValueCharactersMax = 256;

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

const std::string* find_attribute(const QueueInfo& queue, const std::string& name) {
  const auto found = queue.attributes.find(name);
  return found == queue.attributes.end() ? nullptr : &found->second;
}

}  // namespace

QueueService::QueueService(Storage& storage, Clock& clock, const Limits& limits, spdlog::logger& log)
    : storage_(storage), clock_(clock), limits_(limits), log_(log) {}

QueueService::~QueueService() = default;

Result<void> QueueService::load() {
  for (const CatalogEntry& entry : storage_.catalog().list(kQueueKeyPrefix)) {
    TRY(QueueInfo queue, decode_queue(entry.key, entry.value, limits_));
    publish(std::make_shared<const QueueInfo>(std::move(queue)));
  }
  return {};
}

QueuePtr QueueService::find(const Scope& scope, std::string_view name) const {
  std::shared_lock lock(mutex_);
  const auto of_scope = queues_.find(scope);
  if (of_scope == queues_.end()) return nullptr;
  const auto found = of_scope->second.find(name);
  return found == of_scope->second.end() ? nullptr : found->second;
}

QueuePtr QueueService::find_by_arn(std::string_view text) const {
  const std::optional<Arn> arn = Arn::parse(text);
  if (!arn || arn->service != "sqs") return nullptr;
  return find(arn->scope(), arn->resource);
}

std::vector<QueuePtr> QueueService::list() const {
  std::vector<QueuePtr> result;
  std::shared_lock lock(mutex_);
  for (const auto& [scope, of_scope] : queues_)
    for (const auto& [name, queue] : of_scope) result.push_back(queue);
  return result;
}

std::vector<QueuePtr> QueueService::list(const Scope& scope, std::string_view prefix) const {
  std::vector<QueuePtr> result;
  std::shared_lock lock(mutex_);
  const auto of_scope = queues_.find(scope);
  if (of_scope == queues_.end()) return result;
  for (auto queue = of_scope->second.lower_bound(prefix);
       queue != of_scope->second.end() && queue->first.starts_with(prefix); ++queue)
    result.push_back(queue->second);
  return result;
}

std::vector<QueuePtr> QueueService::sources_of(const QueueInfo& dead_letter_queue) const {
  std::vector<QueuePtr> result = list(dead_letter_queue.scope, "");
  std::erase_if(result, [&](const QueuePtr& queue) { return queue->dead_letter_arn != dead_letter_queue.arn; });
  return result;
}

QueueResult<QueueDepth> QueueService::depth(const QueueInfo& queue) const {
  TRY(QueueDepth depth, storage_.queues().depth(queue.id));
  return depth;
}

asio::awaitable<QueueResult<QueuePtr>> QueueService::create(NewQueue request) {
  CO_TRY(QueueInfo queue, describe_new_queue(request.scope, std::move(request.name), request.attributes, limits_));
  CO_TRY_VOID(check_tags(request.tags));

  const AsyncMutex::Guard guard = co_await begin_change();
  if (QueuePtr existing = find(queue.scope, queue.name)) {
    if (const std::optional<std::string> attribute = first_difference(*existing, request.attributes))
      co_return QueueError(
          QueueErrorCode::kQueueNameExists,
          "A queue already exists with the same name and a different value for attribute " + *attribute);
    co_return existing;
  }
  CO_TRY_VOID(check_dead_letter_target(queue));
  queue.id = storage_.queues().next_queue_id();
  queue.tags = std::move(request.tags);
  queue.created_at = queue.modified_at = clock_.now();
  co_return co_await store(std::move(queue), true);
}

asio::awaitable<QueueResult<void>> QueueService::drop(Scope scope, std::string name) {
  const AsyncMutex::Guard guard = co_await begin_change();
  const QueuePtr queue = find(scope, name);
  if (!queue) co_return queue_does_not_exist();

  Commit commit;
  add_removal(*queue, commit);
  CO_TRY_VOID(co_await commit_change(scope, name, std::move(commit)));
  forget(scope, name);
  log_.info("queue deleted arn={}", queue->arn);
  co_return QueueResult<void>();
}

void QueueService::add_removal(const QueueInfo& queue, Commit& commit) const {
  commit.queues.push_back({.kind = QueueChange::kDrop, .queue = queue.id, .traits = {}});
  commit.catalog.push_back(
      {.key = queue_key(queue.scope, queue.name), .value = std::nullopt, .expected_revision = std::nullopt});
  for (const CatalogEntry& task : storage_.catalog().list(move_task_prefix(queue.scope, queue.name)))
    commit.catalog.push_back({.key = task.key, .value = std::nullopt, .expected_revision = std::nullopt});
}

asio::awaitable<Result<std::size_t>> QueueService::reset(ResetScope scope) {
  const AsyncMutex::Guard guard = co_await begin_change();
  std::vector<QueuePtr> gone = list();
  std::erase_if(gone, [&](const QueuePtr& queue) { return !scope.covers(queue->scope); });
  Commit commit;
  for (const QueuePtr& queue : gone) add_removal(*queue, commit);
  if (commit.empty()) co_return gone.size();

  // What is stored and what is in memory stay together, whatever becomes of the client.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const Result<CommitReceipt> committed = co_await storage_.commit(std::move(commit));
  for (const QueuePtr& queue : gone) {
    if (committed) {
      forget(queue->scope, queue->name);
    } else {
      std::unique_lock lock(mutex_);
      doubtful_.emplace(queue->scope, queue->name);
    }
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (!committed) co_return committed.error();
  co_return gone.size();
}

asio::awaitable<QueueResult<void>> QueueService::purge(Scope scope, std::string name) {
  const AsyncMutex::Guard guard = co_await begin_change();
  const QueuePtr queue = find(scope, name);
  if (!queue) co_return queue_does_not_exist();
  const TimePoint now = clock_.now();
  {
    std::shared_lock lock(mutex_);
    const auto last = purged_at_.find(queue->id);
    if (last != purged_at_.end() && now < last->second + kPurgeInterval)
      co_return QueueError(QueueErrorCode::kPurgeQueueInProgress,
                           "Only one PurgeQueue operation on " + name + " is allowed every 60 seconds.");
  }
  Commit commit;
  commit.queues.push_back({.kind = QueueChange::kPurge, .queue = queue->id, .traits = {}});
  CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  std::unique_lock lock(mutex_);
  purged_at_[queue->id] = now;
  co_return QueueResult<void>();
}

asio::awaitable<QueueResult<QueuePtr>> QueueService::set_attributes(Scope scope, std::string name,
                                                                    QueueAttributeMap attributes) {
  const AsyncMutex::Guard guard = co_await begin_change();
  const QueuePtr queue = find(scope, name);
  if (!queue) co_return queue_does_not_exist();
  QueueInfo next = *queue;
  CO_TRY_VOID(set_queue_attributes(next, attributes, limits_));
  if (next.dead_letter_arn != queue->dead_letter_arn) CO_TRY_VOID(check_dead_letter_target(next));
  next.modified_at = clock_.now();
  const bool traits_changed = traits_of(next) != traits_of(*queue);
  co_return co_await store(std::move(next), traits_changed);
}

asio::awaitable<QueueResult<void>> QueueService::tag(Scope scope, std::string name, QueueTags tags) {
  const AsyncMutex::Guard guard = co_await begin_change();
  const QueuePtr queue = find(scope, name);
  if (!queue) co_return queue_does_not_exist();
  QueueInfo next = *queue;
  tags.merge(std::move(next.tags));  // the given value wins
  CO_TRY_VOID(check_tags(tags));
  next.tags = std::move(tags);
  CO_TRY_VOID(co_await store(std::move(next), false));
  co_return QueueResult<void>();
}

asio::awaitable<QueueResult<void>> QueueService::untag(Scope scope, std::string name, std::vector<std::string> keys) {
  const AsyncMutex::Guard guard = co_await begin_change();
  const QueuePtr queue = find(scope, name);
  if (!queue) co_return queue_does_not_exist();
  QueueInfo next = *queue;
  for (const std::string& key : keys) next.tags.erase(key);
  CO_TRY_VOID(co_await store(std::move(next), false));
  co_return QueueResult<void>();
}

asio::awaitable<QueueResult<void>> QueueService::add_permission(Scope scope, std::string name,
                                                                QueuePermission permission) {
  const AsyncMutex::Guard guard = co_await begin_change();
  const QueuePtr queue = find(scope, name);
  if (!queue) co_return queue_does_not_exist();
  QueueInfo next = *queue;
  CO_TRY(next.attributes["Policy"], eventbus::add_permission(find_attribute(*queue, "Policy"), queue->arn, permission));
  CO_TRY_VOID(co_await store(std::move(next), false));
  co_return QueueResult<void>();
}

asio::awaitable<QueueResult<void>> QueueService::remove_permission(Scope scope, std::string name, std::string label) {
  const AsyncMutex::Guard guard = co_await begin_change();
  const QueuePtr queue = find(scope, name);
  if (!queue) co_return queue_does_not_exist();
  CO_TRY(std::optional<std::string> policy, eventbus::remove_permission(find_attribute(*queue, "Policy"), label));
  QueueInfo next = *queue;
  if (policy) {
    next.attributes["Policy"] = std::move(*policy);
  } else {
    next.attributes.erase("Policy");
  }
  CO_TRY_VOID(co_await store(std::move(next), false));
  co_return QueueResult<void>();
}

asio::awaitable<void> QueueService::run_expiry() {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    const TimePoint next = clock_.now() + kExpiryInterval;
    co_await sleep_between(clock_, next, next + kLeniency);
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
    (void)co_await begin_change();
    if (const Result<void> expired = co_await storage_.queues().expire(); !expired)
      log_.warn("expired messages could not be dropped error={}", log_value(expired.error().message));
  }
}

QueueResult<void> QueueService::check_dead_letter_target(const QueueInfo& queue) const {
  if (!queue.dead_letter_arn) return {};
  const auto error = [&](std::string_view reason) {
    return invalid_parameter(queue.attributes.at("RedrivePolicy"), "RedrivePolicy", reason);
  };
  const std::optional<Arn> arn = Arn::parse(*queue.dead_letter_arn);
  if (!arn || arn->scope() != queue.scope) return error("Dead-letter target owner should be same as the source.");
  const QueuePtr target = find(queue.scope, arn->resource);
  if (!target) return error("Dead letter target does not exist.");
  if (target->fifo != queue.fifo) return error("Dead-letter queue must be same type of queue as the source.");
  if (!redrive_allowed(find_attribute(*target, "RedriveAllowPolicy"), queue.arn))
    return error("Queue does not have permission to use " + target->arn + " as a dead letter queue.");
  return {};
}

QueueResult<void> QueueService::check_tags(const QueueTags& tags) const {
  if (tags.size() > limits_.tags_per_resource)
    return invalid_parameter_value("Too many tags added for queue. Maximum number of tags per queue is " +
                                   std::to_string(limits_.tags_per_resource) + ".");
  for (const auto& [key, value] : tags) {
    if (key.empty() || characters(key) > kTagKeyCharactersMax)
      return invalid_parameter_value("Tag keys must be between 1 and 128 characters in length.");
    if (key.starts_with("aws:"))
      return invalid_parameter_value("Tag keys that start with 'aws:' are reserved for system use.");
    if (characters(value) > kTagValueCharactersMax)
      return invalid_parameter_value("Tag values must be between 0 and 256 characters in length.");
  }
  return {};
}

asio::awaitable<QueueResult<void>> QueueService::commit_change(Scope scope, std::string name, Commit commit) {
  const Result<CommitReceipt> committed = co_await storage_.commit(std::move(commit));
  if (committed) co_return QueueResult<void>();
  if (committed.error().code == ErrorCode::kUnavailable) {
    std::unique_lock lock(mutex_);
    doubtful_.emplace(std::move(scope), std::move(name));
  }
  co_return QueueError(committed.error());
}

asio::awaitable<AsyncMutex::Guard> QueueService::begin_change() {
  AsyncMutex::Guard guard = co_await changes_.lock();
  settle_doubts();
  co_return guard;
}

void QueueService::settle_doubts() {
  std::set<std::pair<Scope, std::string>> doubtful;
  {
    std::shared_lock lock(mutex_);
    if (doubtful_.empty()) return;
    doubtful = doubtful_;
  }
  // Once it is writable again the storage knows what is on its disk.
  if (!storage_.health().writable) return;
  for (const auto& [scope, name] : doubtful) {
    const std::optional<CatalogEntry> entry = storage_.catalog().get(queue_key(scope, name));
    if (!entry) {
      forget(scope, name);
    } else if (Result<QueueInfo> stored = decode_queue(entry->key, entry->value, limits_)) {
      publish(std::make_shared<const QueueInfo>(*std::move(stored)));
    } else {
      log_.error("a queue's document cannot be read key={} error={}", entry->key, log_value(stored.error().message));
    }
  }
  std::unique_lock lock(mutex_);
  for (const auto& settled : doubtful) doubtful_.erase(settled);
}

asio::awaitable<QueueResult<QueuePtr>> QueueService::store(QueueInfo next, bool traits_changed) {
  const QueuePtr queue = std::make_shared<const QueueInfo>(std::move(next));
  Commit commit;
  if (traits_changed)
    commit.queues.push_back({.kind = QueueChange::kPut, .queue = queue->id, .traits = traits_of(*queue)});
  commit.catalog.push_back(
      {.key = queue_key(queue->scope, queue->name), .value = encode_queue(*queue), .expected_revision = std::nullopt});
  CO_TRY_VOID(co_await commit_change(queue->scope, queue->name, std::move(commit)));
  publish(queue);
  co_return queue;
}

void QueueService::forget(const Scope& scope, const std::string& name) {
  std::unique_lock lock(mutex_);
  const auto of_scope = queues_.find(scope);
  if (of_scope == queues_.end()) return;
  const auto queue = of_scope->second.find(name);
  if (queue == of_scope->second.end()) return;
  purged_at_.erase(queue->second->id);
  of_scope->second.erase(queue);
  if (of_scope->second.empty()) queues_.erase(of_scope);
}

void QueueService::publish(QueuePtr queue) {
  std::unique_lock lock(mutex_);
  queues_[queue->scope][queue->name] = std::move(queue);
}

}  // namespace eventbus
