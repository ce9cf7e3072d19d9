#include "bus/dispatcher.h"

#include "bus/target_attempt.h"
#include "storage/queue_browser.h"
#include "tests/support/dispatcher_world.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventbus {
namespace {

using eventbus::testing::DispatcherWorld;
using eventbus::testing::FakeTarget;
using eventbus::testing::run;
using eventbus::testing::test_epoch;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Duration kSecond{1'000}, kMinute{60'000}, kHour{3'600'000};
constexpr const char* kHook = "https://example.com/hook";
constexpr const char* kOther = "https://example.com/other";

AttemptOutcome unavailable_503(const DeliveryAttempt&) { return AttemptOutcome::retry("ERROR_FROM_TARGET", "503"); }
AttemptOutcome gone(const DeliveryAttempt&) { return AttemptOutcome::failed("NO_RESOURCE", "there is no such thing"); }

using Attributes = std::map<std::string, std::string>;
Attributes attributes_of(const LeasedMessage& message) {
  Attributes texts;
  for (const auto& [name, value] : MessageAttributes::decode(message.attributes).user) texts[name] = value.value;
  return texts;
}

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherWorld world;
  FakeTarget& hook = world.target(kHook);
};

// ---- delivering

TEST_F(DispatcherTest, DeliversWhatArrives) {
  const QueueId lane = world.add_lane(kHook);
  world.put(lane, 3);
  ASSERT_EQ(hook.attempts.size(), 3u);
  EXPECT_EQ(hook.attempts[0].event_id, "e1");
  EXPECT_EQ(hook.attempts[0].input, "{\"n\":1}");
  EXPECT_EQ(hook.attempts[0].number, 1u);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_EQ(world.counted(RuleMetrics::kInvocations), 3u);
  EXPECT_EQ(world.counted(RuleMetrics::kInvocationAttempts), 3u);
  EXPECT_EQ(world.counted(RuleMetrics::kSuccessfulInvocationAttempts), 3u);
}

