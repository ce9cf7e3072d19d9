#pragma once

#include "rules-engine/match_scratch.h"

namespace eventbus::rules {

// Finds the atoms that a value satisfies; if the rule set is large, only starts to, so that the cache misses of all
// values of the event overlap.
void look_up_value(const CompiledRules& rules, EventValue& value, MatchScratch::State& scratch);

// Finishes that for all values.
void resolve_values(const CompiledRules& rules, MatchScratch::State& scratch);

// Takes a value of a field that some rule names: `text` is a string's unescaped text or a number's spelling, in the
// event or in the scratch's arena, `element` the innermost ArrayElement around it or kNone.
inline void collect_value(const CompiledRules& rules, FieldId field, ValueKind kind, std::string_view text,
                          std::uint32_t element, MatchScratch::State& scratch) {
  const auto index = static_cast<std::uint32_t>(scratch.values.size());
  EventValue& value = scratch.values.emplace_back();
  value.at = text.data();
  value.size = static_cast<std::uint32_t>(text.size());
  value.kind = kind;
  value.field = field;
  value.element = element;
  auto& state = scratch.fields[field];
  if (state.epoch != scratch.epoch) {
    state = {scratch.epoch, index, index, element != kNone};
  } else {
    scratch.values[state.last].next = index;
    state.last = index;
    state.in_elements = state.in_elements || element != kNone;
  }
  look_up_value(rules, value, scratch);
}

}  // namespace eventbus::rules
