#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "bus/bus_records.h"
#include "bus/delivery_target.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eventbus {

// How attempts at a target are spaced and when they end; one for the daemon.
//
// AWS publishes no curve (behaviour §14). Ours is exponential with full jitter: the wait before retry n is drawn evenly
// from [0, min(delay_max, delay_base · 2^(n-1))], so that what failed together does not come back together. The mean
// wait is half the cap: 16 minutes make the 185 retries of AWS's default last its 24 hours (185 · 8 min = 24.7 h);
// with 10 minutes they would be used up after 15.
struct RetrySettings {
  Duration delay_base{1'000};
  Duration delay_max{960'000};
  // Of targets without a RetryPolicy. AWS: 185 and 24 h.
  std::size_t retries = 185;
  Duration event_age{86'400'000};
};

// The bounds of one target: its RetryPolicy where it says something, else the settings.
struct RetryBounds {
  std::uint32_t retries_max = 0;  // attempts after the first. AWS: 0 = one attempt
  Duration age_max{0};            // counted from acceptance (behaviour §14)
};
RetryBounds retry_bounds(const Target& target, const RetrySettings& settings);

// AWS's names: EXHAUSTED_RETRY_CONDITION of the dead letter (behaviour §15).
inline constexpr std::string_view kExhaustedAttempts = "MaximumRetryAttempts";
inline constexpr std::string_view kExhaustedAge = "MaximumEventAgeInSeconds";

struct RetryDecision {
  enum Kind { kRetry, kDeadLetter };
  Kind kind = kRetry;
  TimePoint at;                    // of kRetry: no attempt sooner
  std::string_view exhausted;      // of kDeadLetter: the condition; empty = it was no matter of retries
  std::uint32_t retries_made = 0;  // of kDeadLetter: RETRY_ATTEMPTS
};

// What one attempt is told.
struct AttemptFacts {
  std::uint32_t number = 1;  // of the attempt that has just ended, 1 for the first
  TimePoint age_from;        // when the age began
  TimePoint now;
};

// What follows from a failed attempt: pure but for the jitter. A permanent failure, or a negative Retry-After, is a
// dead letter at once, without a condition (behaviour §13, §15). A next attempt that would come after the event's age
// is none: the dead letter is written now.
RetryDecision decide_retry(const AttemptFacts& facts, const AttemptOutcome& outcome, const RetryBounds& bounds,
                           const RetrySettings& settings, Rng& rng);

// Before an attempt: has the event become too old while it waited? Waiting is no attempt (rates, a slow target, a
// daemon that was down), but it ages.
bool is_too_old(TimePoint age_from, TimePoint now, const RetryBounds& bounds);

}  // namespace eventbus
