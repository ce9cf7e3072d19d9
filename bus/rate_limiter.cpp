#include "bus/rate_limiter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace eventbus {

namespace {

// By how much callers on several threads may differ about the time.
constexpr Duration kDisagreement{1'000};
// Who wakes so long behind his turn has missed it.
constexpr Duration kMissedAfter{100};

double milliseconds(TimePoint when) { return static_cast<double>(when.time_since_epoch().count()); }
double spacing(double per_second) { return 1'000.0 / per_second; }

}  // namespace

TimePoint RateLimiter::reserve(std::string_view key, double per_second, TimePoint now) {
  std::lock_guard lock(mutex_);
  if (now + kDisagreement < latest_) set_back(latest_ - now);
  latest_ = std::max(latest_, now);
  auto next = next_.find(key);
  if (next == next_.end()) next = next_.emplace(std::string(key), 0.0).first;
  const double turn = std::max(next->second, milliseconds(now));
  next->second = turn + spacing(per_second);
  return TimePoint(Duration(static_cast<std::int64_t>(std::ceil(turn))));  // never early
}

// Whoever had a minute left until its turn has a minute left.
void RateLimiter::set_back(Duration by) {
  latest_ -= by;
  for (auto& [key, next] : next_) next -= static_cast<double>(by.count());
}

void RateLimiter::give_back(std::string_view key, double per_second, TimePoint turn) {
  std::lock_guard lock(mutex_);
  const auto next = next_.find(key);
  if (next == next_.end()) return;
  const double last = next->second - spacing(per_second);
  if (std::abs(last - milliseconds(turn)) < 1.0) next->second = last;  // turns are told in whole milliseconds
}

asio::awaitable<TimePoint> RateLimiter::wait(std::string key, double per_second, TimePoint turn, Clock& clock) {
  co_await clock.sleep_until(turn);
  const TimePoint now = clock.now();
  if (now - turn < kMissedAfter) co_return turn;
  turn = reserve(key, per_second, now);
  if (turn > now) co_await clock.sleep_until(turn);
  co_return turn;
}

void RateLimiter::forget_idle(TimePoint now) {
  std::lock_guard lock(mutex_);
  std::erase_if(next_, [&](const auto& key) { return key.second <= milliseconds(now); });
}

std::size_t RateLimiter::keys() const {
  std::lock_guard lock(mutex_);
  return next_.size();
}

}  // namespace eventbus
