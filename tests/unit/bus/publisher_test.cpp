#include "bus/publisher.h"

#include "base/digest.h"
#include "bus/delivery.h"
#include "bus/message_attributes.h"
#include "tests/support/publisher_world.h"
#include "tests/support/run_coroutine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventbus {
namespace {

using eventbus::testing::kHome;
using eventbus::testing::PublisherWorld;
using eventbus::testing::run;
using eventbus::testing::to_lane;
using eventbus::testing::to_queue;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kEverything = R"({"source":[{"prefix":""}]})";

class PublisherTest : public ::testing::Test {
 protected:
  Publisher::Addressed event(std::string detail, std::string source = "shop", std::string bus = "default") {
    Publisher::Addressed addressed;
    addressed.scope = kHome;
    addressed.bus = std::move(bus);
    Event& made = addressed.event;
    made.id = world_.rng.uuid();
    made.source = std::move(source);
    made.detail_type = "Order";
    made.origin = kHome;
    made.time = made.accepted_at = world_.clock.now();
    made.json = *make_envelope(made, {}, detail);
    return addressed;
  }

  Result<void> publish(Publisher::Addressed addressed) {
    std::vector<Publisher::Addressed> events;
    addressed.event.json.reserve(addressed.event.json.size() + 64);  // a copy may have lost them
    events.push_back(std::move(addressed));
    return run(world_.publisher.publish(std::move(events)));
  }

  // The one message committed so far; what it stands for is checked piece by piece.
  NewMessage only_message() {
    const std::vector<NewMessage> all = world_.storage.messages();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? NewMessage() : all.front();
  }

  std::uint64_t counted(RuleMetrics::Counter counter, const std::string& rule = "r") {
    return world_.metrics_of(rule)->value(counter);
  }

  // The dead letter's four attributes, checked to be exactly these.
  void expect_dead_letter(const NewMessage& message, const std::string& target, const std::string& code,
                          const std::string& text) {
    EXPECT_EQ(message.queue, world_.queues.id_of("dlq"));
    const MessageAttributes attributes = MessageAttributes::decode(message.attributes);
    ASSERT_EQ(attributes.user.size(), 4u) << "an immediate failure carries exactly four (behaviour §15)";
    for (const auto& [name, value] : attributes.user) EXPECT_EQ(value.type, "String") << name;
    EXPECT_EQ(attributes.user.at("RULE_ARN").value, "arn:aws:events:us-east-1:000000000000:rule/r");
    EXPECT_EQ(attributes.user.at("TARGET_ARN").value, target);
    EXPECT_EQ(attributes.user.at("ERROR_CODE").value, code);
    EXPECT_THAT(attributes.user.at("ERROR_MESSAGE").value, HasSubstr(text));
  }

