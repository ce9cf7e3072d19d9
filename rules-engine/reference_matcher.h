#pragma once

#include "base/result.h"
#include "rules-engine/event_pattern.h"

#include <string_view>

namespace eventbus::rules {

// Does the event match the pattern? Slow and obviously right: written straight from the semantics (README.md), sharing
// with the fast matcher only the parsed pattern and the meaning of single comparisons. The oracle of tests and fuzzing.
// kInvalid if the event is not one JSON object or is nested deeper than 1,000 levels. The event needs no padding.
Result<bool> reference_match(const EventPattern& pattern, std::string_view event);

}  // namespace eventbus::rules
