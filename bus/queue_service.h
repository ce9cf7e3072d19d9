#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "bus/limits.h"
#include "bus/queue_attributes.h"
#include "bus/queue_directory.h"
#include "bus/queue_error.h"
#include "bus/queue_permission.h"
#include "bus/reset.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

using QueuePtr = std::shared_ptr<const QueueInfo>;
using QueueTags = std::map<std::string, std::string>;

// Which SQS queues there are and what they are like: the control plane of SQS, and the QueueDirectory everybody else
// looks queues up in. Queues live in the Catalog (queue_document.h) and, with their messages, in the QueueStore; both
// change in one commit. Messages are the business of QueueMessages.
//
// Safe to call from any thread. Changes run one after another; lookups never wait for them. Errors of all operations:
// kQueueDoesNotExist where a queue is named, kStorage when the commit failed (nothing has changed then).
class QueueService final : public QueueDirectory {
 public:
  QueueService(Storage& storage, Clock& clock, const Limits& limits, spdlog::logger& log);
  ~QueueService() override;

  // Reads all queues from the Catalog; once, before anything else.
  Result<void> load();

  QueuePtr find(const Scope& scope, std::string_view name) const override;
  QueuePtr find_by_arn(std::string_view arn) const;
  // Every queue, or those of one scope whose name begins with `prefix`; ordered by scope and name.
  std::vector<QueuePtr> list() const;
  std::vector<QueuePtr> list(const Scope& scope, std::string_view prefix) const;
  // The queues whose RedrivePolicy names this one, by name.
  std::vector<QueuePtr> sources_of(const QueueInfo& dead_letter_queue) const;
  QueueResult<QueueDepth> depth(const QueueInfo& queue) const;

  struct NewQueue {
    Scope scope;
    std::string name;
    QueueAttributeMap attributes;
    QueueTags tags;
  };
  // Idempotent: an existing queue of that name is returned, whatever its tags, unless an attribute that is given
  // differs (kQueueNameExists).
  asio::awaitable<QueueResult<QueuePtr>> create(NewQueue request);
  // The name is free again at once. Waiting receivers are woken and see kQueueDoesNotExist.
  asio::awaitable<QueueResult<void>> drop(Scope scope, std::string name);
  // kPurgeQueueInProgress within 60 seconds of the last purge (which a restart forgets).
  asio::awaitable<QueueResult<void>> purge(Scope scope, std::string name);
  // All of `attributes` or none.
  asio::awaitable<QueueResult<QueuePtr>> set_attributes(Scope scope, std::string name, QueueAttributeMap attributes);
  asio::awaitable<QueueResult<void>> tag(Scope scope, std::string name, QueueTags tags);
  asio::awaitable<QueueResult<void>> untag(Scope scope, std::string name, std::vector<std::string> keys);
  asio::awaitable<QueueResult<void>> add_permission(Scope scope, std::string name, QueuePermission permission);
  asio::awaitable<QueueResult<void>> remove_permission(Scope scope, std::string name, std::string label);

  // Queues with their messages and move tasks; how many queues that were. Receivers that wait see them as deleted.
  asio::awaitable<Result<std::size_t>> reset(ResetScope scope);

  // Background work the daemon spawns; runs until cancelled: expired messages are dropped about once a minute.
  asio::awaitable<void> run_expiry();

 private:
  using QueuesOfScope = std::map<std::string, QueuePtr, std::less<>>;

  // What dead_letter_arn of `queue` must be: an existing queue of the same account, region and type that lets it.
  QueueResult<void> check_dead_letter_target(const QueueInfo& queue) const;
  QueueResult<void> check_tags(const QueueTags& tags) const;
  // Under changes_: a change of this queue. One that failed may be on the disk all the same (storage/batch_writer.h):
  // the queue is doubtful then, and is read anew once the storage works again.
  asio::awaitable<QueueResult<void>> commit_change(Scope scope, std::string name, Commit commit);
  void add_removal(const QueueInfo& queue, Commit& commit) const;
  // The right to change queues, with nothing doubtful that could be settled.
  asio::awaitable<AsyncMutex::Guard> begin_change();
  void settle_doubts();
  // Under changes_: makes `next` durable in place of what there was, then visible.
  asio::awaitable<QueueResult<QueuePtr>> store(QueueInfo next, bool traits_changed);
  void publish(QueuePtr queue);
  void forget(const Scope& scope, const std::string& name);

  Storage& storage_;
  Clock& clock_;
  const Limits& limits_;
  spdlog::logger& log_;

  AsyncMutex changes_;
  mutable std::shared_mutex mutex_;  // guards what follows
  std::map<Scope, QueuesOfScope> queues_;
  std::unordered_map<QueueId, TimePoint> purged_at_;
  std::set<std::pair<Scope, std::string>> doubtful_;
};

}  // namespace eventbus
