#include "storage/queue_registry.h"

#include <mutex>
#include <utility>

namespace eventbus {

std::shared_ptr<StoredQueue> QueueRegistry::find(QueueId queue) const {
  std::shared_lock lock(mutex_);
  const auto found = queues_.find(queue);
  return found == queues_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<StoredQueue>> QueueRegistry::all() const {
  std::shared_lock lock(mutex_);
  std::vector<std::shared_ptr<StoredQueue>> all;
  all.reserve(queues_.size());
  for (const auto& [id, queue] : queues_) all.push_back(queue);
  return all;
}

std::shared_ptr<StoredQueue> QueueRegistry::put(QueueId queue, const QueueTraits& traits) {
  if (auto existing = find(queue)) {
    std::lock_guard lock(existing->mutex);
    existing->traits = traits;
    existing->index.set_retention(traits.retention);
    return existing;
  }
  auto created = std::make_shared<StoredQueue>(queue, traits, totals_);
  std::lock_guard lock(mutex_);
  queues_.emplace(queue, created);
  return created;
}

void QueueRegistry::drop(QueueId queue, TimePoint now) {
  std::shared_ptr<StoredQueue> dropped;
  {
    std::lock_guard lock(mutex_);
    const auto found = queues_.find(queue);
    if (found == queues_.end()) return;
    dropped = std::move(found->second);
    queues_.erase(found);
  }
  QueueAccess access(dropped, now);
  access->dropped = true;
  access.index().clear();
  access->waiters.wake_all(access.wakeups());
}

}  // namespace eventbus
