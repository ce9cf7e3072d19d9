#include "bus/retry_policy.h"

#include <algorithm>

namespace eventbus {

namespace {

// Doubling ends where the cap is reached: no overflow for any number of attempts.
Duration ceiling_of(std::uint32_t retry, const RetrySettings& settings) {
  Duration ceiling = settings.delay_base;
  for (std::uint32_t i = 1; i < retry && ceiling < settings.delay_max; ++i) ceiling *= 2;
  return std::min(ceiling, settings.delay_max);
}

Duration jittered(Duration ceiling, Rng& rng) {
  const auto steps = static_cast<std::uint64_t>(ceiling.count()) + 1;
  return Duration(static_cast<std::int64_t>(rng.next_u64() % steps));
}

}  // namespace

RetryBounds retry_bounds(const Target& target, const RetrySettings& settings) {
  RetryBounds bounds{static_cast<std::uint32_t>(settings.retries), settings.event_age};
  if (!target.retry) return bounds;
  if (target.retry->attempts_max) bounds.retries_max = static_cast<std::uint32_t>(*target.retry->attempts_max);
  if (target.retry->event_age_seconds_max) bounds.age_max = std::chrono::seconds(*target.retry->event_age_seconds_max);
  return bounds;
}

RetryDecision decide_retry(const AttemptFacts& facts, const AttemptOutcome& outcome, const RetryBounds& bounds,
                           const RetrySettings& settings, Rng& rng) {
  const std::uint32_t retries_made = facts.number - 1;
  const auto dead = [&](std::string_view exhausted) {
    return RetryDecision{RetryDecision::kDeadLetter, {}, exhausted, retries_made};
  };
  if (outcome.kind == AttemptOutcome::kFailed) return dead({});
  if (outcome.retry_after && *outcome.retry_after < Duration(0)) return dead({});
  if (retries_made >= bounds.retries_max) return dead(kExhaustedAttempts);

  const Duration wait =
      std::max(jittered(ceiling_of(facts.number, settings), rng), outcome.retry_after.value_or(Duration(0)));
  const Duration left = facts.age_from + bounds.age_max - facts.now;
  if (wait > left) return dead(kExhaustedAge);
  return RetryDecision{RetryDecision::kRetry, facts.now + wait, {}, retries_made};
}

bool is_too_old(TimePoint age_from, TimePoint now, const RetryBounds& bounds) {
  return now - age_from > bounds.age_max;
}

}  // namespace eventbus
