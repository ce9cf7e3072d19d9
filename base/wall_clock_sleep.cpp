#include "base/wall_clock_sleep.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace eventbus {

namespace {

constexpr Duration kLongestNap = std::chrono::hours(1);
// A clock that is disciplined loses less than this in an hour (NTP: 500 millionths), and has not been set.
constexpr Duration kDisciplined = std::chrono::seconds(5);

}  // namespace

asio::awaitable<void> sleep_by_wall_clock(std::function<TimePoint()> now, TimePoint when) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (TimePoint current = now(); current < when;) {
    const Duration nap = std::min(when - current, kLongestNap);
    timer.expires_after(nap);
    auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    const TimePoint expected = current + nap;
    current = now();
    if (current + kDisciplined < expected) when -= expected - current;
  }
}

}  // namespace eventbus
