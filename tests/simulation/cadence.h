#pragma once

#include "base/clock.h"

#include <cstdint>
#include <vector>

namespace eventbus::simulation {

// When what recurs in equal steps began to: between these moments, as a client sees it.
struct Cadence {
  TimePoint earliest = TimePoint::max(), latest = TimePoint::max();

  // Is it one of the steps from `first` on, told in whole seconds?
  bool names(TimePoint at, Duration step, std::int64_t first) const;
  // Those from `from` on and before `to`, if they are certain to the second.
  std::vector<TimePoint> certain(TimePoint from, TimePoint to, Duration step, std::int64_t first) const;
  friend bool operator==(const Cadence&, const Cadence&) = default;
};

}  // namespace eventbus::simulation
