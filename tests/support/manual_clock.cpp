#include "tests/support/manual_clock.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>
#include <memory>

namespace eventbus::testing {

struct ManualClock::Waiters {
  struct Waiter {
    TimePoint when;
    std::shared_ptr<asio::steady_timer> timer;  // never expires by itself; cancelled when due
  };
  std::list<Waiter> list;
};

ManualClock::ManualClock(TimePoint start) : now_(start), waiters_(std::make_unique<Waiters>()) {}
ManualClock::~ManualClock() = default;

TimePoint ManualClock::now() const {
  std::lock_guard lock(mutex_);
  return now_;
}

// A sleeper leaves the list however it ends: woken, cancelled, or destroyed with its io_context.
struct ManualClock::Registration {
  ManualClock& clock;
  std::list<Waiters::Waiter>::iterator self;

  ~Registration() {
    std::lock_guard lock(clock.mutex_);
    clock.waiters_->list.erase(self);
  }
};

asio::awaitable<void> ManualClock::sleep_until(TimePoint when) {
  auto timer =
      std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  std::list<Waiters::Waiter>::iterator self;
  {
    std::lock_guard lock(mutex_);
    if (when <= now_) co_return;
    waiters_->list.push_back({when, timer});
    self = std::prev(waiters_->list.end());
  }
  const Registration registration{*this, self};
  co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
}

void ManualClock::advance(Duration by) {
  std::lock_guard lock(mutex_);
  now_ += by;
  for (Waiters::Waiter& waiter : waiters_->list) {
    if (waiter.when > now_) continue;
    asio::post(waiter.timer->get_executor(), [timer = waiter.timer] { timer->cancel(); });
  }
}

TimePoint test_epoch() { return TimePoint(Duration(1767323045678)); }

}  // namespace eventbus::testing
