#include "base/clock.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdio>

namespace eventbus {

TimePoint SystemClock::now() const { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

asio::awaitable<void> SystemClock::sleep_until(TimePoint when) {
  // A steady timer, re-armed at most hourly: a wall clock that is set back or forward is noticed within the hour, and a
  // long sleep does not overflow the timer.
  constexpr Duration kLongestNap = std::chrono::hours(1);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (TimePoint current = now(); current < when; current = now()) {
    timer.expires_after(std::min(when - current, kLongestNap));
    auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
  }
}

namespace {

struct CivilTime {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<Duration> time;
};

CivilTime civil_time(TimePoint when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss<Duration>(when - day)};
}

}  // namespace

std::string format_iso_seconds(TimePoint when) {
  const CivilTime civil = civil_time(when);
  char text[64];
  const int length =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(civil.date.year()),
                    static_cast<unsigned>(civil.date.month()), static_cast<unsigned>(civil.date.day()),
                    static_cast<int>(civil.time.hours().count()), static_cast<int>(civil.time.minutes().count()),
                    static_cast<int>(civil.time.seconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

std::string format_iso_milliseconds(TimePoint when) {
  std::string text = format_iso_seconds(when);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(civil_time(when).time.subseconds().count()));
  text.replace(text.size() - 1, 1, fraction);
  return text;
}

}  // namespace eventbus
