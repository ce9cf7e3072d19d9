#pragma once

#include "base/clock.h"
#include "base/rng.h"

#include <cstddef>
#include <mutex>
#include <optional>

namespace eventbus::aws {

// Keeps calls away from an endpoint that does not answer: after some failures in a row it opens, and calls fail at
// once; after a pause one call is let through to see (half open). Failures of that one double the pause. Safe to use
// from any thread.
class CircuitBreaker {
 public:
  enum class State { kClosed, kHalfOpen, kOpen };
  static constexpr std::size_t kFailuresToOpen = 5;
  static constexpr Duration kFirstPause{1'000};
  static constexpr Duration kLongestPause{60'000};

  explicit CircuitBreaker(Rng& rng) : rng_(rng) {}

  // nullopt: call, and then say succeeded() or failed(). Else: not before that time.
  std::optional<TimePoint> refused_until(TimePoint now);
  // The endpoint answered, whatever it said of the request itself.
  void succeeded();
  // It did not answer, or answered that it cannot work now.
  void failed(TimePoint now);
  // Neither: the call was given up by us. Lets the next one through in its place.
  void abandoned();

  State state() const;

 private:
  Rng& rng_;
  mutable std::mutex mutex_;
  State state_ = State::kClosed;
  std::size_t failures_ = 0;
  Duration pause_ = kFirstPause;
  TimePoint open_until_;
  bool probing_ = false;
};

}  // namespace eventbus::aws
