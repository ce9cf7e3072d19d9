#include "bus/log_limiter.h"

#include "tests/support/manual_clock.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);

TEST(LogLimiter, LetsOneLineOfAKindThroughInAWhileAndCountsTheRest) {
  const TimePoint start = testing::test_epoch();
  LogLimiter limiter(kMinute);
  EXPECT_EQ(limiter.admit("a", start), 0u);
  EXPECT_EQ(limiter.admit("a", start + Duration(1)), std::nullopt);
  EXPECT_EQ(limiter.admit("b", start + Duration(1)), 0u);
  EXPECT_EQ(limiter.admit("a", start + kMinute - Duration(1)), std::nullopt);
  EXPECT_EQ(limiter.admit("a", start + kMinute), 2u);
}

TEST(LogLimiter, IsNotSilentUntilTimesThatTheClockWasSetBackFrom) {
  const TimePoint start = testing::test_epoch();
  LogLimiter limiter(kMinute);
  EXPECT_EQ(limiter.admit("a", start), 0u);
  EXPECT_EQ(limiter.admit("a", start - std::chrono::hours(24)), 0u);
  EXPECT_EQ(limiter.admit("a", start - std::chrono::hours(24)), std::nullopt);
}

TEST(LogLimiter, RemembersABoundedNumberOfKinds) {
  const TimePoint start = testing::test_epoch();
  LogLimiter limiter(kMinute, 2);
  for (const char* kind : {"a", "b", "c"}) EXPECT_EQ(limiter.admit(kind, start), 0u);
  EXPECT_EQ(limiter.admit("a", start), 0u) << "forgotten with b";
  EXPECT_EQ(limiter.admit("c", start), std::nullopt);
}

}  // namespace
}  // namespace eventbus
