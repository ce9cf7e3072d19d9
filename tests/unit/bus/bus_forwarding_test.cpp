#include "bus/bus_forwarding.h"

#include "bus/delivery.h"
#include "bus/iso_time.h"
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
using eventbus::testing::TestTarget;
using eventbus::testing::to_bus;
using eventbus::testing::to_queue;
using ::testing::HasSubstr;

constexpr const char* kEverything = R"({"source":[{"prefix":""}]})";
const Scope kOtherAccount{"111122223333", "us-east-1"}, kOtherRegion{"000000000000", "eu-west-1"};

class BusForwarding : public ::testing::Test {
 protected:
  BusForwarding() {
    world_.queues.add("jobs");
    world_.queues.add("dlq");
  }

  Publisher::Addressed event(std::string detail = "{}", std::string source = "shop") {
    Publisher::Addressed addressed;
    addressed.scope = kHome;
    addressed.bus = "a";
    Event& made = addressed.event;
    made.id = world_.rng.uuid();
    made.source = std::move(source);
    made.detail_type = R"(An "order","time":"1999-01-01T00:00:00Z",)";
    made.origin = kHome;
    made.time = world_.clock.now() - std::chrono::hours(5);
    made.accepted_at = world_.clock.now();
    made.trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
    made.json = *make_envelope(made, {}, detail);
    return addressed;
  }
  Event publish(Publisher::Addressed addressed) {
    Event copy = addressed.event;
    std::vector<Publisher::Addressed> events;
    events.push_back(std::move(addressed));
    EXPECT_TRUE(run(world_.publisher.publish(std::move(events))));
    return copy;
  }
  Event publish() { return publish(event()); }
  std::vector<std::string> bodies() {
    std::vector<std::string> all;
    for (const NewMessage& message : world_.storage.messages()) all.push_back(message.body);
    return all;
  }
  static TestTarget with_dead_letters(TestTarget target) { return std::move(target).with_dead_letters_to("dlq"); }
  void expect_dead_letter(const NewMessage& message, std::string_view code, std::string_view text) {
    EXPECT_EQ(message.queue, world_.queues.id_of("dlq"));
    const MessageAttributes attributes = MessageAttributes::decode(message.attributes);
    EXPECT_EQ(attributes.user.at("ERROR_CODE").value, code);
    EXPECT_THAT(attributes.user.at("ERROR_MESSAGE").value, HasSubstr(std::string(text)));
    EXPECT_EQ(attributes.user.size(), 4u);
  }

  PublisherWorld world_;
};

TEST_F(BusForwarding, WithinARegionTheReceiverSeesTheUnchangedEventInTheSameCommit) {
  for (const Scope& scope : {kHome, kOtherAccount}) {
    world_.storage.commits.clear();
    world_.add_bus("a");
    const std::string receiver = "b-" + scope.account;
    world_.add_bus(receiver, scope);
    world_.add_rule("out-" + scope.account, kEverything, {to_bus(receiver, scope)}, "a");
    world_.add_rule("in", R"({"account":["000000000000"]})", {to_queue("jobs")}, receiver, scope);
    const Event put = publish();
    ASSERT_EQ(world_.storage.commits.size(), 1u) << "one commit, and no lane";
    ASSERT_FALSE(bodies().empty());
    EXPECT_EQ(bodies().front(), put.json);
    EXPECT_EQ(MessageAttributes::decode(world_.storage.messages().front().attributes).trace_header, put.trace_header);
  }
}

TEST_F(BusForwarding, AnotherRegionGivesANewIdAndTimeAndKeepsAccountAndRegion) {
  world_.add_bus("a");
  world_.add_bus("far", kOtherRegion);
  world_.add_rule("out", kEverything, {to_bus("far", kOtherRegion)}, "a");
  world_.add_rule("in", R"({"region":["us-east-1"]})", {to_queue("jobs")}, "far", kOtherRegion);
  const Event put = publish(event(R"({"id":"x","time":"y","quote":"\","})"));
  ASSERT_EQ(bodies().size(), 1u);
  const Result<Event> received = event_of_envelope(bodies().front());
  ASSERT_TRUE(received);
  EXPECT_NE(received->id, put.id);
  EXPECT_EQ(received->time, std::chrono::floor<std::chrono::seconds>(world_.clock.now()));
  EXPECT_EQ(received->origin, kHome);
  EXPECT_EQ(received->detail_type, put.detail_type);
  std::string restored = bodies().front();
  restored.replace(restored.find(received->id), received->id.size(), put.id);
  const std::string new_time = format_iso_seconds(received->time);
  restored.replace(restored.find(new_time), new_time.size(), format_iso_seconds(put.time));
  EXPECT_EQ(restored, put.json) << "nothing else has changed";
}

