#pragma once

#include "rules-engine/match_scratch.h"

namespace eventbus::rules {

// Takes a value of a field that some rule names: `text` is a string's unescaped text or a number's spelling, in the
// event or in the scratch's arena, `element` the innermost ArrayElement around it or kNone. Finds the atoms it
// satisfies; if the rule set is large, only starts to, so that the cache misses of all values of the event overlap.
void collect_value(const CompiledRules& rules, FieldId field, ValueKind kind, std::string_view text,
                   std::uint32_t element, MatchScratch::State& scratch);

// Finishes that for all values.
void resolve_values(const CompiledRules& rules, MatchScratch::State& scratch);

}  // namespace eventbus::rules
