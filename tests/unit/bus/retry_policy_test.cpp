#include "bus/retry_policy.h"

#include "tests/support/manual_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace eventbus {
namespace {

using eventbus::testing::test_epoch;

constexpr Duration kHour{3'600'000};

class Retries : public ::testing::Test {
 protected:
  RetryDecision decide(std::uint32_t number, const AttemptOutcome& outcome, Duration age = Duration(0)) {
    return decide_retry({number, test_epoch(), test_epoch() + age}, outcome, bounds, settings, rng);
  }
  // The next attempt of an event that failed `number` times and is `age` old.
  Duration wait(std::uint32_t number, const AttemptOutcome& outcome, Duration age = Duration(0)) {
    const RetryDecision decision = decide(number, outcome, age);
    EXPECT_EQ(decision.kind, RetryDecision::kRetry);
    return decision.at - (test_epoch() + age);
  }

  SeededRng rng{7};
  RetrySettings settings;
  RetryBounds bounds = retry_bounds(Target(), settings);
  AttemptOutcome unavailable = AttemptOutcome::retry("ERROR_FROM_TARGET", "503");
};

// What became of one event whose target never answers, in virtual time.
struct Schedule {
  std::vector<Duration> attempts;  // ages at which there was one
  RetryDecision end;
};

Schedule whole_schedule(const RetryBounds& bounds, const RetrySettings& settings, std::uint64_t seed) {
  SeededRng rng(seed);
  Schedule schedule;
  TimePoint now = test_epoch();
  const AttemptOutcome failure = AttemptOutcome::retry("TIMEOUT", "no answer");
  for (std::uint32_t number = 1;; ++number) {
    schedule.attempts.push_back(now - test_epoch());
    schedule.end = decide_retry({number, test_epoch(), now}, failure, bounds, settings, rng);
    if (schedule.end.kind == RetryDecision::kDeadLetter) return schedule;
    now = schedule.end.at;
  }
}

TEST_F(Retries, AreFullyJitteredBelowADoublingCeiling) {
  for (std::uint32_t number = 1; number <= 12; ++number) {
    const Duration ceiling = std::min(Duration(1'000) * (1 << (number - 1)), settings.delay_max);
    Duration least = ceiling, most{0};
    for (int i = 0; i < 2'000; ++i) {
      const Duration wait_now = wait(number, unavailable);
      least = std::min(least, wait_now);
      most = std::max(most, wait_now);
    }
    EXPECT_LE(most, ceiling) << number;
    EXPECT_GT(most, ceiling * 99 / 100) << number;  // the whole width is used,
    EXPECT_LT(least, ceiling / 100) << number;      // down to nothing
  }
}

TEST_F(Retries, NeverWaitLongerThanTheCapHoweverManyWereMade) {
  bounds.retries_max = 1'000'000;
  for (const std::uint32_t number : {11u, 64u, 185u, 999'999u})
    EXPECT_LE(wait(number, unavailable), settings.delay_max);
}

TEST_F(Retries, OfTheDefaultPolicyFillADay) {
  int used_up_attempts = 0, used_up_age = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Schedule schedule = whole_schedule(bounds, settings, seed);
    EXPECT_TRUE(std::ranges::is_sorted(schedule.attempts));
    EXPECT_LE(schedule.attempts.back(), 24 * kHour);
    EXPECT_LE(schedule.attempts.size(), 186u);  // the first and 185 retries
    EXPECT_EQ(schedule.end.retries_made, schedule.attempts.size() - 1);
    EXPECT_GT(schedule.attempts.back(), 19 * kHour) << "seed " << seed;
    EXPECT_GT(schedule.attempts.size(), 150u) << "seed " << seed;
    if (schedule.end.exhausted == kExhaustedAttempts) {
      ++used_up_attempts;
      EXPECT_EQ(schedule.attempts.size(), 186u);
    } else {
      ++used_up_age;
      EXPECT_EQ(schedule.end.exhausted, kExhaustedAge);
    }
  }
  // Both bounds are about equally near, as AWS's own numbers have it.
  EXPECT_GT(used_up_attempts, 40);
  EXPECT_GT(used_up_age, 40);
}

TEST_F(Retries, BeginWithinSeconds) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Schedule schedule = whole_schedule(bounds, settings, seed);
    EXPECT_LE(schedule.attempts[1], Duration(1'000));
    EXPECT_LE(schedule.attempts[4], Duration(15'000));
  }
}

TEST_F(Retries, OfAShortAgeEndWithIt) {
  bounds.age_max = Duration(60'000);
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Schedule schedule = whole_schedule(bounds, settings, seed);
    EXPECT_LE(schedule.attempts.back(), Duration(60'000));
    EXPECT_EQ(schedule.end.exhausted, kExhaustedAge);
  }
}

TEST_F(Retries, ZeroOfThemMeanOneAttempt) {
  bounds.retries_max = 0;
  const RetryDecision decision = decide(1, unavailable);
  EXPECT_EQ(decision.kind, RetryDecision::kDeadLetter);
  EXPECT_EQ(decision.exhausted, "MaximumRetryAttempts");
  EXPECT_EQ(decision.retries_made, 0u);
}

TEST_F(Retries, AreCountedWithoutTheFirstAttempt) {
  bounds.retries_max = 3;
  EXPECT_EQ(decide(3, unavailable).kind, RetryDecision::kRetry);
  const RetryDecision decision = decide(4, unavailable);
  EXPECT_EQ(decision.kind, RetryDecision::kDeadLetter);
  EXPECT_EQ(decision.retries_made, 3u);
}

TEST_F(Retries, ComeNoSoonerThanRetryAfter) {
  unavailable.retry_after = Duration(30'000);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(wait(1, unavailable), Duration(30'000));  // its own wait is at most 1 s
}

TEST_F(Retries, KeepTheirOwnWaitWhenItIsLongerThanRetryAfter) {
  unavailable.retry_after = Duration(1'000);
  Duration most{0};
  for (int i = 0; i < 100; ++i) most = std::max(most, wait(11, unavailable));
  EXPECT_GT(most, Duration(60'000));
}

TEST_F(Retries, StopAtANegativeRetryAfterWithoutACondition) {
  unavailable.retry_after = Duration(-1);
  const RetryDecision decision = decide(1, unavailable);
  EXPECT_EQ(decision.kind, RetryDecision::kDeadLetter);
  EXPECT_EQ(decision.exhausted, "");
}

TEST_F(Retries, StopAtAPermanentFailureWithoutACondition) {
  const RetryDecision decision = decide(5, AttemptOutcome::failed("NO_RESOURCE", "gone"));
  EXPECT_EQ(decision.kind, RetryDecision::kDeadLetter);
  EXPECT_EQ(decision.exhausted, "");
}

TEST_F(Retries, ARetryAfterBeyondTheAgeEndsThem) {
  bounds.age_max = Duration(60'000);
  unavailable.retry_after = Duration(61'000);
  EXPECT_EQ(decide(1, unavailable).exhausted, kExhaustedAge);
  unavailable.retry_after = Duration(60'000);
  EXPECT_EQ(decide(1, unavailable).kind, RetryDecision::kRetry);
}

TEST_F(Retries, TakeBoundsFromTheTargetWhereItHasSome) {
  Target target;
  target.retry = RetryPolicy{.attempts_max = 2, .event_age_seconds_max = std::nullopt};
  EXPECT_EQ(retry_bounds(target, settings).retries_max, 2u);
  EXPECT_EQ(retry_bounds(target, settings).age_max, 24 * kHour);
  target.retry = RetryPolicy{.attempts_max = std::nullopt, .event_age_seconds_max = 60};
  EXPECT_EQ(retry_bounds(target, settings).retries_max, 185u);
  EXPECT_EQ(retry_bounds(target, settings).age_max, Duration(60'000));
}

TEST_F(Retries, WaitingAges) {
  bounds.age_max = Duration(60'000);
  EXPECT_FALSE(is_too_old(test_epoch(), test_epoch() + Duration(60'000), bounds));
  EXPECT_TRUE(is_too_old(test_epoch(), test_epoch() + Duration(60'001), bounds));
}

}  // namespace
}  // namespace eventbus
