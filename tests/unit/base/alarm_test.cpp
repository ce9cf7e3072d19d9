#include "base/alarm.h"

#include "base/virtual_clock.h"
#include "tests/support/manual_clock.h"
#include "tests/support/moved_loop.h"

#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest.h>

#include <optional>

namespace eventbus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class AnAlarm : public ::testing::Test {
 protected:
  AnAlarm() { clock_.freeze(); }

  void sleep_until(TimePoint when) {
    woken_at_ = std::nullopt;
    loop_.spawn(note(when), end_);
  }
  asio::awaitable<void> note(TimePoint when) {
    co_await alarm_.sleep_until(when);
    woken_at_ = clock_.now();
  }
  void poll() { loop_.poll(); }
  void advance(Duration by) { loop_.advance(by); }
  void ring() {
    alarm_.ring();
    poll();
  }

  testing::ManualClock system_{testing::test_epoch()};
  VirtualClock clock_{system_};
  const TimePoint start_ = testing::test_epoch();
  Alarm alarm_{clock_};
  std::optional<TimePoint> woken_at_;
  asio::cancellation_signal end_;
  testing::MovedLoop loop_{clock_};  // the last: sleepers end with it
};

TEST_F(AnAlarm, EndsAtItsTime) {
  sleep_until(start_ + hours(1));
  advance(minutes(59));
  EXPECT_EQ(woken_at_, std::nullopt);
  advance(minutes(2));
  EXPECT_EQ(woken_at_, start_ + hours(1));
}

TEST_F(AnAlarm, EndsWhenItRings) {
  sleep_until(start_ + hours(1));
  advance(minutes(10));
  ring();
  EXPECT_EQ(woken_at_, start_ + minutes(10));
}

TEST_F(AnAlarm, EndsAtOnceWhenItHasRungSinceTheLastSleepEnded) {
  ring();
  sleep_until(start_ + hours(1));
  EXPECT_EQ(woken_at_, start_);
  sleep_until(start_ + hours(1));
  EXPECT_EQ(woken_at_, std::nullopt) << "a ring counts once";
}

TEST_F(AnAlarm, EndsWithoutThrowingWhenItIsCancelled) {
  sleep_until(start_ + hours(1));
  loop_.cancel(end_);
  EXPECT_EQ(woken_at_, start_);
}

// A virtual clock that is set back makes nobody sleep for longer (base/virtual_clock.h): whoever wakes looks again.
TEST_F(AnAlarm, StillRingsAfterTheClockWasSetBack) {
  sleep_until(start_ + hours(1));
  clock_.set(start_ - hours(3));
  poll();
  EXPECT_EQ(woken_at_, std::nullopt);
  ring();
  EXPECT_EQ(woken_at_, start_ - hours(3));
  sleep_until(start_ - hours(2));
  advance(hours(1));
  EXPECT_EQ(woken_at_, start_ - hours(2));
}

TEST_F(AnAlarm, SleepsNoLongerThanItWouldHaveWhenTheClockIsSetBack) {
  sleep_until(start_ + hours(1));
  clock_.set(start_ - hours(3));
  advance(hours(1));
  EXPECT_EQ(woken_at_, start_ - hours(2));
}

TEST_F(AnAlarm, EndsWhenTheClockIsSetBeyondItsTime) {
  sleep_until(start_ + hours(1));
  clock_.set(start_ + hours(2));
  poll();
  EXPECT_EQ(woken_at_, start_ + hours(2));
}

}  // namespace
}  // namespace eventbus
