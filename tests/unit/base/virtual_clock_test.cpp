#include "base/virtual_clock.h"

#include "tests/support/manual_clock.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace eventbus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;

class TimeThatIsMoved : public ::testing::Test {
 protected:
  void sleep(std::string name, TimePoint until) {
    asio::co_spawn(io_, note(std::move(name), until), asio::detached);
    io_.poll();
    io_.restart();
  }
  asio::awaitable<void> note(std::string name, TimePoint until) {
    co_await clock_.sleep_until(until);
    woken_.push_back(name + "@" + std::to_string((clock_.now() - start_).count() / 1000));
  }
  void advance(Duration by) {
    asio::co_spawn(io_, clock_.advance_to(clock_.now() + by, [] { return settle(); }),
                   [this](std::exception_ptr) { io_.stop(); });
    io_.run();
    io_.restart();
  }
  // One thread: when our turn comes again, everything that was ready has run. Long chains need more turns.
  static asio::awaitable<void> settle() {
    for (int turn = 0; turn < 10; ++turn) co_await asio::post(asio::use_awaitable);
  }

  testing::ManualClock system_{testing::test_epoch()};
  VirtualClock clock_{system_};
  const TimePoint start_ = testing::test_epoch();
  std::vector<std::string> woken_;
  asio::io_context io_{1};  // the last: sleepers end with it
};

TEST_F(TimeThatIsMoved, RunsBesideTheSystemsAtFirst) {
  EXPECT_EQ(clock_.now(), start_);
  system_.advance(seconds(5));
  EXPECT_EQ(clock_.now(), start_ + seconds(5));
  EXPECT_FALSE(clock_.state().frozen);
}

TEST_F(TimeThatIsMoved, StandsStillWhenFrozenAndGoesOnFromThere) {
  clock_.freeze();
  system_.advance(hours(1));
  EXPECT_EQ(clock_.now(), start_);
  clock_.run();
  EXPECT_EQ(clock_.now(), start_);
  system_.advance(seconds(1));
  EXPECT_EQ(clock_.now(), start_ + seconds(1));
}

TEST_F(TimeThatIsMoved, StopsAtEveryMomentSomebodySleepsFor) {
  clock_.freeze();
  sleep("later", start_ + hours(3));
  sleep("sooner", start_ + minutes(1));
  sleep("never", start_ + hours(30));
  advance(hours(24));
  EXPECT_THAT(woken_, ElementsAre("sooner@60", "later@10800"));
  EXPECT_EQ(clock_.now(), start_ + hours(24));
  EXPECT_EQ(clock_.state().next_wake, start_ + hours(30));
}

asio::awaitable<void> every_minute(VirtualClock& clock, std::vector<TimePoint>& ticks, int count) {
  for (int i = 0; i < count; ++i) {
    co_await clock.sleep_until(clock.now() + minutes(1));
    ticks.push_back(clock.now());
  }
}

