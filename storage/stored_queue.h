#pragma once

#include "storage/queue_index.h"
#include "storage/queue_store.h"
#include "storage/queue_waiters.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace eventbus {

// Sums over all queues, kept up to date with every change so that reading them costs nothing.
struct QueueTotals {
  std::atomic<std::uint64_t> visible{0}, in_flight{0}, delayed{0}, bytes{0};

  // Replaces one queue's share.
  void change(const QueueDepth& before, const QueueDepth& after);
};

// One queue in memory. `mutex` guards the rest; use it through QueueAccess.
struct StoredQueue {
  StoredQueue(QueueId queue, const QueueTraits& queue_traits, QueueTotals& sums)
      : id(queue), traits(queue_traits), index(queue_traits.fifo), totals(sums) {
    index.set_retention(traits.retention);
  }

  const QueueId id;
  std::mutex mutex;
  QueueTraits traits;
  bool dropped = false;
  QueueIndex index;
  QueueWaiters waiters;
  QueueTotals& totals;
};

// The lock of a queue with what follows from a change: on release the totals are corrected, the waiters whose messages
// have come are woken, and the sentinel learns of an earlier due time.
class QueueAccess {
 public:
  // Brings the index to `now`.
  QueueAccess(std::shared_ptr<StoredQueue> queue, TimePoint now);
  ~QueueAccess();
  QueueAccess(const QueueAccess&) = delete;
  QueueAccess& operator=(const QueueAccess&) = delete;

  StoredQueue& operator*() { return *queue_; }
  StoredQueue* operator->() { return queue_.get(); }
  QueueIndex& index() { return queue_->index; }
  Wakeups& wakeups() { return wakeups_; }

  // Wakes as many waiters as there is more to lease than when the lock was taken, or this was called last.
  void wake_arrivals();
  // When the sentinel must look at the queue: when the next message is due; and a little later from now if something
  // can be leased already, for its wake-up may have gone to somebody who never came for it.
  std::optional<TimePoint> next_look() const;

 private:
  Wakeups wakeups_;  // destroyed last: runs without the lock
  std::shared_ptr<StoredQueue> queue_;
  std::unique_lock<std::mutex> lock_;
  TimePoint now_;
  QueueDepth before_;
  std::size_t leasable_before_ = 0;
};

}  // namespace eventbus