TEST_F(BusForwarding, ASecondHopWithinTheRegionFailsForGoodAndEndsCycles) {
  world_.add_bus("a");
  world_.add_bus("b");
  world_.add_rule("there", kEverything, {to_bus("b")}, "a");
  world_.add_rule("back", kEverything, {with_dead_letters(to_bus("a"))}, "b");
  const Event put = publish();
  const std::vector<NewMessage> messages = world_.storage.messages();
  ASSERT_EQ(messages.size(), 1u);
  expect_dead_letter(messages.front(), "THIRD_ACCOUNT_HOP_DETECTED",
                     "Event ingestion rejected for event " + put.id +
                         " because an event can be sent to an event bus target only once. This event was previously "
                         "delivered to an event bus target.");
  EXPECT_EQ(messages.front().body, put.json);
  const auto back = world_.metrics_of("back", "b");
  EXPECT_EQ(back->value(RuleMetrics::kFailedInvocations), 1u);
  EXPECT_EQ(back->value(RuleMetrics::kInvocationAttempts), 0u);
  EXPECT_EQ(back->value(RuleMetrics::kInvocationsSentToDlq), 1u);
}

TEST_F(BusForwarding, OneHopOfEachKindIsAllowedInEitherOrderAndAThirdOfNone) {
  const Scope far_other{"111122223333", "eu-west-1"};
  world_.add_bus("a");
  // Region first, account second; then a third of each kind.
  world_.add_bus("b", kOtherRegion);
  world_.add_bus("c", far_other);
  world_.add_rule("1", kEverything, {to_bus("b", kOtherRegion)}, "a");
  world_.add_rule("2", kEverything, {to_bus("c", far_other)}, "b", kOtherRegion);
  world_.queues.add("c-jobs", far_other);
  TestTarget jobs = to_queue("c-jobs");
  jobs.arn = queue_arn(far_other, "c-jobs");
  TestTarget again_far = to_bus("a", kHome), again_near = to_bus("b", kOtherRegion);
  again_far.dead_letter_arn = again_near.dead_letter_arn = queue_arn(far_other, "c-dlq");
  world_.queues.add("c-dlq", far_other);
  world_.add_rule("3", kEverything, {jobs, again_far, again_near}, "c", far_other);
  publish();
  const std::vector<NewMessage> messages = world_.storage.messages();
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(MessageAttributes::decode(messages[1].attributes).user.at("ERROR_CODE").value, "THIRD_REGION_HOP_DETECTED");
  EXPECT_EQ(MessageAttributes::decode(messages[1].attributes).user.at("ERROR_MESSAGE").value, "Unknown exception.");
  EXPECT_EQ(MessageAttributes::decode(messages[2].attributes).user.at("ERROR_CODE").value,
            "THIRD_ACCOUNT_HOP_DETECTED");

  // Account first, region second.
  world_.storage.commits.clear();
  world_.add_bus("d", kOtherAccount);
  Publisher::Addressed put = event();
  put.bus = "start";
  world_.add_bus("start");
  world_.add_rule("4", kEverything, {to_bus("d", kOtherAccount)}, "start");
  world_.add_rule("5", kEverything, {to_bus("e", far_other)}, "d", kOtherAccount);
  world_.add_bus("e", far_other);
  world_.add_rule("6", kEverything, {jobs}, "e", far_other);
  publish(std::move(put));
  EXPECT_EQ(world_.storage.messages().size(), 1u);
}

TEST_F(BusForwarding, CountsInvocationsOnly) {
  world_.add_bus("a");
  world_.add_bus("b");
  world_.add_rule("out", kEverything, {to_bus("b")}, "a");
  publish();
  const auto out = world_.metrics_of("out", "a");
  EXPECT_EQ(out->value(RuleMetrics::kTriggeredRules), 1u);
  EXPECT_EQ(out->value(RuleMetrics::kInvocations), 1u);
  EXPECT_EQ(out->value(RuleMetrics::kInvocationAttempts), 0u);
  EXPECT_EQ(out->value(RuleMetrics::kSuccessfulInvocationAttempts), 0u);
  EXPECT_EQ(out->success_latency().count(), 0u);
  EXPECT_TRUE(world_.storage.commits.empty()) << "nobody wants the event there";
}

