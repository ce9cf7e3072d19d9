#include "bus/rate_limiter.h"

#include "tests/support/manual_clock.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

const TimePoint kStart = eventbus::testing::test_epoch();

TEST(RateLimiter, GivesTurnsAtEvenDistances) {
  RateLimiter rates;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rates.reserve("k", 2, kStart), kStart + i * Duration(500));
}

TEST(RateLimiter, KeepsARateWhoseDistanceIsNoWholeMillisecond) {
  RateLimiter rates;
  TimePoint last;
  for (int i = 0; i <= 3'000; ++i) last = rates.reserve("k", 300, kStart);
  EXPECT_EQ(last, kStart + Duration(10'000));
}

TEST(RateLimiter, SavesNothingUpWhileNobodyCalls) {
  RateLimiter rates;
  (void)rates.reserve("k", 1, kStart);
  const TimePoint later = kStart + Duration(60'000);
  EXPECT_EQ(rates.reserve("k", 1, later), later);
  EXPECT_EQ(rates.reserve("k", 1, later), later + Duration(1'000));
}

TEST(RateLimiter, ATurnGivenBackGoesToWhoeverComesNext) {
  RateLimiter rates;
  (void)rates.reserve("k", 1, kStart);
  const TimePoint turn = rates.reserve("k", 1, kStart);
  rates.give_back("k", 1, turn);
  EXPECT_EQ(rates.reserve("k", 1, kStart), turn);
}

TEST(RateLimiter, ATurnGivenBackBringsNobodyTooNearToWhoHasTheNext) {
  RateLimiter rates;
  const TimePoint first = rates.reserve("k", 3, kStart), second = rates.reserve("k", 3, kStart);
  rates.give_back("k", 3, first);
  EXPECT_GE(rates.reserve("k", 3, kStart), second + Duration(333));
}

TEST(RateLimiter, KeysAreIndependentAndForgottenWhenIdle) {
  RateLimiter rates;
  (void)rates.reserve("a", 1, kStart);
  EXPECT_EQ(rates.reserve("b", 1, kStart), kStart);
  EXPECT_EQ(rates.keys(), 2u);
  rates.forget_idle(kStart + Duration(999));
  EXPECT_EQ(rates.keys(), 2u);
  rates.forget_idle(kStart + Duration(1'000));
  EXPECT_EQ(rates.keys(), 0u);
}

TEST(RateLimiter, TurnsAreNoFurtherAwayWhenTheClockIsSetBack) {
  RateLimiter rates;
  for (int i = 0; i < 4; ++i) (void)rates.reserve("k", 1, kStart);
  const TimePoint back = kStart - std::chrono::minutes(30);
  EXPECT_EQ(rates.reserve("k", 1, back), back + Duration(4'000));
  EXPECT_EQ(rates.reserve("k", 1, back + Duration(100)), back + Duration(5'000));
}

TEST(RateLimiter, CallersOnSeveralThreadsMayDifferALittleAboutTheTime) {
  RateLimiter rates;
  (void)rates.reserve("k", 1, kStart);
  EXPECT_EQ(rates.reserve("k", 1, kStart - Duration(5)), kStart + Duration(1'000)) << "the rate is kept";
}

}  // namespace
}  // namespace eventbus
