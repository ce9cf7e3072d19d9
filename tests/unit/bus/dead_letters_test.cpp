#include "bus/dead_letters.h"

#include "bus/delivery.h"
#include "bus/queue_message.h"
#include "bus/queue_service.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

namespace eventbus {
namespace {

using eventbus::testing::run;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Scope kHome{"000000000000", "us-east-1"};
constexpr const char* kFunction = "arn:aws:lambda:us-east-1:000000000000:function:f";

class Listener final : public LaneListener {
 public:
  void arrived(std::span<const QueueId> lanes) override { told.assign(lanes.begin(), lanes.end()); }
  std::vector<QueueId> told;
};

class DeadLettersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const RuleKey rule{{kHome, "default"}, "r"};
    RuleSettings settings;
    settings.event_pattern = R"({"source":["a"]})";
    ASSERT_TRUE(run(catalog.put_rule(rule, settings, {}, {kHome.account, ""})));
    Target target;
    target.id = "t";
    target.arn = kFunction;
    ASSERT_TRUE(run(catalog.put_targets(rule, {target}, {kHome.account, ""})));
    letters_queue = run(queues.create({kHome, "letters", {}, {}})).value();
    Commit commit;
    commit.messages.push_back(make_dead_letter(*letters_queue, "arn:aws:events:us-east-1:000000000000:rule/r",
                                               kFunction, {"NO_RESOURCE", "gone"}, "{\"n\":1}", "", clock.now(), rng));
    ASSERT_TRUE(run(storage->commit(std::move(commit))));
  }

  testing::ManualClock clock{testing::test_epoch()};
  SeededRng rng{1};
  Limits limits;
  spdlog::logger log{"test"};
  std::unique_ptr<Storage> storage = make_memory_storage(clock);
  QueueService queues{*storage, clock, limits, log};
  BusCatalog catalog{*storage, clock, limits, nullptr, log};
  Listener listener;
  DeadLetters letters{{catalog, queues, *storage, clock, rng, &listener}};
  QueuePtr letters_queue;
};

TEST_F(DeadLettersTest, SaysThatALetterSentBackWaitsInItsLane) {
  const auto settled = run(letters.redrive(letters_queue->id, {}, {}, false));
  ASSERT_TRUE(settled);
  EXPECT_EQ(settled->done, 1U);
  const std::vector<QueueId> lanes = catalog.lanes();
  ASSERT_EQ(lanes.size(), 1U);
  EXPECT_THAT(listener.told, ElementsAre(lanes.front()));
  EXPECT_EQ(storage->queues().depth(lanes.front())->total(), 1U);
}

TEST_F(DeadLettersTest, SaysNothingOfADryRun) {
  ASSERT_TRUE(run(letters.redrive(letters_queue->id, {}, {}, true)));
  EXPECT_THAT(listener.told, IsEmpty());
}

}  // namespace
}  // namespace eventbus