TEST_F(DispatcherTest, AnEmptyLaneLeavesNothingBehind) {
  for (int i = 0; i < 1'000; ++i) world.put(world.add_lane("https://example.com/" + std::to_string(i)));
  EXPECT_EQ(world.dispatcher->metrics().active_lanes, 0);
  EXPECT_TRUE(world.dispatcher->idle());
}

TEST_F(DispatcherTest, FindsAtStartWhatEarlierLivesLeft) {
  const QueueId lane = world.add_lane(kHook);
  world.stop();
  world.put(lane, 2);
  EXPECT_TRUE(hook.attempts.empty());
  world.restart();
  EXPECT_EQ(hook.attempts.size(), 2u);
  EXPECT_EQ(world.waiting(lane), 0u);
}

TEST_F(DispatcherTest, SendsABacklogInBatches) {
  const QueueId lane = world.add_lane(kHook);
  hook.batch = 10;
  hook.concurrency = 1;
  world.put(lane, 25);
  EXPECT_THAT(hook.call_sizes, ElementsAre(10, 10, 5));
}

TEST_F(DispatcherTest, SettlesEachEventOfABatchByItsOwnOutcome) {
  const QueueId lane = world.add_lane(kHook);
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.batch = 10;
  hook.concurrency = 1;
  hook.answer = [](const DeliveryAttempt& attempt) {
    if (attempt.delivery.event_id == "e1") return AttemptOutcome::delivered();
    if (attempt.delivery.event_id == "e2") return AttemptOutcome::failed("NO_RESOURCE", "gone");
    return attempt.number == 1 ? AttemptOutcome::retry("THROTTLING", "later") : AttemptOutcome::delivered();
  };
  world.put(lane, 3, "dead");
  EXPECT_EQ(world.waiting(lane), 1u);
  EXPECT_EQ(world.waiting(dead), 1u);
  world.pass(2 * kSecond);
  EXPECT_EQ(world.waiting(lane), 0u);
  ASSERT_EQ(hook.attempts.size(), 4u);
  EXPECT_EQ(hook.attempts[3].event_id, "e3");
  EXPECT_EQ(hook.attempts[3].number, 2u);
}

TEST_F(DispatcherTest, NeverMoreCallsOfALaneThanItsTargetTakes) {
  const QueueId lane = world.add_lane(kHook);
  hook.concurrency = 3;
  hook.takes = kSecond;
  world.put(lane, 10);
  EXPECT_EQ(hook.attempts.size(), 3u);
  world.pass(4 * kSecond);
  EXPECT_EQ(hook.attempts.size(), 10u);
  EXPECT_EQ(hook.most_under_way, 3u);
  EXPECT_EQ(world.waiting(lane), 0u);
}

TEST_F(DispatcherTest, ASlowTargetHoldsUpNobodyElse) {
  const QueueId slow = world.add_lane(kHook), fast = world.add_lane(kOther);
  hook.takes = 4 * kSecond;
  world.put(slow, 100);
  world.put(fast, 100);
  EXPECT_EQ(world.target(kOther).attempts.size(), 100u);
  EXPECT_EQ(hook.attempts.size(), 8u);
}

TEST_F(DispatcherTest, AnArrivalDuringASlowCallIsDeliveredAtOnce) {
  const QueueId lane = world.add_lane(kHook);
  hook.takes = 4 * kSecond;
  world.put(lane);
  world.pass(kSecond);
  world.put(lane);
  EXPECT_EQ(hook.attempts.size(), 2u);
}

// An arrival leaves it to the calls under way when they are as many as the lane may have; the last of them must not
// take the lane for empty because it was so a moment before.
TEST_F(DispatcherTest, AnArrivalBetweenALookAtAFullLaneAndItsEndIsDelivered) {
  const QueueId lane = world.add_lane(kHook);
  hook.batch = 256;
  hook.takes = kSecond;
  world.put(lane, 256);
  ASSERT_EQ(hook.attempts.size(), 256u);
  bool arrived = false;
  world.storage.watched_queues().after_depth = [&](QueueId, const QueueDepth& depth) {
    if (depth.total() > 0 || std::exchange(arrived, true)) return;
    world.arrive(lane);
  };
  world.pass(3 * kSecond);
  EXPECT_TRUE(arrived);
  EXPECT_EQ(hook.attempts.size(), 257u);
  EXPECT_EQ(world.waiting(lane), 0u);
}

// ---- retries

TEST_F(DispatcherTest, TriesAgainUntilItWorks) {
  const QueueId lane = world.add_lane(kHook);
  hook.answer = [](const DeliveryAttempt& attempt) {
    return attempt.number < 4 ? unavailable_503(attempt) : AttemptOutcome::delivered();
  };
  world.put(lane);
  world.pass(kMinute);
  ASSERT_EQ(hook.attempts.size(), 4u);
  EXPECT_EQ(hook.attempts[3].number, 4u);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_EQ(world.counted(RuleMetrics::kInvocations), 1u);
  EXPECT_EQ(world.counted(RuleMetrics::kInvocationAttempts), 4u);
  EXPECT_EQ(world.counted(RuleMetrics::kRetryInvocationAttempts), 3u);
  EXPECT_EQ(world.counted(RuleMetrics::kFailedInvocations), 0u);
}

TEST_F(DispatcherTest, TriesForADayAndThenWritesADeadLetterWithAllSixAttributes) {
  const QueueId lane = world.add_lane(kHook);
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.answer = unavailable_503;
  world.put(lane, 1, "dead");
  world.pass(18 * kHour, 10 * kSecond);
  EXPECT_EQ(world.waiting(dead), 0u);
  world.pass(7 * kHour, 10 * kSecond);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_GT(hook.attempts.size(), 150u);
  EXPECT_LE(hook.attempts.size(), 186u);
  EXPECT_LE(hook.attempts.back().at - test_epoch(), 24 * kHour);

  const std::vector<LeasedMessage> letters = world.messages(dead);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].body, "{\"n\":1}");
  const Attributes attributes = attributes_of(letters[0]);
  const bool by_count = hook.attempts.size() == 186;
  EXPECT_EQ(attributes,
            (Attributes{{"RULE_ARN", "arn:aws:events:us-east-1:000000000000:rule/r"},
                        {"TARGET_ARN", kHook},
                        {"ERROR_CODE", "ERROR_FROM_TARGET"},
                        {"ERROR_MESSAGE", "503"},
                        {"EXHAUSTED_RETRY_CONDITION", by_count ? "MaximumRetryAttempts" : "MaximumEventAgeInSeconds"},
                        {"RETRY_ATTEMPTS", std::to_string(hook.attempts.size() - 1)}}));
  EXPECT_EQ(MessageAttributes::decode(letters[0].attributes).trace_header, "Root=1-5759e988-bd862e3fe1be46a994272793");
  EXPECT_EQ(world.counted(RuleMetrics::kInvocations), 1u);
  EXPECT_EQ(world.counted(RuleMetrics::kFailedInvocations), 1u);
  EXPECT_EQ(world.counted(RuleMetrics::kInvocationsSentToDlq), 1u);
}

