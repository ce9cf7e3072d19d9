#include "bus/dead_letters.h"

#include "bus/delivery.h"
#include "bus/queue_message.h"
#include "bus/queue_service.h"
#include "bus/schedule_invocation.h"
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
  ScheduleCatalog schedules{{*storage, clock, rng, log}, ScheduleLimits()};
  ScheduleLanes schedule_lanes{*storage, clock};
  InvocationPlan invocations{{schedule_lanes, queues, [](const Arn&) { return false; }, clock, rng}};
  DeadLetters letters{{catalog, queues, *storage, clock, rng, &listener, &schedules, &invocations, &schedule_lanes}};
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

// ---- of schedules

class DeadLettersOfSchedules : public DeadLettersTest {
 protected:
  void SetUp() override {
    letters_queue = run(queues.create({kHome, "letters", {}, {}})).value();
    work_queue =
        run(queues.create({kHome, "work.fifo", {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}}, {}}))
            .value();
    ASSERT_TRUE(schedules.load());
  }
  static ScheduleKey key(const std::string& name) { return {{kHome, "default"}, name}; }
  void schedule(const std::string& name, Target target) {
    ScheduleSettings settings;
    settings.expression = "rate(1 hour)";
    settings.target = std::move(target);
    settings.target.id = kScheduleTargetId;
    settings.target.dead_letter = DeadLetterConfig{letters_queue->arn};
    ASSERT_TRUE(run(schedules.create(key(name), std::move(settings), "")));
  }
  static Target to(const std::string& arn) {
    Target target;
    target.arn = arn;
    return target;
  }
  void letter(const std::string& name, const std::string& target_arn, const std::string& input) {
    Delivery invocation;
    invocation.event_id = "00c0ffee00c0ffee";
    invocation.rule_arn = schedule_arn(key(name));
    invocation.target_arn = target_arn;
    invocation.accepted_at = clock.now();
    invocation.scheduled_at = testing::test_epoch() - std::chrono::hours(1);
    invocation.input = input;
    Commit commit;
    commit.messages.push_back(
        make_schedule_dead_letter(*letters_queue, invocation, {"NO_RESOURCE", "gone"}, clock.now(), rng, {}));
    ASSERT_TRUE(run(storage->commit(std::move(commit))));
  }
  DeadLetters::Settled redrive(bool dry_run = false) {
    auto settled = run(letters.redrive(letters_queue->id, {}, {}, dry_run));
    EXPECT_TRUE(settled);
    return settled ? *settled : DeadLetters::Settled{};
  }
  std::vector<LeasedMessage> waiting(QueueId queue) {
    return run(storage->queues().lease({queue, clock.now() + Duration(1), 10}))->messages;
  }
  QueuePtr work_queue;
};

TEST_F(DeadLettersOfSchedules, AreShownAsSuch) {
  letter("s", kFunction, "{}");
  for (const char* filter : {"s", "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s"}) {
    const auto listed = run(letters.list(letters_queue->id, {.rule = filter}, {}));
    ASSERT_EQ(listed->letters.size(), 1U);
    EXPECT_EQ(listed->letters[0].rule_arn, "");
    EXPECT_EQ(listed->letters[0].schedule_arn, "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s");
    EXPECT_EQ(listed->letters[0].error_code, "NO_RESOURCE");
  }
}

TEST_F(DeadLettersOfSchedules, GoBackIntoTheLaneOfTheirTarget) {
  schedule("s", to(kFunction));
  letter("s", kFunction, "{\"n\":1}");
  EXPECT_EQ(redrive(true).done, 1U);
  EXPECT_THAT(schedule_lanes.lanes(), IsEmpty()) << "a dry run";
  EXPECT_EQ(redrive().done, 1U);
  ASSERT_EQ(schedule_lanes.lanes().size(), 1U);
  const QueueId lane = schedule_lanes.lanes().front();
  EXPECT_THAT(listener.told, ElementsAre(lane));
  const auto messages = waiting(lane);
  ASSERT_EQ(messages.size(), 1U);
  const Delivery delivery = Delivery::decode(messages[0].body).value();
  EXPECT_EQ(delivery.input, "{\"n\":1}");
  EXPECT_EQ(delivery.event_id, "00c0ffee00c0ffee");
  EXPECT_EQ(delivery.rule_arn, schedule_arn(key("s")));
  EXPECT_EQ(delivery.accepted_at, clock.now()) << "age counts anew";
  EXPECT_EQ(delivery.scheduled_at,
            std::chrono::floor<std::chrono::seconds>(testing::test_epoch()) - std::chrono::hours(1));
  EXPECT_EQ(delivery.dead_letter_arn, letters_queue->arn);
  EXPECT_THAT(waiting(letters_queue->id), IsEmpty());
}

TEST_F(DeadLettersOfSchedules, GoBackToALocalQueueWithItsGroup) {
  Target target = to(work_queue->arn);
  target.sqs = SqsParameters{"$.group"};
  schedule("s", target);
  letter("s", work_queue->arn, "again");
  EXPECT_EQ(redrive().done, 1U);
  const auto messages = waiting(work_queue->id);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].body, "again");
  EXPECT_EQ(messages[0].group, "$.group");
}

TEST_F(DeadLettersOfSchedules, ForABusAreMadeAnEventAgain) {
  Target target = to("arn:aws:events:us-east-1:000000000000:event-bus/orders");
  target.parameters["EventBridgeParameters"] = {{"Source", "shop"}, {"DetailType", "Tick"}};
  schedule("s", target);
  letter("s", target.arn, "{\"n\":1}");
  EXPECT_EQ(redrive().done, 1U);
  const auto messages = waiting(schedule_lanes.lanes().at(0));
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_THAT(
      Delivery::decode(messages[0].body)->original_event(),
      ::testing::AllOf(::testing::HasSubstr("\"source\":\"shop\""), ::testing::HasSubstr("\"detail\":{\"n\":1}")));
}

TEST_F(DeadLettersOfSchedules, StayWhereTheScheduleOrItsTargetIsGone) {
  letter("gone", kFunction, "{}");
  schedule("s", to("arn:aws:lambda:us-east-1:000000000000:function:g"));
  letter("s", kFunction, "{}");
  const DeadLetters::Settled settled = redrive();
  EXPECT_EQ(settled.done, 0U);
  ASSERT_EQ(settled.failures.size(), 2U);
  EXPECT_EQ(settled.failures[0].reason, "schedule gone does not exist any more");
  EXPECT_EQ(settled.failures[1].reason, "schedule s has no target " + std::string(kFunction) + " any more");
  EXPECT_EQ(waiting(letters_queue->id).size(), 2U);
}

}  // namespace
}  // namespace eventbus
