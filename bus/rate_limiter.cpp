#include "bus/rate_limiter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace eventbus {

namespace {

// More than ever wait for their turn, even at the lowest rate, one a second.
constexpr Duration kAheadMax = std::chrono::hours(1);

double milliseconds(TimePoint when) { return static_cast<double>(when.time_since_epoch().count()); }
double spacing(double per_second) { return 1'000.0 / per_second; }

}  // namespace

TimePoint RateLimiter::reserve(std::string_view key, double per_second, TimePoint now) {
  std::lock_guard lock(mutex_);
  auto next = next_.find(key);
  if (next == next_.end()) next = next_.emplace(std::string(key), 0.0).first;
  // A turn so far ahead was reserved before the clock was set back.
  if (next->second > milliseconds(now + kAheadMax)) next->second = 0.0;
  const double turn = std::max(next->second, milliseconds(now));
  next->second = turn + spacing(per_second);
  return TimePoint(Duration(static_cast<std::int64_t>(std::ceil(turn))));  // never early
}

void RateLimiter::give_back(std::string_view key, double per_second, TimePoint turn) {
  std::lock_guard lock(mutex_);
  const auto next = next_.find(key);
  if (next == next_.end()) return;
  const double last = next->second - spacing(per_second);
  if (std::abs(last - milliseconds(turn)) < 1.0) next->second = last;  // turns are told in whole milliseconds
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
