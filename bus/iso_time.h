#pragma once

#include "base/clock.h"

#include <optional>
#include <string_view>

namespace eventbus {

// "2026-09-13T12:17:30Z", with or without a fraction (what is below a millisecond is cut off), in UTC or with an offset
// "+02:00": the times of envelopes. Years before 0 and after 9999 in as many digits as they have, as
// format_iso_seconds writes them. nullopt for everything else.
std::optional<TimePoint> parse_iso_time(std::string_view text);

}  // namespace eventbus
