#pragma once

#include "rules-engine/event_values.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace eventbus::rules {

// What can satisfy one field of a pattern; numbers of values, ascending.
struct FieldCandidates {
  std::vector<std::uint32_t> fitting;
  const std::vector<std::uint32_t>* present = nullptr;  // all values at its path
  bool absence_fits = false;                            // `exists: false` is an alternative
};

// Looks for a value for each field of a branch, in order, such that no two lie in different elements of one array; a
// field that may be absent is satisfied by nothing, if none of its values lies within the elements chosen before. When
// there is no such choice, it keeps the longest run of fields that could be satisfied, which is what tells why.
//
// Without duplicate keys the work is a few steps for each field and value; with them the problem is as hard as
// satisfiability, and the search gives up when it has taken so many steps more, in all runs together.
class BranchSearch {
 public:
  static constexpr std::uint32_t kAbsent = 0xFFFFFFFF;

  // `values` must outlive the search.
  BranchSearch(const EventValues& values, std::size_t extra_steps_max);

  struct Outcome {
    // For each field of the longest run its value, or kAbsent. As many as there are fields: all can be satisfied.
    std::vector<std::uint32_t> choices;
    bool gave_up = false;
  };
  Outcome run(const std::vector<const FieldCandidates*>& fields);

  // Why `value` cannot be added to `choices`: the outermost array of which a choice lies in another element.
  struct Conflict {
    std::uint32_t element = 0;  // of the value
    std::uint32_t chosen_element = 0;
    std::size_t choice = 0;  // the first one in that element
  };
  std::optional<Conflict> conflict(std::span<const std::uint32_t> choices, std::uint32_t value) const;

 private:
  bool search(std::size_t field);
  bool take_step();
  // The position in `list`, from `at` on, of the next value that is consistent with the elements chosen.
  std::size_t next_consistent(const std::vector<std::uint32_t>& list, std::size_t at);
  std::uint32_t element_of(std::uint32_t value) const { return values_.values()[value].element; }
  void choose(std::uint32_t element);
  void undo(std::size_t mark);
  bool failed_before(std::size_t field);

  const EventValues& values_;
  std::size_t extra_steps_left_;
  std::size_t steps_left_ = 0;
  const std::vector<const FieldCandidates*>* fields_ = nullptr;
  std::vector<std::uint32_t> chosen_;    // by array: the element, or kNoElement
  std::vector<std::size_t> last_field_;  // by array: one past the last field that a choice in it matters to
  std::vector<std::uint32_t> elements_;  // those chosen, in order
  std::vector<std::uint32_t> choices_;
  std::vector<std::uint32_t> longest_;
  std::set<std::vector<std::uint32_t>> failed_;  // field and elements that matter to it and those after it
};

}  // namespace eventbus::rules