TEST_F(DispatcherTest, TakesTheBoundsOfTheTarget) {
  const QueueId lane = world.add_lane(kHook, RetryPolicy{.attempts_max = 2, .event_age_seconds_max = std::nullopt});
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.answer = unavailable_503;
  world.put(lane, 1, "dead");
  world.pass(kMinute);
  EXPECT_EQ(hook.attempts.size(), 3u);
  const Attributes attributes = attributes_of(world.messages(dead).at(0));
  EXPECT_EQ(attributes.at("EXHAUSTED_RETRY_CONDITION"), "MaximumRetryAttempts");
  EXPECT_EQ(attributes.at("RETRY_ATTEMPTS"), "2");
}

TEST_F(DispatcherTest, ComesNoSoonerThanTheTargetAsks) {
  const QueueId lane = world.add_lane(kHook);
  hook.answer = [](const DeliveryAttempt& attempt) {
    AttemptOutcome outcome = unavailable_503(attempt);
    outcome.retry_after = 30 * kSecond;
    return attempt.number == 1 ? outcome : AttemptOutcome::delivered();
  };
  world.put(lane);
  world.pass(kMinute);
  ASSERT_EQ(hook.attempts.size(), 2u);
  EXPECT_GE(hook.attempts[1].at - hook.attempts[0].at, 30 * kSecond);
  EXPECT_LE(hook.attempts[1].at - hook.attempts[0].at, 31 * kSecond);
}

TEST_F(DispatcherTest, CountsAttemptsOnThroughARestart) {
  const QueueId lane = world.add_lane(kHook, RetryPolicy{.attempts_max = 5, .event_age_seconds_max = std::nullopt});
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.answer = unavailable_503;
  world.put(lane, 1, "dead");
  world.pass(5 * kSecond);
  const std::size_t before = hook.attempts.size();
  ASSERT_GT(before, 1u);
  world.restart();
  EXPECT_EQ(hook.attempts.size(), before);  // its time has not come
  world.pass(2 * kMinute);
  EXPECT_EQ(hook.attempts.size(), 6u);
  EXPECT_EQ(attributes_of(world.messages(dead).at(0)).at("RETRY_ATTEMPTS"), "5");
}

TEST_F(DispatcherTest, ACallThatDoesNotEndIsATimeout) {
  const QueueId lane = world.add_lane(kHook, RetryPolicy{.attempts_max = 0, .event_age_seconds_max = std::nullopt});
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.takes = kHour;
  world.put(lane, 1, "dead");
  world.pass(6 * kSecond);
  EXPECT_EQ(hook.cancelled, 1u);
  EXPECT_EQ(attributes_of(world.messages(dead).at(0)).at("ERROR_CODE"), "TIMEOUT");
}

TEST_F(DispatcherTest, ATargetThatThrowsIsTriedAgain) {
  const QueueId lane = world.add_lane(kHook);
  hook.throws = true;
  world.put(lane);
  hook.throws = false;
  world.pass(5 * kSecond);
  EXPECT_EQ(hook.attempts.size(), 2u);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_THAT(world.log_text.str(), HasSubstr("a bug in the target"));
}

// ---- dead letters

