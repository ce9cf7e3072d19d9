#include "bus/schedule_lanes.h"

#include "bus/outbox_bound.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/dispatcher_world.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventbus {
namespace {

using eventbus::testing::run;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Scope kHome{"000000000000", "us-east-1"}, kOther{"111111111111", "us-east-1"};

class ScheduleLanesTest : public ::testing::Test {
 protected:
  static Target function(const std::string& name) {
    Target target;
    target.id = kScheduleTargetId;
    target.arn = "arn:aws:lambda:us-east-1:000000000000:function:" + name;
    return target;
  }
  // One delivery more; false: the storage did not take it.
  bool put(const std::string& name, const Scope& scope = kHome) {
    Commit commit;
    const std::vector<QueueId> used{lanes.prepare(scope, function(name), commit)};
    NewMessage message;
    message.queue = used.front();
    message.id = "id";
    message.body = "delivery";
    message.sent_at = message.visible_at = clock.now();
    commit.messages.push_back(std::move(message));
    const bool committed = run(storage.commit(std::move(commit))).has_value();
    lanes.settle(used, committed);
    return committed;
  }
  std::uint64_t waiting(QueueId lane) { return storage.queues().depth(lane).value().total(); }
  std::size_t stored() { return storage.catalog().list("schedule-lane/").size(); }

