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
// binary search and a walk up the chain find them all: O(log n) comparisons plus the hits. (Many texts of few lengths
// are in ExactTable instead: their long common parts would make every comparison of a search walk through memory.)
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
  bool begins(const Entry& entry, std::string_view value) const;
  int compare(const Entry& entry, std::string_view value, std::uint64_t head) const;
  std::uint64_t head_of(std::string_view text) const;
  unsigned char byte_of(std::string_view text, std::size_t i) const;

  End end_ = End::kFront;
  std::vector<Entry> entries_;  // ascending; texts of kBack read from their last byte
  std::string bytes_;           // the texts, as written
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