TEST_F(DispatcherTest, APermanentFailureIsADeadLetterAtOnceWithFourAttributes) {
  const QueueId lane = world.add_lane(kHook);
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.answer = gone;
  world.put(lane, 1, "dead");
  EXPECT_EQ(hook.attempts.size(), 1u);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_EQ(attributes_of(world.messages(dead).at(0)),
            (Attributes{{"RULE_ARN", "arn:aws:events:us-east-1:000000000000:rule/r"},
                        {"TARGET_ARN", kHook},
                        {"ERROR_CODE", "NO_RESOURCE"},
                        {"ERROR_MESSAGE", "there is no such thing"}}));
}

// Whoever reads the dead letter reads JSON: what is no text there would make it unreadable for ever.
TEST_F(DispatcherTest, WhatAHostileTargetSaysIsTextInTheDeadLetter) {
  const QueueId lane = world.add_lane(kHook);
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.answer = [](const DeliveryAttempt&) {
    return AttemptOutcome::failed("NO_RESOURCE", "caf\xE9 \x01" + std::string(1'000'000, 'x'));
  };
  world.put(lane, 1, "dead");
  const std::vector<LeasedMessage> letters = world.messages(dead);
  ASSERT_EQ(letters.size(), 1u);
  const std::string message = attributes_of(letters[0]).at("ERROR_MESSAGE");
  EXPECT_TRUE(message.starts_with("caf\xEF\xBF\xBD \xEF\xBF\xBDxxx")) << message.substr(0, 40);
  EXPECT_EQ(message.size(), kFailureTextMax);
}

TEST_F(DispatcherTest, WithoutADeadLetterQueueAFailedEventIsDroppedAndCounted) {
  const QueueId lane = world.add_lane(kHook);
  hook.answer = gone;
  world.put(lane);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_EQ(world.counted(RuleMetrics::kFailedInvocations), 1u);
  EXPECT_EQ(world.counted(RuleMetrics::kInvocationsFailedToBeSentToDlq), 0u);
  EXPECT_EQ(world.dispatcher->metrics().dropped, 1u);
}

TEST_F(DispatcherTest, ADeadLetterQueueThatDoesNotExistLosesTheEventAndSaysSo) {
  const QueueId lane = world.add_lane(kHook);
  hook.answer = gone;
  world.put(lane, 1, "missing");
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_EQ(world.counted(RuleMetrics::kInvocationsFailedToBeSentToDlq), 1u);
  EXPECT_EQ(world.dispatcher->metrics().dead_letters_lost, 1u);
  EXPECT_THAT(world.log_text.str(), HasSubstr("lost: the dead-letter queue did not take it"));
}

TEST_F(DispatcherTest, ADeadLetterQueueThatVanishesBeforeTheCommitLosesOnlyTheLetter) {
  const QueueId lane = world.add_lane(kHook);
  world.queues.add("half-deleted");  // the directory still has it, the store does not
  hook.answer = gone;
  world.put(lane, 1, "half-deleted");
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_EQ(world.counted(RuleMetrics::kInvocationsFailedToBeSentToDlq), 1u);
}

TEST_F(DispatcherTest, ADeadLetterWhoseCommitFailedAndHadHappenedIsThereOnce) {
  const QueueId lane = world.add_lane(kHook);
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.answer = gone;
  world.storage.answers_to_lose = 1;
  world.put(lane, 1, "dead");
  world.pass(kMinute, kSecond);
  EXPECT_EQ(hook.attempts.size(), 1u);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_EQ(world.waiting(dead), 1u);
  EXPECT_EQ(world.dispatcher->metrics().settle_failures, 1u);
  EXPECT_EQ(world.dispatcher->metrics().dead_letters, 1u) << "it is told once";
}

TEST_F(DispatcherTest, ADeliveryThatSomebodyElseSettledMeanwhileHasOneDeadLetter) {
  const QueueId lane = world.add_lane(kHook);
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.answer = gone;
  world.storage.refusing = true;
  world.put(lane, 1, "dead");
  // Whoever leased it when the clock jumped.
  Commit other;
  other.acks.push_back(run(QueueBrowser::of(world.memory->queues())->browse(lane, 0, 1)).value().at(0).key);
  ASSERT_TRUE(run(world.memory->commit(std::move(other))).has_value());
  world.storage.refusing = false;
  world.pass(kMinute, kSecond);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_EQ(world.waiting(dead), 0u);
}

