#include "base/wall_clock_sleep.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace eventbus {
namespace {

using std::chrono::hours;

// Time passes by itself here, some milliseconds of it; the test sets the clock.
class AWallClock : public ::testing::Test {
 protected:
  TimePoint now() const { return SystemClock().now() + set_by_; }
  void sleep_for(Duration time) {
    asio::co_spawn(io_, sleep_by_wall_clock([this] { return now(); }, now() + time),
                   asio::bind_cancellation_slot(end_.slot(), [this](std::exception_ptr thrown) {
                     EXPECT_EQ(thrown, nullptr);
                     over_ = true;
                   }));
    io_.poll();
  }

  Duration set_by_{0};
  bool over_ = false;
  asio::cancellation_signal end_;
  asio::io_context io_{1};  // the last: sleepers end with it
};

TEST_F(AWallClock, WakesWhenTheTimeHasCome) {
  const TimePoint until = now() + Duration(20);
  sleep_for(Duration(20));
  EXPECT_FALSE(over_);
  io_.run();
  EXPECT_TRUE(over_);
  EXPECT_GE(now(), until);
}

// A sleeper that went by the clock alone would sleep for another hour.
TEST_F(AWallClock, SleepsNoLongerWhenItIsSetBack) {
  sleep_for(Duration(20));
  set_by_ = -hours(1);
  io_.run_for(std::chrono::seconds(10));
  EXPECT_TRUE(over_);
}

TEST_F(AWallClock, ATimeThatHasPassedIsNotWaitedFor) {
  sleep_for(-hours(1));
  EXPECT_TRUE(over_);
}

TEST_F(AWallClock, EndsWithoutThrowingWhenItIsCancelled) {
  sleep_for(hours(30));
  EXPECT_FALSE(over_);
  end_.emit(asio::cancellation_type::terminal);
  io_.poll();
  EXPECT_TRUE(over_);
}

}  // namespace
}  // namespace eventbus
