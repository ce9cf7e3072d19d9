#include "bus/bus_log.h"

#include "bus/bus_contracts.h"
#include "tests/support/dispatcher_world.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventbus {
namespace {

namespace json = boost::json;
using eventbus::testing::DispatcherWorld;
using eventbus::testing::kHome;
using ::testing::ElementsAre;

class BusLogTest : public ::testing::Test {
 protected:
  BusLogTest() {
    event.id = "e-1";
    event.source = "shop";
    event.detail_type = "Order \"x\"";
    event.origin = kHome;
    event.time = world.clock.now();
    event.json =
        R"({"version":"0","id":"e-1","detail-type":"Order","source":"shop","resources":["arn:r"],"detail":{"n":1}})";
  }
  void configure(const char* level, const char* detail = nullptr) {
    world.bus_log.level = level;
    if (detail) world.bus_log.include_detail = detail;
  }
  BusLogSettings settings() { return log.settings(kHome, "default"); }
  void arrive(const std::vector<BusLog::Match>& matches, bool forwarded = false) {
    log.arrived({kHome, "default", "req-1", event, settings(), forwarded}, matches);
  }
  std::vector<std::string> types() const {
    std::vector<std::string> all;
    for (const json::object& record : records) all.emplace_back(record.at("message_type").as_string());
    return all;
  }

  std::vector<json::object> records;
  DispatcherWorld world;
  Event event;
  BusLog log{world, world.clock, [this](std::string_view line) { records.push_back(json::parse(line).as_object()); }};
};

TEST_F(BusLogTest, IsSilentUnlessTheBusAsksForIt) {
  arrive({});
  configure("OFF");
  arrive({});
  EXPECT_TRUE(records.empty());
}

TEST_F(BusLogTest, MarksAnEventThatFitsNoContract) {
  configure("INFO");
  const Result<schemas::SchemaValidator> validator = schemas::SchemaValidator::compile("{}");
  ASSERT_TRUE(validator);
  const auto contract = std::make_shared<const BoundContract>(
      BoundContract{{"order", "2", "shop", "Order", schemas::Subject::kDetail, "{}"}, *validator, nullptr, false, 0});
  const ContractViolation violation{contract, "/n", "must be at least 2, is 1"};
  log.arrived({kHome, "default", "req-1", event, settings(), false, &violation}, {});
  ASSERT_THAT(types(), ElementsAre("EVENT_INGEST_SUCCESS", "NO_STANDARD_RULES_MATCHED"));
  EXPECT_EQ(json::serialize(records[0].at("details").at("contract_violation")),
            R"({"contract":"order","version":"2","path":"/n","reason":"must be at least 2, is 1"})");
  arrive({});
  EXPECT_FALSE(records[2].at("details").as_object().contains("contract_violation"));
}

TEST_F(BusLogTest, NamesTheEventAndItsBusInEveryRecord) {
  configure("INFO");
  arrive({{"arn:rule", {"arn:t1", "arn:t2"}, {"i1", "i2"}}});
  ASSERT_THAT(types(), ElementsAre("EVENT_INGEST_SUCCESS", "RULE_MATCH"));
  EXPECT_EQ(json::serialize(records[0]),
            R"({"resource_arn":"arn:aws:events:us-east-1:000000000000:event-bus/default","event_bus_name":"default",)"
            R"("request_id":"req-1","event_id":"e-1","message_timestamp_ms":1767323045678,)"
            R"("message_type":"EVENT_INGEST_SUCCESS","log_level":"INFO","details":{"caller_account_id":"000000000000",)"
            R"("source_time_ms":1767323045678,"source":"shop","detail_type":"Order \"x\"","resources":["arn:r"]}})");
  EXPECT_EQ(json::serialize(records[1].at("details")),
            R"({"rule_arn":"arn:rule","target_arns":["arn:t1","arn:t2"],"invocation_ids":["i1","i2"]})");
}

TEST_F(BusLogTest, ShowsTheDetailOnlyWithFull) {
  configure("INFO", "FULL");
  arrive({});
  ASSERT_THAT(types(), ElementsAre("EVENT_INGEST_SUCCESS", "NO_STANDARD_RULES_MATCHED"));
  EXPECT_EQ(json::serialize(records[0].at("details").at("event_detail")), R"({"n":1})");
}

TEST_F(BusLogTest, AForwardedEventIsAReceipt) {
  configure("TRACE");
  arrive({}, true);
  EXPECT_THAT(types(), ElementsAre("EVENT_RECEIPT", "RULE_MATCH_START", "NO_STANDARD_RULES_MATCHED"));
}

TEST_F(BusLogTest, ErrorIsTheLevelOfRefusedEvents) {
  configure("ERROR");
  arrive({});
  log.refused({kHome, "default", "req-1", event, settings()}, 400, "Detail is malformed.");
  ASSERT_THAT(types(), ElementsAre("EVENT_INGEST_FAILURE"));
  EXPECT_EQ(json::serialize(records[0].at("error")),
            R"({"http_status_code":400,"error_message":"Detail is malformed."})");
}

