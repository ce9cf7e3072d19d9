#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <optional>
#include <string_view>

namespace eventbus {

// What POST /_eventbus/clock asks for: daemon/clock_control.h.
struct ClockRequest {
  static constexpr Duration kPatienceByDefault{2'000}, kPatienceMax{60'000};
  static constexpr Duration kLimitByDefault{30'000}, kLimitMax{600'000};
  // Times that can be written with four digits of a year.
  static constexpr TimePoint kEarliest{};
  static constexpr TimePoint kLatest = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

  enum Kind { kFreeze, kRun, kSet, kAdvance };
  Kind kind = kFreeze;
  TimePoint time;  // of kSet
  Duration by{0};  // of kAdvance
  Duration patience = kPatienceByDefault, limit = kLimitByDefault;

  // kInvalid says what is wrong with the body.
  static Result<ClockRequest> parse(std::string_view body);
};

// "PT1H30M", "P2D", "P1W", "PT0.5S": a duration of ISO 8601, of whole numbers but for the seconds; years and months,
// which have no length, are none. nullopt for everything else.
std::optional<Duration> parse_iso_duration(std::string_view text);

}  // namespace eventbus