TEST_F(DispatcherTest, NothingIsLostOrRepeatedWhileTheStorageTakesNothing) {
  const QueueId lane = world.add_lane(kHook);
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.answer = [](const DeliveryAttempt& attempt) {
    return attempt.delivery.event_id == "e1" ? AttemptOutcome::delivered() : gone(attempt);
  };
  world.storage.refusing = true;
  world.put(lane, 2, "dead");
  world.pass(10 * kMinute, kSecond);
  EXPECT_EQ(hook.attempts.size(), 2u);
  EXPECT_EQ(world.waiting(lane), 2u);
  EXPECT_GT(world.dispatcher->metrics().settle_failures, 10u);
  world.storage.refusing = false;
  world.pass(kMinute, kSecond);
  EXPECT_EQ(hook.attempts.size(), 2u);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_EQ(world.waiting(dead), 1u);
}

// ---- rates

TEST_F(DispatcherTest, SpacesCallsEvenlyToTheRateOfTheTarget) {
  const QueueId lane = world.add_lane(kHook);
  hook.rate = 2;
  world.put(lane, 20);
  world.pass(20 * kSecond, Duration(50));
  ASSERT_EQ(hook.attempts.size(), 20u);
  for (std::size_t i = 1; i < 20; ++i)
    EXPECT_NEAR(static_cast<double>((hook.attempts[i].at - hook.attempts[i - 1].at).count()), 500, 50);
  for (const FakeTarget::Attempt& attempt : hook.attempts) EXPECT_EQ(attempt.number, 1u);  // waiting is no attempt
}

TEST_F(DispatcherTest, LanesWithOneRateKeyShareTheRate) {
  const QueueId first = world.add_lane(kHook), second = world.add_lane(kOther);
  for (const char* arn : {kHook, kOther}) {
    world.target(arn).rate = 10;
    world.target(arn).key = "shared";
  }
  world.put(first, 50);
  world.put(second, 50);
  world.pass(5 * kSecond, Duration(10));
  EXPECT_NEAR(static_cast<double>(hook.attempts.size() + world.target(kOther).attempts.size()), 50, 2);
  EXPECT_NEAR(static_cast<double>(hook.attempts.size()), 25, 2);
}

TEST_F(DispatcherTest, WaitingForTheRateAges) {
  const QueueId lane = world.add_lane(kHook, RetryPolicy{.attempts_max = std::nullopt, .event_age_seconds_max = 60});
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.rate = 1;
  world.put(lane, 100, "dead");
  world.pass(2 * kMinute);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_NEAR(static_cast<double>(hook.attempts.size()), 61, 1);
  EXPECT_EQ(world.waiting(dead), 100 - hook.attempts.size());
  const Attributes attributes = attributes_of(world.messages(dead).at(0));
  EXPECT_EQ(attributes.at("ERROR_CODE"), "THROTTLING");
  EXPECT_EQ(attributes.at("EXHAUSTED_RETRY_CONDITION"), "MaximumEventAgeInSeconds");
  EXPECT_EQ(attributes.at("RETRY_ATTEMPTS"), "0");
}

// ---- lanes without a delivery

TEST_F(DispatcherTest, WithoutADeliveryEventsWaitWithoutAttempts) {
  const QueueId lane = world.add_lane(kHook);
  world.without_delivery.insert(kHook);
  world.put(lane, 3);
  world.pass(48 * kHour, kMinute);
  EXPECT_EQ(world.waiting(lane), 3u);
  EXPECT_TRUE(hook.attempts.empty());
  EXPECT_EQ(world.dispatcher->metrics().standby_lanes, 1);
}

