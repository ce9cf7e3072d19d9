#include "bus/log_limiter.h"

#include <utility>

namespace eventbus {

std::optional<std::uint64_t> LogLimiter::admit(std::string_view key, TimePoint now) {
  std::lock_guard lock(mutex_);
  const auto known = seen_.find(key);
  if (known == seen_.end()) {
    if (seen_.size() >= keys_max_) seen_.clear();
    seen_.emplace(key, Seen{now + interval_});
    return 0;
  }
  Seen& seen = known->second;
  const bool set_back = now + interval_ < seen.next;  // the clock, since
  if (now < seen.next && !set_back) {
    ++seen.held_back;
    return std::nullopt;
  }
  seen.next = now + interval_;
  return std::exchange(seen.held_back, 0);
}

}  // namespace eventbus
