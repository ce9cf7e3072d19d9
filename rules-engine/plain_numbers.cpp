#include "rules-engine/plain_numbers.h"

#include <algorithm>

namespace eventbus::rules {

PlainNumbers::PlainNumbers(std::vector<Interval> tested) {
  if (tested.size() > kTestedMax) {
    known_ = false;
    return;
  }
  std::erase_if(tested, [](const Interval& interval) { return interval.top < interval.bottom; });
  std::ranges::sort(tested, {}, &Interval::bottom);
  for (const Interval& interval : tested) {
    if (!tested_.empty() && interval.bottom <= tested_.back().top) {
      tested_.back().top = std::max(tested_.back().top, interval.top);
    } else {
      tested_.push_back(interval);
    }
  }
  tested_.shrink_to_fit();
}

std::optional<PlainNumbers::Gap> PlainNumbers::gap_around(double number) const {
  if (!known_) return std::nullopt;
  const auto next = std::ranges::upper_bound(tested_, number, {}, &Interval::bottom);
  Gap gap;
  if (next != tested_.end()) gap.above = next->bottom;
  if (next != tested_.begin()) {
    gap.below = std::prev(next)->top;
    if (gap.below >= number) return std::nullopt;
  }
  return gap;
}

}  // namespace eventbus::rules
