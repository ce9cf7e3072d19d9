#include "storage/queue_waiters.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace eventbus {

void Wakeups::add(QueueWaiter& waiter) {
  if (!waiter.resume) return;
  handlers_.emplace_back(std::move(waiter.executor), std::move(waiter.resume));
  waiter.executor = nullptr;
  waiter.resume = nullptr;
}

void Wakeups::run() {
  for (auto& [executor, handler] : std::exchange(handlers_, {}))
    asio::post(executor, [resume = std::move(handler)]() mutable { std::move(resume)(); });
}

TimePoint QueueWaiters::enlist(const std::shared_ptr<QueueWaiter>& waiter, TimePoint deadline,
                               std::optional<TimePoint> next_look) {
  if (!sentinel_) sentinel_ = waiter;
  const bool sentinel = is_sentinel(waiter);
  const bool before_sentinel = !sentinel && sentinel_->listed;
  waiter->place = waiting_.insert(before_sentinel ? sentinel_->place : waiting_.end(), waiter);
  waiter->listed = true;
  waiter->woken = waiter->look_again = false;
  if (!sentinel) return deadline;
  sentinel_until_ = next_look ? std::min(deadline, *next_look) : deadline;
  return sentinel_until_;
}

bool QueueWaiters::withdraw(const std::shared_ptr<QueueWaiter>& waiter) {
  if (waiter->listed) take_off(*waiter);
  waiter->resume = nullptr;
  waiter->executor = nullptr;
  return std::exchange(waiter->woken, false);
}

void QueueWaiters::leave(const std::shared_ptr<QueueWaiter>& waiter, Wakeups& wakeups) {
  if (!is_sentinel(waiter)) return;
  sentinel_ = nullptr;
  if (waiting_.empty()) return;
  sentinel_ = waiting_.back();
  sentinel_until_ = TimePoint::min();  // it is about to find out
  make_look_again(*sentinel_, wakeups);
}

void QueueWaiters::wake(std::size_t count, Wakeups& wakeups) {
  for (; count > 0 && !waiting_.empty(); --count) {
    const std::shared_ptr<QueueWaiter> waiter = waiting_.front();
    waiter->woken = true;
    wakeups.add(*waiter);
    take_off(*waiter);
  }
}

void QueueWaiters::rearm(std::optional<TimePoint> next_look, Wakeups& wakeups) {
  if (!sentinel_ || !sentinel_->listed || !next_look || *next_look >= sentinel_until_) return;
  sentinel_until_ = *next_look;
  make_look_again(*sentinel_, wakeups);
}

void QueueWaiters::take_off(QueueWaiter& waiter) {
  waiter.listed = false;
  waiting_.erase(waiter.place);
}

// It stays on the list, so that an arrival in the meantime finds it.
void QueueWaiters::make_look_again(QueueWaiter& waiter, Wakeups& wakeups) {
  waiter.look_again = true;
  wakeups.add(waiter);
}

}  // namespace eventbus
