#pragma once

#include "base/clock.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace eventbus {

// One coroutine inside QueueStore::wait. Guarded by the mutex of its queue.
struct QueueWaiter {
  asio::any_io_executor executor;
  // Set while it sleeps. To be swapped, not assigned: its move assignment recurses for ever in Boost 1.81.
  asio::any_completion_handler<void()> resume;
  bool listed = false;      // on the list of those to be woken
  bool woken = false;       // there is something for it to lease
  bool look_again = false;  // its times have changed: it must not sleep on the old ones
  std::list<std::shared_ptr<QueueWaiter>>::iterator place;
};

// Handlers to run once the mutex of the queue is released.
class Wakeups {
 public:
  Wakeups() = default;
  Wakeups(const Wakeups&) = delete;
  Wakeups& operator=(const Wakeups&) = delete;
  ~Wakeups() { run(); }

  void add(QueueWaiter& waiter);
  // Posts each to its waiter's executor.
  void run();

 private:
  std::vector<std::pair<asio::any_io_executor, asio::any_completion_handler<void()>>> handlers_;
};

// Who waits for something to lease in one queue. Arrivals wake as many as there are messages. Time is watched by one of
// them, the sentinel, which sleeps until the next message becomes due: a thousand waiters are then one timer. The
// sentinel is woken last, and when it leaves another waiter takes its place.
//
// Not thread-safe: the mutex of the queue guards it.
class QueueWaiters {
 public:
  // Puts the waiter on the list (again). Returns when it must look by itself: at `deadline`, or for the sentinel at
  // `next_look`, if that is earlier.
  TimePoint enlist(const std::shared_ptr<QueueWaiter>& waiter, TimePoint deadline, std::optional<TimePoint> next_look);
  // The waiter is awake: off the list. Returns whether there is something for it to lease.
  bool withdraw(const std::shared_ptr<QueueWaiter>& waiter);
  // The waiter is not coming back.
  void leave(const std::shared_ptr<QueueWaiter>& waiter, Wakeups& wakeups);

  void wake(std::size_t count, Wakeups& wakeups);
  void wake_all(Wakeups& wakeups) { wake(waiting_.size(), wakeups); }
  // If the sentinel would sleep beyond `next_look`, it must look again.
  void rearm(std::optional<TimePoint> next_look, Wakeups& wakeups);

  bool is_sentinel(const std::shared_ptr<QueueWaiter>& waiter) const { return sentinel_ == waiter; }
  bool empty() const { return waiting_.empty(); }

 private:
  void take_off(QueueWaiter& waiter);
  static void make_look_again(QueueWaiter& waiter, Wakeups& wakeups);

  std::list<std::shared_ptr<QueueWaiter>> waiting_;  // the sentinel at the end
  std::shared_ptr<QueueWaiter> sentinel_;
  TimePoint sentinel_until_;
};

}  // namespace eventbus
