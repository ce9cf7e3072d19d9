#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace eventbus::rules {

// Which numbers no test of a field hits: those between the intervals (and single numbers) that are tested for.
class PlainNumbers {
 public:
  struct Interval {
    double bottom = 0;
    double top = 0;
  };
  // A stretch of numbers, without its ends.
  struct Gap {
    double below = -std::numeric_limits<double>::infinity();
    double above = std::numeric_limits<double>::infinity();
  };

  PlainNumbers() = default;
  explicit PlainNumbers(std::vector<Interval> tested);

  // The gap around a number, or none if it may hit something.
  std::optional<Gap> gap_around(double number) const;

 private:
  // With more, none is known: gaps that hold but a few numbers are of no use.
  static constexpr std::size_t kTestedMax = 1024;

  bool known_ = true;
  std::vector<Interval> tested_;  // ascending, apart from one another
};

}  // namespace eventbus::rules
