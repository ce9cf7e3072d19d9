#include "bus/message_moves.h"

#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <optional>

namespace eventbus {
namespace {

const Scope kHome{"000000000000", "us-east-1"};
constexpr const char* kDead = "arn:aws:sqs:us-east-1:000000000000:dead";

class MessageMovesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    create("dead", {});
    create("work",
           {{"RedrivePolicy", std::string(R"({"deadLetterTargetArn":")") + kDead + R"(","maxReceiveCount":1})"}});
  }
  void create(std::string name, QueueAttributeMap attributes) {
    ASSERT_TRUE(wait_for(queues.create({kHome, std::move(name), std::move(attributes), {}})));
  }
  template <typename T>
  static asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& result) {
    result.emplace(co_await std::move(work));
  }
  template <typename T>
  T wait_for(asio::awaitable<T> work) {
    std::optional<T> result;
    asio::co_spawn(io, keep(std::move(work), result), asio::detached);
    settle();
    return std::move(result).value();
  }
  void settle() {
    io.restart();
    while (io.poll() > 0) {
    }
  }

  testing::ManualClock clock{testing::test_epoch()};
  SeededRng rng{1};
  Limits limits;
  spdlog::logger log{"test"};
  asio::io_context io{1};
  std::shared_ptr<MemoryTable> table = std::make_shared<MemoryTable>();
  std::unique_ptr<Storage> storage = open_memory_storage(table, clock).value();
  QueueService queues{*storage, clock, limits, log};
  MessageMoves moves{
      queues, *storage, clock,
      rng,    log,      [this](asio::awaitable<void> task) { asio::co_spawn(io, std::move(task), asio::detached); }};
};

// The client was told that it failed; the disk has it all the same: it must not stand there as running for ever.
TEST_F(MessageMovesTest, RunsATaskWhoseStartFailedAndIsFoundOnTheDisk) {
  table->fail_writes(1, MemoryTable::WriteFault::kAmbiguous);
  EXPECT_FALSE(wait_for(moves.start(kHome, {kDead, std::nullopt, std::nullopt})));
  ASSERT_TRUE(wait_for(queues.tag(kHome, "work", {{"a", "b"}})));  // the storage recovers with the next commit
  const auto listed = moves.list(kDead, 1);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  clock.advance(Duration(1'000));
  settle();
  EXPECT_EQ(moves.list(kDead, 1)->front().task.status, MessageMoveTask::kCompleted);
}

TEST_F(MessageMovesTest, RunsNothingWhenAStartHasFailed) {
  table->fail_writes(1, MemoryTable::WriteFault::kRefused);
  EXPECT_FALSE(wait_for(moves.start(kHome, {kDead, std::nullopt, std::nullopt})));
  ASSERT_TRUE(wait_for(queues.tag(kHome, "work", {{"a", "b"}})));
  clock.advance(Duration(1'000));
  settle();
  EXPECT_TRUE(moves.list(kDead, 1)->empty());
}

}  // namespace
}  // namespace eventbus
