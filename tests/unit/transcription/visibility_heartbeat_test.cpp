#include "workers/transcription/visibility_heartbeat.h"

#include "tests/support/manual_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include <deque>
#include <vector>

namespace eventbus::transcription {
namespace {

using eventbus::testing::ManualClock;
using eventbus::testing::test_epoch;
using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A queue that answers extensions as it is told to; without a word it grants them.
class ScriptedQueue final : public JobQueue {
 public:
  struct Call {
    std::string handle;
    Duration visibility;
    friend bool operator==(const Call&, const Call&) = default;
  };
  std::vector<Call> calls;
  std::deque<Result<void>> answers;

  asio::awaitable<Result<void>> change_visibility(std::string handle, Duration visibility) override {
    calls.push_back({std::move(handle), visibility});
    Result<void> answer;
    if (!answers.empty()) {
      answer = std::move(answers.front());
      answers.pop_front();
    }
    co_return answer;
  }
  asio::awaitable<Result<std::optional<QueueMessage>>> receive(Duration, Duration) override { co_return invalid(""); }
  asio::awaitable<Result<void>> remove(std::string) override { co_return invalid(""); }
  asio::awaitable<Result<QueueFacts>> facts() override { co_return invalid(""); }
};

class Heartbeat : public ::testing::Test {
 protected:
  static constexpr Duration kVisibility = seconds(120);

  void start() {
    heartbeat.start(io.get_executor());
    settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  void advance(Duration by) {
    clock.advance(by);
    settle();
  }
  void stop() {
    asio::co_spawn(io, heartbeat.stop(), [this](const std::exception_ptr&) { stopped = true; });
    settle();
  }

  asio::io_context io{1};
  ManualClock clock{test_epoch()};
  ScriptedQueue queue;
  std::shared_ptr<Lease> lease = std::make_shared<Lease>(Lease{"handle-1", false});
  int losses = 0;
  bool stopped = false;
  VisibilityHeartbeat heartbeat{queue, clock, lease, kVisibility, [this] { ++losses; }};
};

TEST_F(Heartbeat, ExtendsEachThirdOfTheVisibility) {
  start();
  advance(seconds(39));
  EXPECT_THAT(queue.calls, IsEmpty());
  advance(seconds(1));
  advance(seconds(40));
  EXPECT_THAT(queue.calls,
              ElementsAre(ScriptedQueue::Call{"handle-1", kVisibility}, ScriptedQueue::Call{"handle-1", kVisibility}));
  EXPECT_EQ(losses, 0);
  stop();
  EXPECT_TRUE(stopped);
}

TEST_F(Heartbeat, IsSilentOnceItIsStopped) {
  start();
  stop();
  ASSERT_TRUE(stopped);
  advance(hours(1));
  EXPECT_THAT(queue.calls, IsEmpty());
  EXPECT_EQ(losses, 0);
}

TEST_F(Heartbeat, TriesAgainSoonAfterAFailure) {
  queue.answers.push_back(unavailable("down"));
  start();
  advance(seconds(40));
  ASSERT_EQ(queue.calls.size(), 1u);
  advance(seconds(10));
  EXPECT_EQ(queue.calls.size(), 2u);
  EXPECT_FALSE(lease->lost);
  stop();
}

TEST_F(Heartbeat, LosesTheMessageWhenTheQueueSaysSo) {
  queue.answers.push_back(not_found("ReceiptHandleIsInvalid"));
  start();
  advance(seconds(40));
  EXPECT_TRUE(lease->lost);
  EXPECT_EQ(losses, 1);
  advance(hours(1));
  EXPECT_EQ(queue.calls.size(), 1u);
}

TEST_F(Heartbeat, LosesTheMessageWhenNoExtensionCameThroughForAWholeVisibility) {
  for (int number = 0; number < 100; ++number) queue.answers.push_back(unavailable("down"));
  start();
  for (int second = 0; second < 119; ++second) advance(seconds(1));
  EXPECT_FALSE(lease->lost);
  EXPECT_EQ(queue.calls.size(), 8u);  // at 40, 50, … 110 s
  advance(seconds(1));
  EXPECT_TRUE(lease->lost);
  EXPECT_EQ(losses, 1);
}

TEST_F(Heartbeat, UsesTheNewerHandleOfAMessageThatCameAgain) {
  start();
  lease->receipt_handle = "handle-2";
  advance(seconds(40));
  ASSERT_EQ(queue.calls.size(), 1u);
  EXPECT_EQ(queue.calls[0].handle, "handle-2");
  stop();
}

TEST_F(Heartbeat, AsksForNoMoreThanTwelveHoursInAll) {
  start();
  for (Duration passed(0); passed < hours(12); passed += seconds(40)) advance(seconds(40));
  ASSERT_GE(queue.calls.size(), 2u);
  EXPECT_EQ(queue.calls.back().visibility, seconds(40));
  EXPECT_EQ(queue.calls[queue.calls.size() - 2].visibility, seconds(80));
  EXPECT_TRUE(lease->lost);
  EXPECT_EQ(losses, 1);
}

}  // namespace
}  // namespace eventbus::transcription
