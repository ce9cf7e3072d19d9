#pragma once

#include <chrono>
#include <cstdint>

namespace eventbus {

// How long something took, for metrics and logs. Never decides what happens: whatever waits or expires asks Clock, so
// that virtual time covers it.
class Stopwatch {
 public:
  Stopwatch();
  std::chrono::microseconds elapsed() const;

 private:
  std::int64_t started_nanoseconds_;
};

}  // namespace eventbus
