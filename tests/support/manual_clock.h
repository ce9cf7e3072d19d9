#pragma once

#include "base/clock.h"

#include <mutex>

namespace eventbus::testing {

// Time that only a test moves. Sleepers poll nothing: each sleep_until registers a waiter that `advance` completes when
// due. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start);
  ~ManualClock() override;

  TimePoint now() const override;
  asio::awaitable<void> sleep_until(TimePoint when) override;

  // Moves time forward and completes every sleeper that became due, on its own executor.
  void advance(Duration by);

 private:
  struct Waiters;
  struct Registration;
  mutable std::mutex mutex_;
  TimePoint now_;
  std::unique_ptr<Waiters> waiters_;
};

// 2026-01-02T03:04:05.678Z, where most tests begin.
TimePoint test_epoch();

}  // namespace eventbus::testing