  testing::ManualClock clock{testing::test_epoch()};
  std::unique_ptr<Storage> memory = make_memory_storage(clock);
  testing::RefusingStorage storage{*memory};
  ScheduleLanes lanes{storage, clock};
};

TEST_F(ScheduleLanesTest, CommitsThatNeedTheSameNewLaneBothMakeIt) {
  Commit first, second;
  const std::vector<QueueId> used{lanes.prepare(kHome, function("f"), first)};
  EXPECT_EQ(lanes.prepare(kHome, function("f"), second), used.front());
  storage.refusing = true;
  EXPECT_FALSE(run(storage.commit(std::move(first))));
  lanes.settle(used, false);
  storage.refusing = false;
  NewMessage message;
  message.queue = used.front();
  message.id = "id";
  second.messages.push_back(message);
  ASSERT_TRUE(run(storage.commit(std::move(second)))) << "the lane does not hang on the commit that failed";
  lanes.settle(used, true);
  EXPECT_EQ(waiting(used.front()), 1u);
  EXPECT_EQ(stored(), 1u);
}

TEST_F(ScheduleLanesTest, ALaneWhoseCommitFailedStaysKnownForTheDiskMayHaveIt) {
  storage.refusing = true;
  ASSERT_FALSE(put("f"));
  EXPECT_THAT(lanes.lanes(), SizeIs(1)) << "what is found in it later is looked after";
  storage.refusing = false;
  clock.advance(ScheduleLanes::kKeptEmpty);
  ASSERT_TRUE(run(lanes.drop_idle()));
  EXPECT_THAT(lanes.lanes(), IsEmpty());
}

TEST_F(ScheduleLanesTest, ALaneIsNotDroppedUnderADeliveryThatIsOnItsWay) {
  ASSERT_TRUE(put("f"));
  const QueueId lane = lanes.lanes().front();
  ASSERT_TRUE(run(lanes.discard(lane)));
  clock.advance(ScheduleLanes::kKeptEmpty);
  Commit commit;
  const std::vector<QueueId> used{lanes.prepare(kHome, function("f"), commit)};
  clock.advance(ScheduleLanes::kKeptEmpty);
  ASSERT_TRUE(run(lanes.drop_idle()));
  EXPECT_TRUE(storage.queues().exists(lane));
  lanes.settle(used, true);
}

// Redrives come from other threads than housekeeping.
TEST_F(ScheduleLanesTest, ADeliveryThatComesWhileItsLaneIsBeingDroppedWaitsInAnother) {
  ASSERT_TRUE(put("f"));
  const QueueId lane = lanes.lanes().front();
  ASSERT_TRUE(run(lanes.discard(lane)));
  clock.advance(ScheduleLanes::kKeptEmpty);
  storage.before_commit = [&] { ASSERT_TRUE(put("f")); };
  ASSERT_TRUE(run(lanes.drop_idle()));
  EXPECT_FALSE(storage.queues().exists(lane));
  ASSERT_THAT(lanes.lanes(), SizeIs(1));
  EXPECT_EQ(waiting(lanes.lanes().front()), 1u);
  EXPECT_EQ(stored(), 1u);
}

TEST_F(ScheduleLanesTest, ALaneThatCouldNotBeDroppedIsGivenToNobodyAndDroppedLater) {
  ASSERT_TRUE(put("f"));
  const QueueId lane = lanes.lanes().front();
  ASSERT_TRUE(run(lanes.discard(lane)));
  clock.advance(ScheduleLanes::kKeptEmpty);
  storage.refusing = true;
  ASSERT_FALSE(run(lanes.drop_idle()));
  storage.refusing = false;
  ASSERT_TRUE(put("f"));
  EXPECT_EQ(waiting(lane), 0u);
  EXPECT_THAT(lanes.lanes(), SizeIs(2));
  ASSERT_TRUE(run(lanes.drop_idle()));
  EXPECT_FALSE(storage.queues().exists(lane));
  EXPECT_THAT(lanes.lanes(), SizeIs(1));
  ASSERT_TRUE(put("f"));
  EXPECT_THAT(lanes.lanes(), SizeIs(1)) << "the new one is known";
}

TEST_F(ScheduleLanesTest, WhatIsOnlyTriedOutLeavesNothing) {
  Commit commit;
  const std::vector<QueueId> used{lanes.prepare(kHome, function("f"), commit)};
  lanes.withdraw(used);
  EXPECT_THAT(lanes.lanes(), IsEmpty());
  ASSERT_TRUE(put("f"));
  Commit again;
  lanes.withdraw(std::vector<QueueId>{lanes.prepare(kHome, function("f"), again)});
  EXPECT_THAT(lanes.lanes(), SizeIs(1));
}

TEST_F(ScheduleLanesTest, WhatWaitsCanBeThrownAway) {
  ASSERT_TRUE(put("f") && put("f") && put("g"));
  const QueueId lane = lanes.lanes().front();
  EXPECT_EQ(run(lanes.discard(lane)).value(), 2u);
  EXPECT_EQ(waiting(lane), 0u);
  ASSERT_TRUE(put("f")) << "the lane is still there";
  EXPECT_EQ(run(lanes.discard(4711)).error().code, ErrorCode::kNotFound);
}

TEST_F(ScheduleLanesTest, AResetTakesLanesOfTheAccountWithWhatWaits) {
  ASSERT_TRUE(put("f") && put("g") && put("f", kOther));
  EXPECT_EQ(run(lanes.reset({kHome.account})).value(), 2u);
  ASSERT_THAT(lanes.lanes(), SizeIs(1));
  EXPECT_EQ(lanes.lane(lanes.lanes().front())->bus_scope, kOther);
  EXPECT_EQ(stored(), 1u);
  EXPECT_EQ(storage.queues().total_depth().total(), 1u);
  ASSERT_TRUE(put("f")) << "and it can begin again";
  EXPECT_THAT(lanes.lanes(), SizeIs(2));
  EXPECT_EQ(run(lanes.reset({})).value(), 2u);
  EXPECT_EQ(stored(), 0u);
}

TEST_F(ScheduleLanesTest, CountForTheBoundOfTheOutboxWithThoseOfRules) {
  Limits limits;
  limits.outbox_messages_max = 4;
  const auto full = [&] { return !check_outbox(storage.queues(), limits, 1, [&] { return lanes.lanes(); }); };
  ASSERT_TRUE(put("f") && put("f") && put("g"));
  EXPECT_FALSE(full());
  EXPECT_FALSE(check_outbox(storage.queues(), limits, 2, [&] { return lanes.lanes(); })) << "half of it is";
  ASSERT_TRUE(put("g"));
  EXPECT_TRUE(full());
  EXPECT_TRUE(check_outbox(storage.queues(), limits, 1, [] { return std::vector<QueueId>(); }))
      << "as much in queues of clients is nothing";
  limits.outbox_messages_max = 5;
  EXPECT_FALSE(full());
  limits.outbox_bytes_max = 1;
  EXPECT_TRUE(full());
}

}  // namespace
}  // namespace eventbus
