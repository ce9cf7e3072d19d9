#pragma once

#include "rules-engine/match_scratch.h"

namespace eventbus::rules {

// Does this value satisfy an alternative of the clause (other than exists: false)?
bool satisfies(const CompiledRules& rules, ClauseId clause, const EventValue& value,
               const MatchScratch::State& scratch);

// Verifies the candidates that flattening left in `scratch` and lists the rules that match in scratch.matched,
// ascending.
void match_candidates(const CompiledRules& rules, MatchScratch::State& scratch);

}  // namespace eventbus::rules
