#pragma once

#include "rules-engine/compiled_rules.h"
#include "rules-engine/rule_set.h"

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace eventbus::rules {

enum class ValueKind : std::uint8_t { kString, kNumber, kTrue, kFalse, kNull };

// An array element that is an object or an array, entered on the way to some value. Two values can be combined only if
// they do not sit in different elements of one array.
struct ArrayElement {
  std::uint32_t parent = kNone;    // the element around this one
  std::uint32_t array = 0;         // numbers the arrays of the event
  std::uint32_t depth = 0;         // elements around this one
  std::uint32_t values_begin = 0;  // its values are EventValues [values_begin, values_end)
  std::uint32_t values_end = 0;
};

// One value of a field that some rule names.
struct EventValue {
  std::string_view text;  // a string's unescaped text or a number's spelling, in the event or in the scratch's arena
  ValueKind kind = ValueKind::kNull;
  std::uint32_t element = kNone;  // the innermost ArrayElement around it
  std::uint32_t hits_begin = 0;   // its atoms are hits[hits_begin, hits_end)
  std::uint32_t hits_end = 0;
  std::uint32_t next = kNone;  // the field's next value
};

// A set of 128-bit numbers that is emptied without being cleared.
class StateSet {
 public:
  struct Key {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
  };
  void clear();
  // False if it was there already.
  bool insert(Key key);

 private:
  struct Slot {
    Key key;
    std::uint32_t epoch = 0;
  };
  void grow();

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::uint32_t epoch_ = 0;
};

// The buffers of array_join.cpp.
struct JoinScratch {
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t array = kNone;  // the outermost array that all its values sit in
  };
  struct Array {
    std::uint32_t epoch = 0;
    std::uint32_t chosen = kNone;   // the element chosen in it
    std::uint32_t last_clause = 0;  // the last clause with a value in it
  };
  std::vector<ClauseId> clauses;
  std::vector<std::uint32_t> values;  // indices of EventValues
  std::vector<Range> satisfying;      // by clause, then the copies of inner levels: ranges of `values`
  std::vector<Range> present;         // by clause
  std::vector<Array> arrays;
  std::uint32_t epoch = 0;
  std::vector<std::uint32_t> chosen_arrays;
  StateSet failed;
};

struct MatchScratch::State {
  // Stamps are valid if they equal `epoch`, so that nothing has to be cleared between events.
  struct FieldState {
    std::uint32_t epoch = 0;
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
    bool in_elements = false;  // some value sits in an ArrayElement
  };

  std::unique_ptr<simdjson::internal::dom_parser_implementation> structure;
  std::size_t structure_capacity = 0;

  std::uint32_t epoch = 0;
  std::vector<FieldState> fields;
  std::vector<std::uint32_t> branch_stamps;
  std::vector<std::uint32_t> rule_stamps;

  std::vector<EventValue> values;  // in the order of the event
  std::vector<ArrayElement> elements;
  std::uint32_t arrays = 0;
  Hits hits;
  Hits wildcard_candidates;
  std::vector<char> arena;  // unescaped strings; never grows during an event
  std::size_t arena_used = 0;
  std::vector<char> folded;

  std::vector<BranchId> candidates;
  std::vector<RuleId> matched;
  std::vector<RuleId> gathered;  // from the segments of a RuleIndex

  JoinScratch join;

  // Prepares for an event of `bytes` bytes and a set of the given size.
  void begin(const CompiledRules& rules, std::size_t bytes);
};

}  // namespace eventbus::rules
