#include "base/stopwatch.h"

namespace eventbus {
namespace {

std::int64_t monotonic_nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Stopwatch::Stopwatch() : started_nanoseconds_(monotonic_nanoseconds()) {}

std::chrono::microseconds Stopwatch::elapsed() const {
  return std::chrono::microseconds((monotonic_nanoseconds() - started_nanoseconds_) / 1'000);
}

}  // namespace eventbus
