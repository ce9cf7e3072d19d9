#include "storage/stored_queue.h"

#include <algorithm>
#include <utility>

namespace eventbus {

namespace {

constexpr Duration kUnclaimedFor{100};

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
    wake_arrivals();
    queue_->waiters.rearm(next_look(), wakeups_);
  }
  lock_.unlock();
}

void QueueAccess::wake_arrivals() {
  const std::size_t leasable = queue_->index.leasable();
  if (leasable > leasable_before_) queue_->waiters.wake(leasable - leasable_before_, wakeups_);
  leasable_before_ = leasable;
}

std::optional<TimePoint> QueueAccess::next_look() const {
  std::optional<TimePoint> look = queue_->index.next_due();
  if (queue_->index.leasable() > 0) look = std::min(look.value_or(TimePoint::max()), now_ + kUnclaimedFor);
  return look;
}

}  // namespace eventbus