  PublisherWorld world_;
};

TEST_F(PublisherTest, AMatchedEventBecomesAMessageOfItsQueue) {
  world_.queues.add("jobs");
  world_.add_rule("r", R"({"source":["shop"]})", {to_queue("jobs")});
  Publisher::Addressed put = event(R"({"n":1})");
  put.event.trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
  const std::string json = put.event.json;
  ASSERT_TRUE(publish(std::move(put)));
  ASSERT_EQ(world_.storage.commits.size(), 1u);
  const NewMessage message = only_message();
  EXPECT_EQ(message.queue, world_.queues.id_of("jobs"));
  EXPECT_EQ(message.body, json);
  EXPECT_EQ(message.id.size(), 36u);
  EXPECT_EQ(message.sent_at, world_.clock.now());
  EXPECT_EQ(message.visible_at, world_.clock.now());
  EXPECT_EQ(message.group, "");
  EXPECT_EQ(message.deduplication_id, "");
  const MessageAttributes attributes = MessageAttributes::decode(message.attributes);
  EXPECT_EQ(attributes.trace_header, "Root=1-5759e988-bd862e3fe1be46a994272793");
  EXPECT_TRUE(attributes.user.empty());
}

TEST_F(PublisherTest, AllEventsOfARequestShareOneCommit) {
  world_.queues.add("a");
  world_.queues.add("b");
  world_.add_bus("orders");
  world_.add_rule("r", kEverything, {to_queue("a"), to_queue("b")});
  world_.add_rule("s", kEverything, {to_queue("a")}, "orders");
  std::vector<Publisher::Addressed> events;
  events.push_back(event("{}"));
  events.push_back(event("{}", "shop", "orders"));
  events.push_back(event("{}"));
  ASSERT_TRUE(run(world_.publisher.publish(std::move(events))));
  ASSERT_EQ(world_.storage.commits.size(), 1u);
  EXPECT_EQ(world_.storage.messages().size(), 5u);
  EXPECT_EQ(counted(RuleMetrics::kTriggeredRules), 2u);
  EXPECT_EQ(counted(RuleMetrics::kInvocations), 4u);
  EXPECT_EQ(counted(RuleMetrics::kSuccessfulInvocationAttempts), 4u);
  EXPECT_EQ(counted(RuleMetrics::kFailedInvocations), 0u);
}

TEST_F(PublisherTest, AnEventThatNobodyWantsCostsNoCommit) {
  world_.add_rule("r", R"({"source":["other"]})", {to_queue("jobs")});
  ASSERT_TRUE(publish(event("{}")));
  EXPECT_TRUE(world_.storage.commits.empty());
  EXPECT_EQ(counted(RuleMetrics::kTriggeredRules), 0u);
}

TEST_F(PublisherTest, TheQueuesDelayHoldsTheMessageBack) {
  world_.queues.add("jobs").delay = Duration(7'000);
  world_.add_rule("r", kEverything, {to_queue("jobs")});
  ASSERT_TRUE(publish(event("{}")));
  EXPECT_EQ(only_message().visible_at, world_.clock.now() + Duration(7'000));
  EXPECT_EQ(only_message().sent_at, world_.clock.now());
}

TEST_F(PublisherTest, ATransformedInputIsWhatTheQueueGets) {
  world_.queues.add("jobs");
  world_.add_rule(
      "r", kEverything,
      {to_queue("jobs").with_input_template(R"({"rule":<aws.events.rule-name>,"n":<n>})", {{"n", "$.detail.n"}})});
  ASSERT_TRUE(publish(event(R"({"n":1.50})")));
  EXPECT_EQ(only_message().body, R"({"rule":"r","n":1.50})");
}

// --- FIFO queues

TEST_F(PublisherTest, AFifoQueueGetsGroupAndContentDigest) {
  world_.queues.add("jobs.fifo").content_based_deduplication = true;
  world_.add_rule("r", kEverything, {to_queue("jobs.fifo", "g1")});
  ASSERT_TRUE(publish(event("{}")));
  EXPECT_EQ(only_message().group, "g1");
  EXPECT_EQ(only_message().deduplication_id, sha256_hex(only_message().body));
}

TEST_F(PublisherTest, TheGroupMayBeAPathIntoTheOriginalEvent) {
  world_.queues.add("jobs.fifo").content_based_deduplication = true;
  world_.add_rule("r", kEverything, {to_queue("jobs.fifo", "$.detail.user").with_input_template("\"constant\"")});
  ASSERT_TRUE(publish(event(R"({"user":"u-\u0031"})")));
  EXPECT_EQ(only_message().group, "u-1");
  EXPECT_EQ(only_message().body, "\"constant\"");
  ASSERT_TRUE(publish(event(R"({"user":17})")));
  EXPECT_EQ(world_.storage.messages().back().group, "17");
}

TEST_F(PublisherTest, AFairQueueShowsTheGroupWithoutOrdering) {
  world_.queues.add("jobs");
  world_.add_rule("r", kEverything, {to_queue("jobs", "tenant")});
  ASSERT_TRUE(publish(event("{}")));
  EXPECT_EQ(only_message().group, "");
  EXPECT_EQ(MessageAttributes::decode(only_message().attributes).message_group_id, "tenant");
}

TEST_F(PublisherTest, WhatAFifoQueueCannotTakeIsAFailedDelivery) {
  world_.queues.add("jobs.fifo").content_based_deduplication = true;
  world_.queues.add("strict.fifo");
  world_.queues.add("dlq");
  world_.add_rule("r", kEverything,
                  {to_queue("jobs.fifo", "$.detail.user").with_dead_letters_to("dlq"),
                   to_queue("strict.fifo", "g").with_dead_letters_to("dlq")});
  ASSERT_TRUE(publish(event("{}")));
  const std::vector<NewMessage> messages = world_.storage.messages();
  ASSERT_EQ(messages.size(), 2u);
  expect_dead_letter(messages[0], queue_arn(kHome, "jobs.fifo"), "INVALID_PARAMETER", "MessageGroupId");
  expect_dead_letter(messages[1], queue_arn(kHome, "strict.fifo"), "INVALID_PARAMETER", "ContentBasedDeduplication");
}

// --- failed deliveries

TEST_F(PublisherTest, AMissingQueueIsADeadLetterInTheSameCommit) {
  world_.queues.add("dlq");
  world_.add_rule("r", kEverything, {to_queue("gone").with_dead_letters_to("dlq")});
  Publisher::Addressed put = event(R"({"n":1})");
  put.event.trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
  const std::string json = put.event.json;
  ASSERT_TRUE(publish(std::move(put)));
  ASSERT_EQ(world_.storage.commits.size(), 1u);
  expect_dead_letter(only_message(), queue_arn(kHome, "gone"), "NO_RESOURCE",
                     "The specified queue does not exist or you do not have access to it. (Service: AmazonSQS; Status "
                     "Code: 400; Error Code: AWS.SimpleQueueService.NonExistentQueue; Request ID: ");
  EXPECT_EQ(only_message().body, json);
  EXPECT_EQ(MessageAttributes::decode(only_message().attributes).trace_header,
            "Root=1-5759e988-bd862e3fe1be46a994272793");
  EXPECT_EQ(counted(RuleMetrics::kInvocations), 1u);
  EXPECT_EQ(counted(RuleMetrics::kInvocationAttempts), 1u);
  EXPECT_EQ(counted(RuleMetrics::kFailedInvocations), 1u);
  EXPECT_EQ(counted(RuleMetrics::kInvocationsSentToDlq), 1u);
  EXPECT_EQ(counted(RuleMetrics::kInvocationsFailedToBeSentToDlq), 0u);
  EXPECT_EQ(counted(RuleMetrics::kSuccessfulInvocationAttempts), 0u);
}

TEST_F(PublisherTest, AQueueOfAnotherRegionFailsAsAMissingOneDoes) {
  world_.queues.add("jobs");
  world_.queues.add("dlq");
  auto target = to_queue("jobs").with_dead_letters_to("dlq");
  target.other_region = true;
  world_.add_rule("r", kEverything, {target});
  ASSERT_TRUE(publish(event("{}")));
  expect_dead_letter(only_message(), queue_arn(kHome, "jobs"), "NO_RESOURCE", "does not exist");
}

TEST_F(PublisherTest, InvalidJsonGoesToTheDeadLetterQueueAsItWasRendered) {
  world_.queues.add("jobs");
  world_.queues.add("dlq");
  world_.add_rule("r", kEverything,
                  {to_queue("jobs").with_dead_letters_to("dlq").with_input_template("[<t>]", {{"t", "$.detail.t"}})});
  ASSERT_TRUE(publish(event(R"({"t":"hello"})")));
  expect_dead_letter(only_message(), queue_arn(kHome, "jobs"), "INVALID_JSON", "Invalid input for target.");
  EXPECT_EQ(only_message().body, "[hello]");
}

TEST_F(PublisherTest, InvalidJsonOfALaneTargetIsADeadLetterToo) {
  world_.queues.add("dlq");
  world_.add_rule("r", kEverything,
                  {to_lane(9).with_dead_letters_to("dlq").with_input_template("[<t>]", {{"t", "$.detail.t"}})});
  ASSERT_TRUE(publish(event(R"({"t":"hello"})")));
  expect_dead_letter(only_message(), "arn:aws:lambda:us-east-1:000000000000:function:fn", "INVALID_JSON", "Invalid");
}

TEST_F(PublisherTest, AMessageLargerThanItsQueueAdmitsIsADeadLetter) {
  world_.queues.add("jobs").message_bytes_max = 1'024;
  world_.queues.add("dlq");
  world_.add_rule("r", kEverything, {to_queue("jobs").with_dead_letters_to("dlq")});
  const Publisher::Addressed put = event("{\"x\":\"" + std::string(2'000, 'x') + "\"}");
  const std::string json = put.event.json;
  ASSERT_TRUE(publish(put));
  expect_dead_letter(only_message(), queue_arn(kHome, "jobs"), "INVALID_PARAMETER",
                     "Message must be shorter than 1024 bytes.");
  EXPECT_EQ(only_message().body, json);
}

// AWS: dead-letter queues are standard queues of the rule's region (behaviour §15).
TEST_F(PublisherTest, ADeadLetterThatNoQueueTakesIsLostAndCounted) {
  world_.queues.add("dlq.fifo").content_based_deduplication = true;
  world_.queues.add("tiny").message_bytes_max = 10;
  world_.queues.add("dlq", {"000000000000", "eu-west-1"});
  auto far = to_queue("gone");
  far.dead_letter_arn = "arn:aws:sqs:eu-west-1:000000000000:dlq";
  auto malformed = to_queue("gone");
  malformed.dead_letter_arn = "arn";
  world_.add_rule("r", kEverything,
                  {to_queue("gone").with_dead_letters_to("missing"), to_queue("gone").with_dead_letters_to("dlq.fifo"),
                   to_queue("gone").with_dead_letters_to("tiny"), far, malformed});
  ASSERT_TRUE(publish(event("{}")));
  EXPECT_TRUE(world_.storage.messages().empty());
  EXPECT_EQ(counted(RuleMetrics::kFailedInvocations), 5u);
  EXPECT_EQ(counted(RuleMetrics::kInvocationsFailedToBeSentToDlq), 5u);
  EXPECT_EQ(counted(RuleMetrics::kInvocationsSentToDlq), 0u);
  EXPECT_THAT(world_.log_text.str(), HasSubstr("lost: the dead-letter queue did not take it"));
}

TEST_F(PublisherTest, DeadLetterQueuesOfAnotherAccountAndWhereAllowedOfAnotherRegionWork) {
  world_.limits.allow_cross_region_queues = true;
  world_.queues.add("dlq", {"111122223333", "eu-west-1"});
  auto target = to_queue("gone");
  target.dead_letter_arn = "arn:aws:sqs:eu-west-1:111122223333:dlq";
  world_.add_rule("r", kEverything, {target});
  ASSERT_TRUE(publish(event("{}")));
  EXPECT_EQ(counted(RuleMetrics::kInvocationsSentToDlq), 1u);
}

TEST_F(PublisherTest, AFailureWithoutDeadLetterQueueIsCountedAndLoggedOnceInAWhile) {
  world_.add_rule("r", kEverything, {to_queue("gone")});
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(publish(event("{}")));
  EXPECT_EQ(counted(RuleMetrics::kFailedInvocations), 50u);
  EXPECT_EQ(counted(RuleMetrics::kInvocationsFailedToBeSentToDlq), 0u);
  const std::string before = world_.log_text.str();
  EXPECT_EQ(std::count(before.begin(), before.end(), '\n'), 1);
  EXPECT_THAT(before, HasSubstr("NO_RESOURCE"));
  EXPECT_THAT(before, HasSubstr("rule/r"));
  world_.clock.advance(Duration(60'000));
  ASSERT_TRUE(publish(event("{}")));
  EXPECT_THAT(world_.log_text.str(), HasSubstr("more_since_last_line=49"));
}

// Behaviour §9 (`Input: ""`) and §10 rule 4 (a bare variable without match): neither target nor dead-letter queue.
TEST_F(PublisherTest, AnEmptyInputReachesNeitherTargetNorDeadLetterQueue) {
  world_.queues.add("jobs");
  world_.queues.add("dlq");
  auto empty = to_queue("jobs").with_dead_letters_to("dlq");
  empty.input.input = "";
  world_.add_rule(
      "r", kEverything,
      {empty, to_queue("jobs").with_dead_letters_to("dlq").with_input_template("<m>", {{"m", "$.detail.m"}})});
  ASSERT_TRUE(publish(event("{}")));
  EXPECT_TRUE(world_.storage.messages().empty());
  EXPECT_EQ(counted(RuleMetrics::kFailedInvocations), 2u);
}

TEST_F(PublisherTest, AFailedTargetDoesNotKeepTheOthersFromTheirs) {
  world_.queues.add("jobs");
  world_.add_rule("r", kEverything, {to_queue("gone"), to_queue("jobs")});
  ASSERT_TRUE(publish(event("{}")));
  EXPECT_EQ(only_message().queue, world_.queues.id_of("jobs"));
}

// --- lanes

TEST_F(PublisherTest, FanOutToHundredsOfRulesAndTargetsIsOneCommit) {
  std::vector<QueueId> woken;
  class Listener final : public LaneListener {
   public:
    explicit Listener(std::vector<QueueId>& lanes) : lanes_(lanes) {}
    void arrived(std::span<const QueueId> lanes) override { lanes_.assign(lanes.begin(), lanes.end()); }

   private:
    std::vector<QueueId>& lanes_;
  } listener(woken);
  Publisher publisher({world_, world_.queues, world_.storage, world_.clock, world_.rng, world_.limits, world_.metrics,
                       world_.log, &listener});
  world_.queues.add("q");
  for (QueueId rule = 0; rule < 300; ++rule) {
    world_.add_rule("r" + std::to_string(rule), kEverything,
                    {to_lane(1'000 + rule), to_lane(2'000 + rule), to_queue("q")});
  }
  std::vector<Publisher::Addressed> events;
  events.push_back(event("{}"));
  events.back().event.json.reserve(events.back().event.json.size() + 64);
  ASSERT_TRUE(run(publisher.publish(std::move(events))));
  EXPECT_EQ(world_.storage.commits.size(), 1u);
  EXPECT_EQ(world_.storage.messages().size(), 900u);
  EXPECT_EQ(woken.size(), 600u);
}

TEST_F(PublisherTest, OtherTargetsWaitInTheirLane) {
  auto target = to_lane(9).with_dead_letters_to("dlq");
  world_.add_rule("r", kEverything, {target});
  Publisher::Addressed put = event(R"({"n":1})");
  put.event.trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
  const Event sent = put.event;
  ASSERT_TRUE(publish(std::move(put)));
  EXPECT_EQ(only_message().queue, 9u);
  EXPECT_EQ(only_message().sent_at, sent.accepted_at);
  const Result<Delivery> delivery = Delivery::decode(only_message().body);
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->event_id, sent.id);
  EXPECT_EQ(delivery->rule_arn, rule_arn(kHome, "default", "r"));
  EXPECT_EQ(delivery->target_id, "fn");
  EXPECT_EQ(delivery->target_arn, "arn:aws:lambda:us-east-1:000000000000:function:fn");
  EXPECT_EQ(delivery->dead_letter_arn, queue_arn(kHome, "dlq"));
  EXPECT_EQ(delivery->accepted_at, sent.accepted_at);
  EXPECT_EQ(delivery->trace_header, sent.trace_header);
  EXPECT_EQ(delivery->input, sent.json);
  EXPECT_EQ(delivery->event, "") << "the input is the event: it is stored once";
  EXPECT_EQ(counted(RuleMetrics::kInvocationAttempts), 0u) << "no attempt counts until there is delivery";
}

TEST_F(PublisherTest, ATransformedDeliveryKeepsTheEventBesideItsInput) {
  world_.add_rule("r", kEverything, {to_lane(9).with_input_template("\"x\"")});
  const Publisher::Addressed put = event("{}");
  const std::string json = put.event.json;
  ASSERT_TRUE(publish(put));
  const Result<Delivery> delivery = Delivery::decode(only_message().body);
  EXPECT_EQ(delivery->input, "\"x\"");
  EXPECT_EQ(delivery->original_event(), json);
}

TEST_F(PublisherTest, FullLanesThrottleRequestsThatWouldAddToThem) {
  world_.queues.add("jobs");
  world_.limits.outbox_messages_max = 10;
  world_.lane_list = {9, 11};
  world_.add_rule("r", R"({"source":["lane"]})", {to_lane(9)});
  world_.add_rule("s", R"({"source":["queue"]})", {to_queue("jobs")});
  world_.storage.total.visible = 10'000;  // most of it are messages of queues
  world_.storage.depths[9].visible = 4;
  world_.storage.depths[11].in_flight = 5;
  ASSERT_TRUE(publish(event("{}", "lane")));
  world_.storage.depths[11].delayed = 1;
  const Result<void> full = publish(event("{}", "lane"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kLimit);
  EXPECT_EQ(world_.storage.messages().size(), 1u);
  EXPECT_EQ(counted(RuleMetrics::kTriggeredRules), 1u) << "what was not accepted is not counted";
  EXPECT_TRUE(publish(event("{}", "queue"))) << "requests for queues alone go on";
  world_.storage.depths[11].delayed = 0;
  world_.limits.outbox_bytes_max = 1'000;
  world_.storage.depths[9].bytes = 1'000;
  EXPECT_FALSE(publish(event("{}", "lane")));
}

// --- unknown buses

TEST_F(PublisherTest, AnEventForAnUnknownBusIsDroppedCountedAndLogged) {
  world_.queues.add("jobs");
  world_.add_rule("r", kEverything, {to_queue("jobs")});
  std::vector<Publisher::Addressed> events;
  events.push_back(event("{}", "shop", "nowhere"));
  events.push_back(event("{}"));
  events.push_back(event("{}", "shop", "nowhere"));
  ASSERT_TRUE(run(world_.publisher.publish(std::move(events))));
  EXPECT_EQ(world_.storage.messages().size(), 1u) << "its neighbours are delivered";
  EXPECT_EQ(world_.metrics.dropped_for_unknown_bus_total(), 2u);
  const std::string log = world_.log_text.str();
  EXPECT_THAT(log, HasSubstr("bus=nowhere"));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1);
}

TEST_F(PublisherTest, BusesOfAnotherAccountAndRegionAreOthers) {
  world_.queues.add("jobs");
  world_.add_rule("r", kEverything, {to_queue("jobs")});
  Publisher::Addressed elsewhere = event("{}");
  elsewhere.scope.region = "eu-west-1";
  ASSERT_TRUE(publish(std::move(elsewhere)));
  EXPECT_TRUE(world_.storage.messages().empty());
}

// --- the commit

TEST_F(PublisherTest, AFailedCommitAcceptsNothing) {
  world_.queues.add("jobs");
  world_.add_rule("r", kEverything, {to_queue("jobs"), to_queue("gone")});
  world_.storage.failures = {unavailable("The disk is full.")};
  const Result<void> result = publish(event("{}", "shop"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), unavailable("The disk is full."));
  EXPECT_EQ(counted(RuleMetrics::kTriggeredRules), 0u);
  EXPECT_EQ(counted(RuleMetrics::kFailedInvocations), 0u);
  EXPECT_EQ(world_.log_text.str(), "");
}

TEST_F(PublisherTest, AQueueDroppedBetweenPlanAndCommitIsPlannedAgain) {
  world_.queues.add("jobs");
  world_.add_rule("r", kEverything, {to_queue("jobs")});
  world_.storage.failures = {not_found("queue"), not_found("queue")};
  ASSERT_TRUE(publish(event("{}")));
  EXPECT_EQ(world_.storage.messages().size(), 1u);
  EXPECT_EQ(counted(RuleMetrics::kTriggeredRules), 1u) << "counted once, whatever the rounds";
}

TEST_F(PublisherTest, AQueueThatStaysInLimboIsARetryableError) {
  world_.queues.add("jobs");
  world_.add_rule("r", kEverything, {to_queue("jobs")});
  world_.storage.failures.assign(100, not_found("queue"));
  const Result<void> result = publish(event("{}"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
}

// ---- Work of the daemon's own ----

TEST_F(PublisherTest, OnlyTheRulesOfAFilterTakeTheEvent) {
  world_.queues.add("a");
  world_.queues.add("b");
  world_.add_rule("first", R"({"source":["shop"]})", {to_queue("a")});
  world_.add_rule("second", R"({"source":["shop"]})", {to_queue("b")});
  Publisher::Addressed filtered = event("{}");
  filtered.only = std::make_shared<const Publisher::RuleFilter>(
      Publisher::RuleFilter{"arn:aws:events:us-east-1:000000000000:rule/second"});
  ASSERT_TRUE(publish(std::move(filtered)));
  EXPECT_EQ(only_message().queue, world_.queues.id_of("b"));
  EXPECT_EQ(counted(RuleMetrics::kTriggeredRules, "first"), 0u);
  EXPECT_EQ(counted(RuleMetrics::kTriggeredRules, "second"), 1u);
}

TEST_F(PublisherTest, AFilterIsOfTheFirstBusAndNotOfThoseItForwardsTo) {
  world_.queues.add("a");
  world_.add_bus("other");
  world_.add_rule("forward", R"({"source":["shop"]})", {testing::to_bus("other")});
  world_.add_rule("there", R"({"source":["shop"]})", {to_queue("a")}, "other");
  Publisher::Addressed filtered = event("{}");
  filtered.only = std::make_shared<const Publisher::RuleFilter>(
      Publisher::RuleFilter{"arn:aws:events:us-east-1:000000000000:rule/forward"});
  ASSERT_TRUE(publish(std::move(filtered)));
  EXPECT_EQ(only_message().queue, world_.queues.id_of("a"));
}

TEST_F(PublisherTest, WhatIsWrittenBesideIsInTheSameCommitAndThereAlsoWithoutAMatch) {
  world_.queues.add("a");
  world_.add_rule("r", R"({"source":["shop"]})", {to_queue("a")});
  const CatalogWrite place{"place", "17", 3};
  std::vector<Publisher::Addressed> matched, unmatched;
  matched.push_back(event("{}"));
  unmatched.push_back(event("{}", "nobody"));
  ASSERT_TRUE(run(world_.publisher.publish_beside(std::move(matched), {place})));
  ASSERT_TRUE(run(world_.publisher.publish_beside(std::move(unmatched), {place})));
  ASSERT_EQ(world_.storage.commits.size(), 2u);
  EXPECT_EQ(world_.storage.commits[0].messages.size(), 1u);
  EXPECT_EQ(world_.storage.commits[1].messages.size(), 0u);
  for (const Commit& commit : world_.storage.commits) {
    ASSERT_EQ(commit.catalog.size(), 1u);
    EXPECT_EQ(commit.catalog[0].key, "place");
    EXPECT_EQ(commit.catalog[0].value, "17");
    EXPECT_EQ(commit.catalog[0].expected_revision, 3u);
  }
}

TEST_F(PublisherTest, WorkOfOurOwnSeesTheOutboxFullAtHalf) {
  world_.lane_list = {9};
  world_.limits.outbox_messages_max = 100;
  world_.add_rule("r", R"({"source":["shop"]})", {to_lane(9)});
  world_.storage.total.visible = world_.storage.depths[9].visible = 50;
  std::vector<Publisher::Addressed> events;
  events.push_back(event("{}"));
  const Result<void> refused = run(world_.publisher.publish_beside(std::move(events), {}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_TRUE(publish(event("{}"))) << "clients have the other half";
}

TEST_F(PublisherTest, TrafficIsWhatClientsPublish) {
  std::vector<Publisher::Addressed> events;
  events.push_back(event("{}"));
  ASSERT_TRUE(run(world_.publisher.publish_beside(std::move(events), {})));
  EXPECT_EQ(world_.publisher.traffic().publications, 0u);
  ASSERT_TRUE(publish(event("{}")));
  EXPECT_EQ(world_.publisher.traffic().publications, 1u);
}

}  // namespace
}  // namespace eventbus
