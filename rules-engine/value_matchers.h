#pragma once

#include "rules-engine/address.h"
#include "rules-engine/ignore_case.h"
#include "rules-engine/wildcard.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::rules {

// A test of one value of one field, such as "starts with img/"; every rule that has it shares it.
using AtomId = std::uint32_t;
constexpr std::uint32_t kNone = 0xFFFFFFFF;

// Collects the atoms that a value satisfies.
using Hits = std::vector<AtomId>;

// Finds which of many texts begin (or end) a value. The texts are sorted; each knows the longest other one that begins
// it. Every text that begins a value is the value's predecessor in the order or one of that predecessor's chain, so one
// binary search and a walk up the chain find them all: O(log n) comparisons plus the hits.
// Many texts of few lengths (names with counters, hosts of one domain) are hashed instead, one probe for each length:
// their long common parts would make every comparison of a search walk through memory.
class AffixIndex {
 public:
  enum class End : std::uint8_t { kFront, kBack };

  AffixIndex() = default;
  AffixIndex(End end, std::vector<std::pair<std::string, AtomId>> texts);

  bool empty() const { return entries_.empty(); }
  void find(std::string_view value, Hits& hits) const;

 private:
  struct Entry {
    std::uint64_t head = 0;  // the first eight bytes, comparable as a number, zeros behind a shorter text
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    AtomId atom = kNone;
    std::uint32_t parent = kNone;  // the longest entry that begins this one
  };
  void hash_by_length();
  void find_by_length(std::string_view value, Hits& hits) const;
  std::string_view end_of(std::string_view value, std::size_t size) const {
    return end_ == End::kFront ? value.substr(0, size) : value.substr(value.size() - size);
  }
  bool begins(const Entry& entry, std::string_view value) const;
  int compare(const Entry& entry, std::string_view value, std::uint64_t head) const;
  std::uint64_t head_of(std::string_view text) const;
  unsigned char byte_of(std::string_view text, std::size_t i) const;

  End end_ = End::kFront;
  std::vector<Entry> entries_;  // ascending; texts of kBack read from their last byte
  std::string bytes_;           // the texts, as written

  // If there are many texts of few lengths: the lengths, ascending, and an open-addressing table of all texts.
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t entry = kNone;
  };
  std::vector<std::uint32_t> lengths_;
  std::vector<Slot> slots_;
};

// Finds which of many closed intervals hold a point: a balanced tree laid out in the sorted array itself, each middle
// knowing the greatest top of its part. O(log n + hits).
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
    std::ranges::sort(intervals_, {}, &Interval::bottom);
    greatest_top_.resize(intervals_.size());
    prepare(0, intervals_.size());
  }

  bool empty() const { return intervals_.empty(); }
  void find(Number point, Hits& hits) const { find(0, intervals_.size(), point, hits); }

 private:
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
};

// Wildcards of one field. Each is looked for only in values that hold its rarest literal piece at its place: the first
// piece by an affix index, the last by another. A wildcard with stars at both ends is tried on every string.
class WildcardIndex {
 public:
  WildcardIndex() = default;
  explicit WildcardIndex(std::vector<std::pair<std::string, AtomId>> wildcards);

  bool empty() const { return wildcards_.empty(); }
  // `candidates` is a buffer of the caller's.
  void find(std::string_view value, Hits& candidates, Hits& hits) const;

 private:
  struct Entry {
    Wildcard wildcard;
    AtomId atom;
  };
  std::vector<Entry> wildcards_;
  AffixIndex by_first_piece_;  // yields indices into wildcards_ by way of groups_
  AffixIndex by_last_piece_;
  std::vector<std::vector<std::uint32_t>> groups_;  // wildcards that share an indexed piece
  std::vector<std::uint32_t> open_;                 // stars at both ends
};

// Patterns beyond ASCII that ignore case; ASCII ones are texts of the other indexes, folded.
class IgnoreCaseIndex {
 public:
  enum class Place : std::uint8_t { kWhole, kFront, kBack };

  void add(std::string_view text, Place place, AtomId atom) {
    patterns_.push_back({IgnoreCasePattern(text), place, atom});
  }
  bool empty() const { return patterns_.empty(); }
  void find(std::string_view value, Hits& hits) const;

 private:
  struct Entry {
    IgnoreCasePattern pattern;
    Place place;
    AtomId atom;
  };
  std::vector<Entry> patterns_;
};

}  // namespace eventbus::rules
