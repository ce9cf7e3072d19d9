#include "tests/simulation/cadence.h"

#include <chrono>

namespace eventbus::simulation {

namespace {

TimePoint second_of(TimePoint when) { return std::chrono::floor<std::chrono::seconds>(when); }

}  // namespace

bool Cadence::names(TimePoint at, Duration step, std::int64_t first) const {
  if (earliest == TimePoint::max()) return false;
  const Duration passed = at - second_of(earliest);
  if (passed < Duration(0)) return false;
  if (latest == TimePoint::max()) return true;  // it ended in a crash
  const Duration slack = second_of(latest) - second_of(earliest);
  return passed >= first * step && passed % step <= slack;
}

std::vector<TimePoint> Cadence::certain(TimePoint from, TimePoint to, Duration step, std::int64_t first) const {
  std::vector<TimePoint> found;
  if (latest == TimePoint::max() || second_of(earliest) != second_of(latest)) return found;
  TimePoint next = earliest + first * step;
  if (next < from) next += (from - next) / step * step;
  for (; next < to; next += step)
    if (next >= from) found.push_back(second_of(next));
  return found;
}

}  // namespace eventbus::simulation
