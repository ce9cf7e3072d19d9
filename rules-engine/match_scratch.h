#pragma once

#include "rules-engine/block_index.h"
#include "rules-engine/column.h"
#include "rules-engine/compiled_rules.h"
#include "rules-engine/element_form.h"
#include "rules-engine/rule_set.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace eventbus::rules {

enum class ValueKind : std::uint8_t { kString, kNumber, kTrue, kFalse, kNull };

// An array element that is an object or an array, entered on the way to some value. Two values can be combined only if
// they do not sit in different elements of one array. Stands before the elements within it; dropped if it has no
// values.
struct ArrayElement {
  std::uint32_t parent = kNone;    // the element around this one
  std::uint32_t array = 0;         // numbers the arrays of the event
  std::uint32_t depth = 0;         // elements around this one
  std::uint32_t values_begin = 0;  // its values are EventValues [values_begin, values_end)
  std::uint32_t values_end = 0;
  std::uint64_t left_out = 0;  // the fields, by PlainValues::left_out_bit, of which it has a value that is left out
};

// One value of a field that some rule names.
struct EventValue {
  // A string's unescaped text or a number's spelling, in the event or in the scratch's arena. Not a string_view: one
  // that is written by halves and read as a whole soon after makes the processor wait, which showed in arrays of
  // strings.
  const char* at = nullptr;
  std::uint32_t size = 0;
  std::string_view text() const { return {at, size}; }

  union {
    const char* folded = nullptr;  // of a string: the text in lower case, if the field wants it
    double number;                 // of a comparable number, if the field wants it
  };
  FieldId field = 0;
  ValueKind kind = ValueKind::kNull;
  bool comparable = false;
  std::uint32_t element = kNone;  // the innermost ArrayElement around it
  std::uint32_t lookups_end = 0;  // its look-ups are those from the end of the value before
  std::uint32_t hits_begin = 0;   // its atoms are hits[hits_begin, hits_end)
  std::uint32_t hits_end = 0;
  std::uint32_t next = kNone;  // the field's next value
};

// A look-up in the ExactTable that has been started for a value.
struct PendingLookup {
  const char* key = nullptr;
  std::uint32_t size = 0;
  KeyTag tag = 0;
  ExactTable::Lookup at;
  std::uint32_t found = kNone;
};

struct StateKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const StateKey&, const StateKey&) = default;
};
inline std::size_t slot_of(StateKey key) { return key.low; }
inline std::size_t slot_of(std::uint32_t number) { return number * 0x9E3779B97F4A7C15 >> 32; }

// A set of numbers that is emptied without being cleared.
template <typename Key>
class EpochSet {
 public:
  void clear() {
    size_ = 0;
    if (++epoch_ == 0) {
      std::ranges::fill(slots_, Slot{});
      epoch_ = 1;
    }
  }
  // False if it was there already.
  bool insert(Key key) {
    if (size_ * 2 >= slots_.size()) grow();
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = slot_of(key) & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.epoch != epoch_) {
        slot = {key, epoch_};
        ++size_;
        return true;
      }
      if (slot.key == key) return false;
    }
  }

 private:
  struct Slot {
    Key key;
    std::uint32_t epoch = 0;
  };
  void grow() {
    constexpr std::size_t kFirstSize = 64;
    std::vector<Slot> old(std::max(kFirstSize, slots_.size() * 2));
    old.swap(slots_);
    size_ = 0;
    for (const Slot& slot : old) {
      if (slot.epoch == epoch_) insert(slot.key);
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::uint32_t epoch_ = 1;
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
  EpochSet<StateKey> failed;
};

struct MatchScratch::State {
  // Stamps are valid if they equal `epoch`, so that nothing has to be cleared between events.
  struct FieldState {
    std::uint32_t epoch = 0;
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
    bool in_elements = false;  // some value sits in an ArrayElement
    bool has_plain = false;    // some value of it has no hits; of those the first is recorded
    bool left_out = false;     // and others are not, see ArrayElement
  };

  BlockIndex marks;

  std::uint32_t epoch = 0;
  std::vector<FieldState> fields;

  std::vector<EventValue> values;  // in the order of the event
  std::vector<EventValue> whole;   // the same while those left out are put back
  std::vector<ArrayElement> elements;
  std::uint32_t arrays = 0;
  std::vector<PendingLookup> lookups;
  Hits hits;
  Hits groups;              // of wildcards
  std::vector<char> arena;  // unescaped and folded strings; never grows during an event
  std::size_t arena_used = 0;

  EpochSet<std::uint32_t> seen;  // atoms, branches and rules that need not be looked at again
  std::vector<RuleId> matched;
  std::vector<BranchId> undecided;  // until the values left out are put back
  std::vector<RuleId> gathered;     // from the segments of a RuleIndex

  JoinScratch join;

  // Of the elements of the arrays that are open, outermost first.
  struct Table {
    ElementForm form;
    std::array<Column, ElementForm::kValuesMax> columns;  // of form.wanted()
  };
  std::array<Table, 4> tables;

  // Prepares for an event of `bytes` bytes and a set of the given size.
  void begin(const CompiledRules& rules, std::size_t bytes);
};

}  // namespace eventbus::rules