TEST_F(DispatcherTest, ADeliveryThatComesToExistFindsThemAndTheirAgeBeginsThen) {
  const QueueId lane = world.add_lane(kHook);
  world.without_delivery.insert(kHook);
  world.put(lane, 2);
  world.pass(48 * kHour, kMinute);
  world.without_delivery.clear();
  hook.answer = unavailable_503;
  world.pass(2 * kSecond);
  EXPECT_GE(hook.attempts.size(), 2u);
  world.pass(12 * kHour, kMinute);
  EXPECT_EQ(world.waiting(lane), 2u);  // and it is retried for its whole age
  hook.answer = [](const DeliveryAttempt&) { return AttemptOutcome::delivered(); };
  world.pass(kHour, kMinute);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_EQ(world.dispatcher->metrics().standby_lanes, 0);
  EXPECT_TRUE(world.memory->catalog().list("standby/").empty());
}

TEST_F(DispatcherTest, ThatAgeBeginsWithTheDeliveryIsRememberedThroughRestarts) {
  const QueueId lane = world.add_lane(kHook);
  world.without_delivery.insert(kHook);
  world.put(lane);
  world.pass(48 * kHour, kMinute);
  world.stop();
  world.without_delivery.clear();
  hook.answer = unavailable_503;
  world.restart();  // with the other configuration
  EXPECT_EQ(hook.attempts.size(), 1u);
  world.restart();
  world.pass(12 * kHour, kMinute);
  EXPECT_EQ(world.waiting(lane), 1u);
  world.pass(14 * kHour, kMinute);
  EXPECT_EQ(world.waiting(lane), 0u);
  EXPECT_GT(hook.attempts.back().at - test_epoch(), 64 * kHour);
}

// ---- ends

TEST_F(DispatcherTest, StoppingLetsCallsEndAndBeginsNone) {
  const QueueId lane = world.add_lane(kHook);
  hook.concurrency = 1;
  hook.takes = 2 * kSecond;
  world.put(lane, 2);
  world.dispatcher->stop();
  world.settle();
  EXPECT_FALSE(world.dispatcher->idle());
  world.pass(3 * kSecond);
  EXPECT_TRUE(world.dispatcher->idle());
  EXPECT_EQ(hook.attempts.size(), 1u);
  EXPECT_EQ(world.waiting(lane), 1u);
}

TEST_F(DispatcherTest, WhatIsBrokenOffIsDeliveredAtOnceInTheNextLife) {
  const QueueId lane = world.add_lane(kHook);
  hook.takes = kHour;
  world.put(lane);
  world.stop();
  EXPECT_EQ(hook.cancelled, 1u);
  hook.takes = Duration(0);
  world.restart();
  EXPECT_EQ(hook.attempts.size(), 2u);
  EXPECT_EQ(world.waiting(lane), 0u);
}

TEST_F(DispatcherTest, ADroppedLaneIsForgotten) {
  const QueueId lane = world.add_lane(kHook);
  hook.answer = unavailable_503;
  world.put(lane);
  EXPECT_EQ(world.dispatcher->metrics().active_lanes, 1);
  Commit drop;
  drop.queues.push_back({QueueChange::kDrop, lane, QueueTraits{}});
  ASSERT_TRUE(run(world.memory->commit(std::move(drop))));
  world.forget_lane(lane);
  world.pass(kSecond);
  EXPECT_EQ(world.dispatcher->metrics().active_lanes, 0);
  EXPECT_TRUE(world.dispatcher->idle());
}

TEST_F(DispatcherTest, WhatIsUnderWayWhenItsLaneIsDroppedHasNoConsequence) {
  const QueueId lane = world.add_lane(kHook);
  const QueueId dead = world.add_dead_letter_queue("dead");
  hook.takes = kSecond;
  hook.answer = [](const DeliveryAttempt&) { return AttemptOutcome::failed("NO_RESOURCE", "gone"); };
  world.put(lane, 1, "dead");
  Commit drop;
  drop.queues.push_back({QueueChange::kDrop, lane, QueueTraits{}});
  ASSERT_TRUE(run(world.memory->commit(std::move(drop))));
  world.forget_lane(lane);
  world.pass(2 * kSecond);
  EXPECT_EQ(hook.attempts.size(), 1u);
  EXPECT_EQ(world.waiting(dead), 0u);
  EXPECT_EQ(world.dispatcher->metrics().active_lanes, 0);
  EXPECT_TRUE(world.dispatcher->idle());
}

