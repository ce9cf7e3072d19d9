#pragma once

#include "rules-engine/match_scratch.h"

#include <cstdint>

namespace eventbus::rules {

// For the readers of events, around each array element that is an object or an array. Returns the element.
inline std::uint32_t enter_element(std::uint32_t array, std::uint32_t parent, MatchScratch::State& scratch) {
  const auto index = static_cast<std::uint32_t>(scratch.elements.size());
  const std::uint32_t depth = parent == kNone ? 0 : scratch.elements[parent].depth + 1;
  // Written in its place: one that is written elsewhere and copied at once makes the processor wait.
  ArrayElement& element = scratch.elements.emplace_back();
  element.parent = parent;
  element.array = array;
  element.depth = depth;
  element.values_begin = element.values_end = static_cast<std::uint32_t>(scratch.values.size());
  return index;
}

// Keeps it only if it has values, or one within it has.
inline void leave_element(std::uint32_t index, MatchScratch::State& scratch) {
  ArrayElement& element = scratch.elements[index];
  element.values_end = static_cast<std::uint32_t>(scratch.values.size());
  if (element.values_end == element.values_begin && element.left_out == 0 && index + 1 == scratch.elements.size())
    scratch.elements.pop_back();
}

}  // namespace eventbus::rules
