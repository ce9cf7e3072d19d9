#pragma once

#include "rules-engine/match_scratch.h"

#include <string_view>

namespace eventbus::rules {

// Reads an event once and leaves in `scratch` the values of the fields that some rule names, with their look-ups
// started. False if the event is not one JSON object or is nested deeper than 1,000 levels; then the scratch's content
// means nothing.
bool flatten(const CompiledRules& rules, std::string_view event, MatchScratch::State& scratch);

// The same for an event that is known to be a valid JSON object: parts that no rule names are passed over unchecked. On
// other input: false or some result, never harm.
bool flatten_valid(const CompiledRules& rules, std::string_view event, MatchScratch::State& scratch);

}  // namespace eventbus::rules