TEST_F(BusForwarding, AMissingBusOfTheOwnAccountSwallowsTheEventAndOneOfAnotherDeniesIt) {
  world_.add_bus("a");
  world_.add_rule("lost", kEverything,
                  {with_dead_letters(to_bus("gone")), with_dead_letters(to_bus("gone", kOtherRegion)),
                   with_dead_letters(to_bus("gone", kOtherAccount))},
                  "a");
  publish();
  const std::vector<NewMessage> messages = world_.storage.messages();
  ASSERT_EQ(messages.size(), 1u);
  expect_dead_letter(messages.front(), "NO_PERMISSIONS", "Lack of permissions to invoke cross account target.");
  EXPECT_EQ(world_.metrics.dropped_for_unknown_bus_total(), 2u);
  EXPECT_EQ(world_.metrics_of("lost", "a")->value(RuleMetrics::kInvocations), 3u);
  EXPECT_EQ(world_.metrics_of("lost", "a")->value(RuleMetrics::kFailedInvocations), 1u);
}

TEST_F(BusForwarding, KeepsSourcesThatPutEventsRefuses) {
  world_.add_bus("a");
  world_.add_bus("b");
  world_.add_rule("out", kEverything, {to_bus("b")}, "a");
  world_.add_rule("in", R"({"source":["aws.s3"]})", {to_queue("jobs")}, "b");
  publish(event("{}", "aws.s3"));
  EXPECT_EQ(bodies().size(), 1u);
}

TEST_F(BusForwarding, WhatWouldMakeTheCommitHugeWaitsInLanesWithItsHops) {
  world_.add_bus("a");
  world_.add_bus("b", kOtherRegion);
  world_.add_bus("c", kOtherRegion);
  world_.add_rule("far", kEverything, {to_bus("b", kOtherRegion)}, "a");
  for (int rule = 0; rule < 250; ++rule) {
    std::vector<TestTarget> targets;
    for (int i = 0; i < 5; ++i) targets.push_back(to_bus("c", kOtherRegion, 500));
    world_.add_rule("fan-" + std::to_string(rule), kEverything, targets, "b", kOtherRegion);
  }
  publish();
  const std::vector<NewMessage> messages = world_.storage.messages();
  ASSERT_EQ(messages.size(), 251u) << "1 + 999 are in the plan";
  const Result<Delivery> waiting = Delivery::decode(messages.back().body);
  ASSERT_TRUE(waiting);
  EXPECT_EQ(messages.back().queue, 500u);
  EXPECT_EQ(waiting->hops, (Hops{.within_region = false, .between_regions = true}));
  EXPECT_EQ(waiting->target_arn, bus_arn(kOtherRegion, "c"));
}

TEST(Envelope, IsReadAsItWasMade) {
  Event event;
  event.id = "6f0c2a7e-0000-4000-8000-000000000001";
  event.source = "a\"b\n";
  event.detail_type = "\u00e4,\"time\":";
  event.origin = {"111122223333", "eu-west-1"};
  event.time = TimePoint(std::chrono::seconds(1'767'323'045));
  const std::string_view resources[] = {"arn:1"};
  const std::string json = *make_envelope(event, resources, R"({"id":"inner","time":3})");
  const Result<Event> read = event_of_envelope(json);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, event.id);
  EXPECT_EQ(read->source, event.source);
  EXPECT_EQ(read->detail_type, event.detail_type);
  EXPECT_EQ(read->origin, event.origin);
  EXPECT_EQ(read->time, event.time);
  EXPECT_EQ(read->json, json);
  EXPECT_FALSE(event_of_envelope("{}"));
  EXPECT_FALSE(event_of_envelope("not json"));
}

TEST(IsoTime, ReadsWhatWeWriteAndOffsets) {
  for (const std::int64_t milliseconds :
       {std::int64_t{0}, std::int64_t{1'767'323'045'678}, std::int64_t{-86'400'000'123}}) {
    const TimePoint time{Duration(milliseconds)};
    EXPECT_EQ(parse_iso_time(format_iso_milliseconds(time)), time);
    EXPECT_EQ(parse_iso_time(format_iso_seconds(time)), std::chrono::floor<std::chrono::seconds>(time));
  }
  const TimePoint noon = *parse_iso_time("2026-01-02T12:00:00Z");
  EXPECT_EQ(parse_iso_time("2026-01-02T14:00:00+02:00"), noon);
  EXPECT_EQ(parse_iso_time("2026-01-02T06:30:00-0530"), noon);
  EXPECT_EQ(parse_iso_time("2026-01-02T12:00:00.1234567Z"), noon + Duration(123));
  for (const char* wrong : {"", "2026", "2026-01-02", "2026-13-02T12:00:00Z", "2026-02-30T12:00:00Z",
                            "2026-01-02T24:00:00Z", "2026-01-02T12:00:00", "2026-01-02T12:00:00.Z",
                            "2026-01-02T12:00:00Zx", "2026-01-02 12:00:00Z", "2026-01-02T12:00:60Z"})
    EXPECT_EQ(parse_iso_time(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace eventbus
