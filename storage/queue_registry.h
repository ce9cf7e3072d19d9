#pragma once

#include "storage/stored_queue.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <vector>

namespace eventbus {

// All queues in memory, by id. Safe to call from any thread; only the writer and the loader add and remove.
class QueueRegistry {
 public:
  // nullptr when there is none.
  std::shared_ptr<StoredQueue> find(QueueId queue) const;
  std::vector<std::shared_ptr<StoredQueue>> all() const;

  // Creates the queue, or gives an existing one new traits.
  std::shared_ptr<StoredQueue> put(QueueId queue, const QueueTraits& traits);
  // Forgets the queue; its waiters are woken.
  void drop(QueueId queue, TimePoint now);

  QueueTotals& totals() { return totals_; }
  const QueueTotals& totals() const { return totals_; }

  // Ids given out so far are all below it.
  std::atomic<QueueId> next_id{1};

 private:
  mutable std::shared_mutex mutex_;
  boost::unordered_flat_map<QueueId, std::shared_ptr<StoredQueue>> queues_;
  QueueTotals totals_;
};

}  // namespace eventbus
