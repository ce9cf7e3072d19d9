#pragma once

#include "base/clock.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// Lets one log line of a kind through in a while, so that a busy fault cannot drown the log or slow the path it lies
// on. Safe to call from any thread.
class LogLimiter {
 public:
  // One line per key and `interval`; of at most `keys_max` keys, beyond which all are forgotten.
  explicit LogLimiter(Duration interval, std::size_t keys_max = 10'000) : interval_(interval), keys_max_(keys_max) {}

  // May a line about `key` be written now? If so: how many were held back since the last one.
  std::optional<std::uint64_t> admit(std::string_view key, TimePoint now);

 private:
  struct Seen {
    TimePoint next;
    std::uint64_t held_back = 0;
  };
  const Duration interval_;
  const std::size_t keys_max_;
  std::mutex mutex_;
  std::map<std::string, Seen, std::less<>> seen_;
};

}  // namespace eventbus
