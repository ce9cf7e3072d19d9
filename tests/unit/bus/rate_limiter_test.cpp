#include "bus/rate_limiter.h"

#include "tests/support/manual_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <exception>
#include <optional>

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

// Two waits for the turns behind one that was used at the start, and what came of them.
class AWaitForATurn : public ::testing::Test {
 protected:
  AWaitForATurn() { (void)rates_.reserve("k", 2, kStart); }

  void wait(std::optional<TimePoint>& turn) {
    asio::co_spawn(io_, rates_.wait("k", 2, rates_.reserve("k", 2, kStart), clock_),
                   [&turn](std::exception_ptr, TimePoint had) { turn = had; });
    poll();
  }
  void advance(Duration by) {
    clock_.advance(by);
    poll();
  }
  void poll() {
    io_.restart();
    io_.poll();
  }

  eventbus::testing::ManualClock clock_{kStart};
  RateLimiter rates_;
  std::optional<TimePoint> first_, second_;
  asio::io_context io_{1};
};

TEST_F(AWaitForATurn, EndsWithTheTurnThatWasReserved) {
  wait(first_);
  wait(second_);
  advance(Duration(500));
  EXPECT_EQ(first_, kStart + Duration(500));
  EXPECT_EQ(second_, std::nullopt);
  advance(Duration(599));
  EXPECT_EQ(second_, kStart + Duration(1'000)) << "a little late";
}

TEST_F(AWaitForATurn, BringsNobodyTogetherWhenTheClockIsSetForward) {
  wait(first_);
  wait(second_);
  const TimePoint later = kStart + Duration(60'000);
  EXPECT_EQ(rates_.reserve("k", 2, later), later);
  advance(Duration(60'000));
  EXPECT_EQ(first_, std::nullopt);
  EXPECT_EQ(second_, std::nullopt);
  advance(Duration(500));
  EXPECT_NE(first_.has_value(), second_.has_value());
  advance(Duration(500));
  ASSERT_TRUE(first_ && second_);
  EXPECT_EQ(std::max(*first_, *second_), later + Duration(1'000));
}

TEST(RateLimiter, CallersOnSeveralThreadsMayDifferALittleAboutTheTime) {
  RateLimiter rates;
  (void)rates.reserve("k", 1, kStart);
  EXPECT_EQ(rates.reserve("k", 1, kStart - Duration(5)), kStart + Duration(1'000)) << "the rate is kept";
}

}  // namespace
}  // namespace eventbus
