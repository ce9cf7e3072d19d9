#pragma once

#include "rules-engine/match_scratch.h"

#include <span>

namespace eventbus::rules {

// Array consistency: can every clause hold when no two values may sit in different elements of one array? AWS judges
// fields in sorted order, the order of `clauses`, and `exists: false` against the elements chosen before it:
// {"d":{"x":[1],"y":[{"exists":false}]}} matches {"d":[{"x":1},{"y":2}]}, with x and y exchanged it does not.
//
// Every clause holds by itself, or has exists: false and values in elements. No value that could matter to a clause is
// left out (left_out_values.h).
//
// Algorithm. Elements form a tree (an element of an inner array sits in one of the outer array). Without exists: false
// and duplicate keys, all values of one clause that need an element at a level need one of the same array, so arrays
// can be judged one by one: find an element of it in which all clauses that need it hold, recursively. One pass over
// the values, O(clauses × values). Otherwise: search in order with memory of the failed states, where a state is the
// elements chosen of those arrays that later clauses look at.
bool holds_in_one_choice_of_elements(const CompiledRules& rules, std::span<const ClauseId> clauses,
                                     MatchScratch::State& scratch);

// Do all clauses hold in the element of one of the first few values that satisfy clause `access`? Most branches that
// match do; if not that says nothing. Values may be left out. `access`: which clause has few values that satisfy it, as
// a rule; any number if none.
bool holds_in_one_element(const CompiledRules& rules, std::span<const ClauseId> clauses, std::size_t access,
                          const MatchScratch::State& scratch);

}  // namespace eventbus::rules
