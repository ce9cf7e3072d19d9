#include "base/alarm.h"

#include "base/asleep.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace eventbus {

struct Alarm::Bell {
  asio::steady_timer timer;  // never ends by itself
};

namespace {

asio::awaitable<void> heard(asio::steady_timer& timer) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace

Alarm::Alarm(Clock& clock) : clock_(clock) {}
Alarm::~Alarm() = default;

asio::awaitable<void> Alarm::sleep_until(TimePoint when) {
  using asio::experimental::awaitable_operators::operator||;
  const auto bell = std::make_shared<Bell>(
      Bell{asio::steady_timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max())});
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(rung_, false)) co_return;
    bell_ = bell;
  }
  co_await (asleep(clock_, when) || heard(bell->timer));
  const std::lock_guard lock(mutex_);
  bell_.reset();
  rung_ = false;
}

void Alarm::ring() {
  const std::lock_guard lock(mutex_);
  rung_ = true;
  const auto bell = bell_.lock();
  if (!bell) return;
  // A timer in the past: ends the wait that is under way, and one that is only about to begin.
  asio::post(bell->timer.get_executor(), [bell] { bell->timer.expires_at(asio::steady_timer::time_point::min()); });
}

}  // namespace eventbus
