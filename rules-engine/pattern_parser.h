#pragma once

#include "base/result.h"
#include "rules-engine/event_pattern.h"

#include <memory>
#include <string_view>

namespace eventbus::rules {

// JSON text → pattern. On failure kInvalid with AWS's reason, as it stands behind "Event pattern is not valid. Reason:
// ", the location line included where AWS gives one: "Empty arrays are not allowed\n at [Source: (String)\"…\"; line:
// 1, column: 8]".
// Refused without a location, as by AWS: more than 1,000 combinations of `$or`, and wildcards that are too complex
// (wildcard_complexity.h); also more than 256 fields in one combination.
Result<std::shared_ptr<const EventPattern>> parse_event_pattern(std::string_view text);

// Does the pattern use a wildcard anywhere? AWS limits the number of such rules of a bus.
bool uses_wildcard(const EventPattern& pattern);

}  // namespace eventbus::rules