TEST_F(TimeThatIsMoved, ALoopThatSleepsAnewIsMetAtEachOfItsMoments) {
  clock_.freeze();
  std::vector<TimePoint> ticks;
  ticks.reserve(1'440);
  asio::co_spawn(io_, every_minute(clock_, ticks, 1'440), asio::detached);
  io_.poll();
  io_.restart();
  advance(hours(24));
  ASSERT_EQ(ticks.size(), 1'440u);
  for (std::size_t i = 0; i < ticks.size(); ++i) ASSERT_EQ(ticks[i], start_ + minutes(i + 1));
}

// ---- lenient sleepers

asio::awaitable<void> about_every_minute(VirtualClock& clock, std::vector<TimePoint>& ticks) {
  for (;;) {
    const TimePoint next = clock.now() + minutes(1);
    co_await sleep_between(clock, next, next + hours(1));
    ticks.push_back(clock.now());
  }
}

TEST_F(TimeThatIsMoved, WhoIsLenientIsNotMetAtEachOfItsMoments) {
  clock_.freeze();
  std::vector<TimePoint> ticks;
  asio::co_spawn(io_, about_every_minute(clock_, ticks), asio::detached);
  sleep("later", start_ + minutes(90));
  sleep("at once", start_ + minutes(90) + seconds(1));
  advance(hours(2));
  EXPECT_THAT(ticks, ElementsAre(start_,                // what it knew when it went to sleep may be true no more
                                 start_ + minutes(61),  // at its latest
                                 start_ + minutes(90),  // where time stopped for somebody else
                                 start_ + hours(2)));   // at the end, where all that is due is done
  EXPECT_THAT(woken_, ElementsAre("later@5400", "at once@5401"));
  EXPECT_EQ(clock_.state().next_wake, start_ + hours(2) + minutes(1));
  EXPECT_EQ(clock_.state().stops, 4u);
}

TEST_F(TimeThatIsMoved, OnARunningClockItWakesAtItsMoment) {
  std::vector<TimePoint> ticks;
  asio::co_spawn(io_, about_every_minute(clock_, ticks), asio::detached);
  io_.poll();
  io_.restart();
  clock_.set(start_ + minutes(1));
  io_.run_for(std::chrono::milliseconds(20));
  EXPECT_THAT(ticks, ElementsAre(start_ + minutes(1)));
}

TEST_F(TimeThatIsMoved, AdvancingARunningClockLeavesItRunning) {
  sleep("a", start_ + minutes(10));
  advance(hours(1));
  EXPECT_THAT(woken_, ElementsAre("a@600"));
  system_.advance(seconds(7));
  EXPECT_EQ(clock_.now(), start_ + hours(1) + seconds(7));
}

TEST_F(TimeThatIsMoved, SettingItBackWakesNobodyAndLetsNobodySleepForLonger) {
  clock_.freeze();
  sleep("a", start_ + minutes(10));
  sleep("b", start_ + hours(2));
  clock_.set(start_ - hours(1));
  io_.poll();
  io_.restart();
  EXPECT_TRUE(woken_.empty());
  EXPECT_EQ(clock_.state().next_wake, start_ - minutes(50));
  advance(minutes(10));
  EXPECT_THAT(woken_, ElementsAre("a@-3000"));
  clock_.set(start_ + hours(1));
  io_.poll();
  EXPECT_THAT(woken_, ElementsAre("a@-3000", "b@3600"));
  EXPECT_EQ(clock_.state().sleepers, 0u);
}

TEST_F(TimeThatIsMoved, AMomentThatHasPassedChangesNothing) {
  clock_.freeze();
  advance(seconds(-5));
  EXPECT_EQ(clock_.now(), start_);
}

TEST_F(TimeThatIsMoved, ACancelledSleeperLeaves) {
  clock_.freeze();
  asio::cancellation_signal leave;
  bool ended = false;
  asio::co_spawn(io_, clock_.sleep_until(start_ + hours(1)),
                 asio::bind_cancellation_slot(leave.slot(), [&](std::exception_ptr) { ended = true; }));
  io_.poll();
  io_.restart();
  EXPECT_EQ(clock_.state().sleepers, 1u);
  leave.emit(asio::cancellation_type::terminal);
  io_.run();
  EXPECT_TRUE(ended);
  EXPECT_EQ(clock_.state().sleepers, 0u);
}

TEST_F(TimeThatIsMoved, StopsOnTheWayWhenToldTo) {
  clock_.freeze();
  sleep("first", start_ + minutes(1));
  sleep("second", start_ + minutes(2));
  asio::co_spawn(io_,
                 clock_.advance_to(
                     start_ + hours(1), [] { return settle(); }, [this] { return woken_.empty(); }),
                 [this](std::exception_ptr) { io_.stop(); });
  io_.run();
  io_.restart();
  EXPECT_THAT(woken_, ElementsAre("first@60"));
  EXPECT_EQ(clock_.now(), start_ + minutes(1));
  advance(hours(1));
  EXPECT_THAT(woken_, ElementsAre("first@60", "second@120"));
}

}  // namespace
}  // namespace eventbus
