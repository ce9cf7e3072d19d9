#include "storage/queue_waiters.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace eventbus {

void Wakeups::add(QueueWaiter& waiter) {
  if (waiter.resume) handlers_.emplace_back(waiter.executor, std::move(waiter.resume));
  waiter.resume = nullptr;
}

void Wakeups::run() {
  for (auto& [executor, handler] : std::exchange(handlers_, {}))
    asio::post(executor, [resume = std::move(handler)]() mutable { std::move(resume)(); });
}

TimePoint QueueWaiters::enlist(const std::shared_ptr<QueueWaiter>& waiter, TimePoint deadline,
                               std::optional<TimePoint> next_due) {
  if (!sentinel_) sentinel_ = waiter;
  const bool sentinel = sentinel_ == waiter;
  const bool before_sentinel = !sentinel && !waiting_.empty() && waiting_.back() == sentinel_;
  waiter->place = waiting_.insert(before_sentinel ? std::prev(waiting_.end()) : waiting_.end(), waiter);
  waiter->listed = true;
  waiter->woken = false;
  if (!sentinel) return deadline;
  sentinel_until_ = next_due ? std::min(deadline, *next_due) : deadline;
  return sentinel_until_;
}

bool QueueWaiters::withdraw(const std::shared_ptr<QueueWaiter>& waiter) {
  if (waiter->listed) take_off(*waiter);
  waiter->resume = nullptr;
  return std::exchange(waiter->woken, false);
}

void QueueWaiters::leave(const std::shared_ptr<QueueWaiter>& waiter, Wakeups& wakeups) {
  if (sentinel_ != waiter) return;
  sentinel_ = nullptr;
  // Whoever is woken enlists again, finds no sentinel and becomes it.
  if (!waiting_.empty()) signal(*waiting_.back(), wakeups);
}

void QueueWaiters::wake(std::size_t count, Wakeups& wakeups) {
  for (; count > 0 && !waiting_.empty(); --count) {
    waiting_.front()->woken = true;
    signal(*waiting_.front(), wakeups);
  }
}

void QueueWaiters::rearm(std::optional<TimePoint> next_due, Wakeups& wakeups) {
  if (sentinel_ && sentinel_->listed && next_due && *next_due < sentinel_until_) signal(*sentinel_, wakeups);
}

void QueueWaiters::take_off(QueueWaiter& waiter) {
  waiter.listed = false;
  waiting_.erase(waiter.place);
}

void QueueWaiters::signal(QueueWaiter& waiter, Wakeups& wakeups) {
  wakeups.add(waiter);
  take_off(waiter);
}

}  // namespace eventbus
