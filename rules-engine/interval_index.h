#pragma once

#include "rules-engine/value_matchers.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace eventbus::rules {

// The number behind `number`, if there is one: where an interval that includes its top has ended.
inline std::optional<double> successor(double number) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (number == kInfinity) return std::nullopt;
  return std::nextafter(number, kInfinity);
}
inline std::optional<unsigned __int128> successor(unsigned __int128 number) {
  if (number + 1 == 0) return std::nullopt;
  return number + 1;
}

// Finds which of many closed intervals hold a point. The ends of the intervals cut the line into segments, and each
// segment knows its intervals: one search among the ends, in a tree of wide nodes that needs a cache miss or two where
// a binary search in a large array needs ten. If intervals overlap so much that this would take too much memory: a
// balanced tree laid out in the sorted array itself, each middle knowing the greatest top of its part. O(log n + hits)
// both.
template <typename Number>
class IntervalIndex {
 public:
  struct Interval {
    Number bottom;
    Number top;
    AtomId atom;
  };

  IntervalIndex() = default;
  explicit IntervalIndex(std::vector<Interval> intervals) : intervals_(std::move(intervals)) {
    std::erase_if(intervals_, [](const Interval& interval) { return interval.top < interval.bottom; });
    if (intervals_.size() <= kFew || build_segments()) return;
    std::ranges::sort(intervals_, {}, &Interval::bottom);
    greatest_top_.resize(intervals_.size());
    prepare(0, intervals_.size());
  }

  bool empty() const { return intervals_.empty() && cells_.empty(); }
  void find(Number point, Hits& hits) const {
    if (!cells_.empty()) return find_in_segments(point, hits);
    if (!greatest_top_.empty()) return find(0, intervals_.size(), point, hits);
    for (const Interval& interval : intervals_) {
      if (interval.bottom <= point && point <= interval.top) hits.push_back(interval.atom);
    }
  }
  // False only if no interval holds the point.
  bool may_hold(Number point) const {
    if (!cells_.empty()) return cell_of(point) != kNone;
    if (!greatest_top_.empty()) return true;
    for (const Interval& interval : intervals_) {
      if (interval.bottom <= point && point <= interval.top) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kFew = 4;
  static constexpr std::size_t kNode = 16;
  static constexpr std::uint32_t kMany = 1U << 31;  // a cell that is a place in lists_, not an atom

  // --- segments ------------------------------------------------------------------------------------------------------

  bool build_segments() {
    constexpr std::size_t kCopiesMax = 8;         // of each interval, on average
    constexpr std::size_t kCopiesFree = 1 << 15;  // and what never matters
    std::vector<Number> starts;
    for (const Interval& interval : intervals_) {
      starts.push_back(interval.bottom);
      if (const auto end = successor(interval.top)) starts.push_back(*end);
    }
    std::ranges::sort(starts);
    starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
    const auto segments_of = [&](const Interval& interval) {
      const auto begin = std::ranges::lower_bound(starts, interval.bottom);
      const auto end = std::upper_bound(begin, starts.end(), interval.top);
      return std::pair(begin - starts.begin(), end - starts.begin());
    };
    std::vector<std::uint32_t> counts(starts.size());
    std::size_t copies = 0;
    for (const Interval& interval : intervals_) {
      const auto [begin, end] = segments_of(interval);
      copies += static_cast<std::size_t>(end - begin);
      if (copies > std::max(kCopiesFree, kCopiesMax * intervals_.size())) return false;
      for (auto i = begin; i < end; ++i) ++counts[static_cast<std::size_t>(i)];
    }
    cells_.resize(starts.size(), kNone);
    std::vector<std::uint32_t> next(starts.size());
    for (std::size_t i = 0; i < starts.size(); ++i) {
      if (counts[i] < 2) continue;
      cells_[i] = kMany | static_cast<std::uint32_t>(lists_.size());
      lists_.push_back(counts[i]);
      next[i] = static_cast<std::uint32_t>(lists_.size());
      lists_.resize(lists_.size() + counts[i]);
    }
    for (const Interval& interval : intervals_) {
      const auto [begin, end] = segments_of(interval);
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        (counts[i] == 1 ? cells_[i] : lists_[next[i]++]) = interval.atom;
      }
    }
    intervals_.clear();
    intervals_.shrink_to_fit();
    lists_.shrink_to_fit();
    // Each level above holds every kNode-th start of the one below.
    levels_.push_back(std::move(starts));
    while (levels_.back().size() > kNode) {
      std::vector<Number> above;
      for (std::size_t i = 0; i < levels_.back().size(); i += kNode) above.push_back(levels_.back()[i]);
      levels_.push_back(std::move(above));
    }
    return true;
  }

  // What is in the segment of the point.
  [[gnu::always_inline]] std::uint32_t cell_of(Number point) const {
    std::size_t place = 0;
    for (std::size_t level = levels_.size(); level-- > 0;) {
      const Number* const starts = levels_[level].data();
      const std::size_t begin = place * kNode;
      const std::size_t end = std::min(begin + kNode, levels_[level].size());
      std::size_t reached = 0;
      for (std::size_t i = begin; i < end; ++i) reached += starts[i] <= point ? 1 : 0;
      if (reached == 0) return kNone;  // below the first start of all
      place = begin + reached - 1;
    }
    return cells_[place];
  }

  void find_in_segments(Number point, Hits& hits) const {
    const std::uint32_t cell = cell_of(point);
    if (cell == kNone) return;
    if ((cell & kMany) == 0) return hits.push_back(cell);
    const std::uint32_t* const list = lists_.data() + (cell & ~kMany);
    hits.insert(hits.end(), list + 1, list + 1 + *list);
  }

  // --- tree ----------------------------------------------------------------------------------------------------------

  void prepare(std::size_t begin, std::size_t end) {
    if (begin == end) return;
    const std::size_t middle = begin + (end - begin) / 2;
    prepare(begin, middle);
    prepare(middle + 1, end);
    Number top = intervals_[middle].top;
    const auto include = [&](std::size_t from, std::size_t to) {
      if (from < to) top = std::max(top, greatest_top_[from + (to - from) / 2]);
    };
    include(begin, middle);
    include(middle + 1, end);
    greatest_top_[middle] = top;
  }

  void find(std::size_t begin, std::size_t end, Number point, Hits& hits) const {
    while (begin < end) {
      const std::size_t middle = begin + (end - begin) / 2;
      if (greatest_top_[middle] < point) return;
      find(begin, middle, point, hits);
      const Interval& interval = intervals_[middle];
      if (interval.bottom > point) return;
      if (interval.top >= point) hits.push_back(interval.atom);
      begin = middle + 1;
    }
  }

  std::vector<Interval> intervals_;
  std::vector<Number> greatest_top_;
  std::vector<std::vector<Number>> levels_;  // the starts of the segments, then the levels above them
  std::vector<std::uint32_t> cells_;         // by segment: kNone, its only atom, or kMany and a place in lists_
  std::vector<std::uint32_t> lists_;         // length, atoms
};

}  // namespace eventbus::rules
