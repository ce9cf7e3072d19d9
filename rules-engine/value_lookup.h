#pragma once

#include "rules-engine/match_scratch.h"
#include "rules-engine/number.h"

#include <algorithm>

namespace eventbus::rules {

// Finds the atoms that a value satisfies; if the rule set is large, only starts to, so that the cache misses of all
// values of the event overlap.
void look_up_value(const CompiledRules& rules, EventValue& value, MatchScratch::State& scratch);

// Finishes that for all values.
void resolve_values(const CompiledRules& rules, MatchScratch::State& scratch);

// Need a value without hits in an array element not be recorded? If it says no more than those that are, or a bit of
// the element stands for it.
bool may_leave_out(const PlainValues& plain, const MatchScratch::State::FieldState& field,
                   const MatchScratch::State& scratch);

// Of true, false and null.
inline AtomId literal_atom(const FieldMatcher& matcher, ValueKind kind) {
  return matcher.literals[static_cast<std::size_t>(kind) - static_cast<std::size_t>(ValueKind::kTrue)];
}

// Records a value, and takes it back with its hits.
inline EventValue& add_value(FieldId field, ValueKind kind, std::string_view text, std::uint32_t element,
                             MatchScratch::State& scratch) {
  EventValue& value = scratch.values.emplace_back();
  value.at = text.data();
  value.size = static_cast<std::uint32_t>(text.size());
  value.kind = kind;
  value.field = field;
  value.element = element;
  return value;
}
inline void drop_value(std::uint32_t hits_begin, MatchScratch::State& scratch) {
  scratch.hits.resize(hits_begin);
  scratch.values.pop_back();
}

// Are the last hits, those from `begin` on, the ones of `before`?
inline bool same_hits(std::uint32_t begin, const EventValue& before, const Hits& hits) {
  return std::equal(hits.data() + begin, hits.data() + hits.size(), hits.data() + before.hits_begin,
                    hits.data() + before.hits_end);
}

// The same as collect_value for a value in an array element.
void collect_in_element(const CompiledRules& rules, FieldId field, ValueKind kind, std::string_view text,
                        std::uint32_t element, MatchScratch::State& scratch);

// Takes a value of a field that some rule names: `text` is a string's unescaped text or a number's spelling, in the
// event or in the scratch's arena, `element` the innermost ArrayElement around it or kNone. A value that says nothing
// beyond those before it is not recorded.
inline void collect_value(const CompiledRules& rules, FieldId field, ValueKind kind, std::string_view text,
                          std::uint32_t element, MatchScratch::State& scratch) {
  if (element != kNone) return collect_in_element(rules, field, kind, text, element, scratch);
  auto& state = scratch.fields[field];
  const auto index = static_cast<std::uint32_t>(scratch.values.size());
  const auto hits_begin = static_cast<std::uint32_t>(scratch.hits.size());
  look_up_value(rules, add_value(field, kind, text, element, scratch), scratch);
  if (state.epoch != scratch.epoch) {
    state = {.epoch = scratch.epoch, .first = index, .last = index};
    return;
  }
  EventValue& before = scratch.values[state.last];
  if (!rules.overlap_lookups && before.element == kNone && same_hits(hits_begin, before, scratch.hits)) {
    return drop_value(hits_begin, scratch);  // most scalars of an array hit the same, nothing as a rule
  }
  before.next = index;
  state.last = index;
}

}  // namespace eventbus::rules