TEST_F(DispatcherTest, NothingIsRememberedOfADroppedLaneThatStoodBy) {
  const QueueId lane = world.add_lane(kHook);
  world.without_delivery.insert(kHook);
  world.put(lane);
  EXPECT_FALSE(world.memory->catalog().list("standby/").empty());
  Commit drop;
  drop.queues.push_back({QueueChange::kDrop, lane, QueueTraits{}});
  ASSERT_TRUE(run(world.memory->commit(std::move(drop))));
  world.forget_lane(lane);
  world.pass(2 * kSecond);
  EXPECT_TRUE(world.memory->catalog().list("standby/").empty());
  EXPECT_EQ(world.dispatcher->metrics().standby_lanes, 0);
  EXPECT_EQ(world.dispatcher->metrics().active_lanes, 0);
}

TEST_F(DispatcherTest, AnUnreadableDeliveryIsKept) {
  const QueueId lane = world.add_lane(kHook);
  NewMessage damaged;
  damaged.queue = lane;
  damaged.id = "x";
  damaged.body = "\x7Fnot a delivery";
  damaged.sent_at = damaged.visible_at = world.clock.now();
  Commit commit;
  commit.messages.push_back(std::move(damaged));
  ASSERT_TRUE(run(world.memory->commit(std::move(commit))));
  world.put(lane);
  EXPECT_EQ(hook.attempts.size(), 1u);
  EXPECT_EQ(world.waiting(lane), 1u);
  EXPECT_EQ(world.dispatcher->metrics().unreadable, 1u);
}

TEST_F(DispatcherTest, TheMetricsOfLanesThatAreGoneGoThoughNobodyCollects) {
  const QueueId lane = world.add_lane(kHook), kept = world.add_lane(kOther);
  world.put(lane);
  world.put(kept);
  ASSERT_EQ(world.dispatcher->metrics().lanes(), 2u);
  world.forget_lane(lane);
  asio::cancellation_signal end;
  asio::co_spawn(world.io, world.dispatcher->run_housekeeping(),
                 asio::bind_cancellation_slot(end.slot(), [](const std::exception_ptr&) {}));
  world.pass(kMinute + kSecond);
  EXPECT_EQ(world.dispatcher->metrics().lanes(), 1u);
  asio::post(world.io, [&] { end.emit(asio::cancellation_type::terminal); });
  world.pass(2 * kSecond);
}

TEST_F(DispatcherTest, FanOutToHundredsOfLanesIsDelivered) {
  std::vector<QueueId> lanes;
  for (int i = 0; i < 500; ++i) lanes.push_back(world.add_lane("https://example.com/" + std::to_string(i)));
  for (const QueueId lane : lanes) world.put(lane);
  for (const QueueId lane : lanes) EXPECT_EQ(world.waiting(lane), 0u);
}

// A commit that failed, because its sync did, and that was found on the disk after all: nobody has heard of it.
TEST_F(DispatcherTest, FindsWithinAMinuteWhatNobodyToldItOf) {
  const QueueId lane = world.add_lane(kHook);
  Delivery delivery;
  delivery.event_id = "e";
  delivery.target_arn = kHook;
  delivery.accepted_at = world.clock.now();
  delivery.input = "{}";
  Commit commit;
  NewMessage message;
  message.queue = lane;
  message.id = "m";
  message.body = delivery.encode();
  message.sent_at = message.visible_at = world.clock.now();
  commit.messages.push_back(std::move(message));
  ASSERT_TRUE(run(world.memory->commit(std::move(commit))));
  asio::cancellation_signal end;
  asio::co_spawn(world.io, world.dispatcher->run_housekeeping(),
                 asio::bind_cancellation_slot(end.slot(), [](const std::exception_ptr&) {}));
  world.settle();
  EXPECT_TRUE(hook.attempts.empty());
  world.pass(kMinute + kSecond);
  EXPECT_EQ(hook.attempts.size(), 1U);
  asio::post(world.io, [&] { end.emit(asio::cancellation_type::terminal); });
  world.pass(2 * kSecond);
}

}  // namespace
}  // namespace eventbus
