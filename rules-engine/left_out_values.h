#pragma once

#include "rules-engine/match_scratch.h"

namespace eventbus::rules {

// Most values of a long array hit nothing, and of these it matters at most that they are there. So they are not
// recorded but for the first one of each field: a bit in their ArrayElement stands for them (collect_value). That is
// all that judging a clause by itself asks for. Array consistency may ask for all of them: then they are put back.
// Other values keep their order, but move.
void put_back_left_out(const CompiledRules& rules, MatchScratch::State& scratch);

}  // namespace eventbus::rules