TEST_F(BusLogTest, ARecordThatWouldBeTooLargeLosesItsLargeFields) {
  configure("INFO", "FULL");
  event.json = R"({"detail":{"x":")" + std::string(1'000'000, 'x') + "\"}}";
  arrive({});
  EXPECT_FALSE(records[0].at("details").as_object().contains("event_detail"));
  EXPECT_EQ(json::serialize(records[0].at("dropped_fields")), R"(["event_detail"])");
}

// ---- what the dispatcher says

class DispatcherLog : public BusLogTest {
 protected:
  DispatcherLog() {
    world.log_of_buses = &log;
    world.restart();
  }
  const char* const hook = "https://example.com/hook";
};

TEST_F(DispatcherLog, TracesADelivery) {
  configure("TRACE");
  const QueueId lane = world.add_lane(hook);
  world.put(lane);
  ASSERT_THAT(types(), ElementsAre("INVOCATION_START", "INVOCATION_ATTEMPT_START", "INVOCATION_ATTEMPT_SUCCESS",
                                   "INVOCATION_SUCCESS"));
  EXPECT_EQ(records[3].at("invocation_id").as_string().size(), 36u);
  EXPECT_EQ(records[3].at("event_id").as_string(), "e1");
  const json::object& details = records[3].at("details").as_object();
  EXPECT_EQ(details.at("total_attempts").as_int64(), 1);
  EXPECT_EQ(details.at("final_invocation_status").as_string(), "SUCCESS");
  EXPECT_EQ(details.at("ingestion_to_success_latency_ms").as_int64(), 0);
}

TEST_F(DispatcherLog, SaysWhatWentWrongAndWhatBecameOfIt) {
  configure("ERROR");
  const QueueId lane = world.add_lane(hook, RetryPolicy{.attempts_max = 1, .event_age_seconds_max = std::nullopt});
  world.add_dead_letter_queue("dead");
  world.target(hook).answer = [](const DeliveryAttempt& attempt) {
    AttemptOutcome outcome = AttemptOutcome::retry("ERROR_FROM_TARGET", "503");
    outcome.http_status = 503;
    outcome.throttled = attempt.number == 2;
    return outcome;
  };
  world.put(lane, 1, "dead");
  world.pass(Duration(2'000));
  ASSERT_THAT(types(), ElementsAre("INVOCATION_ATTEMPT_RETRYABLE_FAILURE", "INVOCATION_ATTEMPT_THROTTLE",
                                   "INVOCATION_FAILURE", "INVOCATION_DLQ"));
  EXPECT_EQ(records[0].at("error").at("http_status_code").as_int64(), 503);
  EXPECT_EQ(records[0].at("details").at("attempt_type").as_string(), "FIRST");
  EXPECT_EQ(records[1].at("details").at("attempt_type").as_string(), "RETRY");
  EXPECT_EQ(records[1].at("details").at("invocation_status").as_string(), "THROTTLED");
  EXPECT_EQ(records[2].at("details").at("total_attempts").as_int64(), 2);
  EXPECT_EQ(records[3].at("details").at("dead_letter_status").as_string(), "SENT");
}

TEST_F(DispatcherLog, SaysWhichInvocationsWaitedForTheRateOfTheirTarget) {
  configure("TRACE", "FULL");
  const QueueId lane = world.add_lane(hook);
  world.target(hook).rate = 2;
  world.put(lane, 2);
  EXPECT_THAT(types(), ElementsAre("INVOCATION_START", "INVOCATION_ATTEMPT_START", "INVOCATION_ATTEMPT_SUCCESS",
                                   "INVOCATION_SUCCESS"));
  records.clear();
  world.pass(Duration(600));
  ASSERT_THAT(types(), ElementsAre("INVOCATION_START", "INVOCATION_THROTTLE_START", "INVOCATION_ATTEMPT_START",
                                   "INVOCATION_ATTEMPT_SUCCESS", "INVOCATION_SUCCESS"));
  const json::object& held_back = records[1];
  EXPECT_EQ(held_back.at("log_level").as_string(), "ERROR");
  EXPECT_EQ(held_back.at("details").at("attempt_count").as_int64(), 1);
  EXPECT_EQ(held_back.at("details").at("target_arn").as_string(), hook);
  EXPECT_TRUE(held_back.at("details").as_object().contains("target_input"));
  EXPECT_EQ(held_back.at("invocation_id"), records[4].at("invocation_id"));
  EXPECT_EQ(records[2].at("details").at("attempt_type").as_string(), "THROTTLE");
  EXPECT_EQ(records[3].at("details").at("attempt_type").as_string(), "THROTTLE");

  configure("ERROR");
  records.clear();
  world.put(lane, 1);
  world.pass(Duration(600));
  EXPECT_THAT(types(), ElementsAre("INVOCATION_THROTTLE_START"));
}

}  // namespace
}  // namespace eventbus
