#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/gate.h"
#include "base/rng.h"
#include "tests/support/manual_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace eventbus {
namespace {

TEST(Clock, FormatsTimesAsAwsDoes) {
  const TimePoint when = testing::test_epoch();
  EXPECT_EQ(format_iso_seconds(when), "2026-01-02T03:04:05Z");
  EXPECT_EQ(format_iso_milliseconds(when), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(format_iso_milliseconds(TimePoint(Duration(-1))), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_iso_milliseconds(TimePoint(Duration(0))), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_iso_seconds(TimePoint(std::chrono::sys_days(std::chrono::year(987) / 12 / 31))),
            "0987-12-31T00:00:00Z");
  EXPECT_EQ(format_iso_seconds(TimePoint(std::chrono::sys_days(std::chrono::year(12345) / 10 / 9))),
            "12345-10-09T00:00:00Z");
}

asio::awaitable<void> sleep_then_record(testing::ManualClock& clock, Duration wait, std::vector<int>& order, int name) {
  co_await clock.sleep_until(clock.now() + wait);
  order.push_back(name);
}

TEST(ManualClock, WakesSleepersThatBecameDueAndNoOthers) {
  asio::io_context io;
  testing::ManualClock clock(testing::test_epoch());
  std::vector<int> order;
  asio::co_spawn(io, sleep_then_record(clock, Duration(20), order, 2), asio::detached);
  asio::co_spawn(io, sleep_then_record(clock, Duration(10), order, 1), asio::detached);
  io.poll();
  clock.advance(Duration(10));
  io.restart();
  io.poll();
  EXPECT_EQ(order, std::vector<int>{1});
  clock.advance(Duration(10));
  io.restart();
  io.poll();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(Rng, MakesVersionFourUuids) {
  SystemRng rng;
  const std::regex shape("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string id = rng.uuid();
    EXPECT_TRUE(std::regex_match(id, shape)) << id;
    EXPECT_TRUE(seen.insert(id).second) << id;
  }
  EXPECT_EQ(SeededRng(7).uuid(), SeededRng(7).uuid());
}

TEST(Digest, Base64RoundTripsAndRejectsWhatRfc4648Rejects) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("ab"), std::string("abc"), std::string("\0\xff", 2)}) {
    EXPECT_EQ(base64_decode(base64_encode(text)), text);
  }
  for (const char* bad : {"a", "ab=c", "a===", "YQ== ", "Y Q=", "====", "Y\nQ="})
    EXPECT_FALSE(base64_decode(bad)) << bad;
}

TEST(Digest, KnowsTheRfcVectors) {
  EXPECT_EQ(md5_hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Gate, RefusesOnceClosedAndCountsWhatIsInside) {
  Gate gate;
  Gate::Pass pass = gate.enter();
  ASSERT_TRUE(pass);
  gate.close();
  EXPECT_FALSE(gate.enter());
  EXPECT_FALSE(gate.idle());
  pass = Gate::Pass();
  EXPECT_TRUE(gate.idle());
}

asio::awaitable<void> add_slowly(AsyncMutex& mutex, int& shared, int& inside) {
  for (int i = 0; i < 500; ++i) {
    AsyncMutex::Guard guard = co_await mutex.lock();
    EXPECT_EQ(++inside, 1);
    const int before = shared;
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);  // others run while we hold it
    shared = before + 1;
    --inside;
  }
}

TEST(AsyncMutex, IsHeldAcrossSuspensionOnSeveralThreads) {
  AsyncMutex mutex;
  int shared = 0, inside = 0;
  asio::io_context first, second;
  for (asio::io_context* io : {&first, &second}) {
    for (int i = 0; i < 3; ++i) asio::co_spawn(*io, add_slowly(mutex, shared, inside), asio::detached);
  }
  auto first_work = asio::make_work_guard(first);
  auto second_work = asio::make_work_guard(second);
  std::thread one([&] { first.run(); });
  std::thread two([&] { second.run(); });
  asio::io_context waiting;
  AsyncMutex& all = mutex;
  while (true) {
    bool done = false;
    asio::co_spawn(
        waiting,
        [](AsyncMutex& lock, const int& value, bool& finished) -> asio::awaitable<void> {
          AsyncMutex::Guard guard = co_await lock.lock();
          finished = value == 3000;
        }(all, shared, done),
        asio::detached);
    while (waiting.run_one_for(std::chrono::milliseconds(50)) != 0) {
    }
    waiting.restart();
    if (done) break;
  }
  first_work.reset();
  second_work.reset();
  one.join();
  two.join();
  EXPECT_EQ(shared, 3000);
}

}  // namespace
}  // namespace eventbus
