#include "storage/stored_queue.h"

#include <utility>

namespace eventbus {

namespace {

void shift(std::atomic<std::uint64_t>& sum, std::uint64_t before, std::uint64_t after) {
  if (before != after) sum.fetch_add(after - before, std::memory_order_relaxed);  // wraps as it should
}

}  // namespace

void QueueTotals::change(const QueueDepth& before, const QueueDepth& after) {
  shift(visible, before.visible, after.visible);
  shift(in_flight, before.in_flight, after.in_flight);
  shift(delayed, before.delayed, after.delayed);
  shift(bytes, before.bytes, after.bytes);
}

QueueAccess::QueueAccess(std::shared_ptr<StoredQueue> queue, TimePoint now)
    : queue_(std::move(queue)), lock_(queue_->mutex), now_(now) {
  before_ = queue_->index.depth();
  leasable_before_ = queue_->index.leasable();
  queue_->index.advance(now_);
}

QueueAccess::~QueueAccess() {
  queue_->index.advance(now_);
  queue_->totals.change(before_, queue_->index.depth());
  if (!queue_->waiters.empty()) {
    const std::size_t leasable = queue_->index.leasable();
    if (leasable > leasable_before_) queue_->waiters.wake(leasable - leasable_before_, wakeups_);
    queue_->waiters.rearm(queue_->index.next_due(), wakeups_);
  }
  lock_.unlock();
}

}  // namespace eventbus
