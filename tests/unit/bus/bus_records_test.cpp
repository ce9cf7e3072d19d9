#include "bus/bus_records.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventbus {
namespace {

namespace json = boost::json;

// Every member that AWS knows of a target, as Terraform's resources send them.
constexpr const char* kFullTarget =
    R"({"Id":"t1","Arn":"arn:aws:ecs:us-east-1:000000000000:cluster/c","RoleArn":"arn:aws:iam::000000000000:role/r",)"
    R"("InputTransformer":{"InputPathsMap":{"a":"$.detail.a","b":"$.id"},"InputTemplate":"\"<a> and <b>\""},)"
    R"("SqsParameters":{"MessageGroupId":"g"},"DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:000000000000:dlq"},)"
    R"("RetryPolicy":{"MaximumRetryAttempts":0,"MaximumEventAgeInSeconds":60},)"
    R"("EcsParameters":{"TaskDefinitionArn":"td","TaskCount":2,"NetworkConfiguration":{"awsvpcConfiguration":{"Subnets":["s"]}},"EnableECSManagedTags":false},)"
    R"("HttpParameters":{"PathParameterValues":["p"],"HeaderParameters":{"h":"v"}},)"
    R"("BatchParameters":{"JobDefinition":"d","JobName":"n"}})";

TEST(TargetDocument, GivesBackEveryMemberAsItCame) {
  const json::value given = json::parse(kFullTarget);
  EXPECT_EQ(json::value(encode_target(decode_target(given.as_object()))), given)
      << json::serialize(encode_target(decode_target(given.as_object())));
}

TEST(TargetDocument, AddsNothingAndKeepsEmptyBlocks) {
  for (const char* text :
       {R"({"Id":"t","Arn":"a"})", R"({"Id":"t","Arn":"a","SqsParameters":{},"RetryPolicy":{}})",
        R"({"Id":"t","Arn":"a","Input":""})", R"({"Id":"t","Arn":"a","InputPath":"","DeadLetterConfig":{}})",
        R"({"Id":"t","Arn":"a","InputTransformer":{"InputPathsMap":{},"InputTemplate":"x"}})"}) {
    EXPECT_EQ(json::serialize(encode_target(decode_target(json::parse(text).as_object()))), text);
  }
}

TEST(RuleDocument, SurvivesStorage) {
  RuleRecord rule;
  rule.name = "shipped";
  rule.settings = {R"({"source":["a"]})", "rate(5 minutes)", "what it is for", "arn:aws:iam::000000000000:role/r",
                   RuleState::kDisabled};
  rule.created_by = "000000000000";
  rule.managed_by = "prod.vhs.events.aws.internal";
  rule.tags = {{"team", "shop"}, {"empty", ""}};
  rule.created_at = TimePoint(Duration(1'000));
  rule.scheduled_from = TimePoint(Duration(2'000));
  rule.targets["t1"] = {decode_target(json::parse(kFullTarget).as_object()), 42};

  const Result<RuleRecord> read = decode_rule(encode(rule));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(encode(*read), encode(rule));
  EXPECT_EQ(read->settings.event_pattern, rule.settings.event_pattern);
  EXPECT_EQ(read->settings.state, RuleState::kDisabled);
  EXPECT_EQ(read->tags, rule.tags);
  EXPECT_EQ(read->targets.at("t1").lane, 42u);
  EXPECT_EQ(read->scheduled_from, rule.scheduled_from);
}

TEST(BusDocument, SurvivesStorage) {
  BusRecord bus;
  bus.name = "orders";
  bus.settings = {"all orders", "alias/key", DeadLetterConfig{"arn:aws:sqs:us-east-1:000000000000:dlq"},
                  LogConfig{"INFO", "FULL"}};
  bus.policy = R"({"Version":"2012-10-17"})";
  bus.created_at = bus.modified_at = TimePoint(Duration(1'700'000'000'123));
  bus.tags = {{"a", "b"}};
  const Result<BusRecord> read = decode_bus(encode(bus));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(encode(*read), encode(bus));
  EXPECT_EQ(read->settings.log->level, "INFO");
  EXPECT_EQ(read->created_at, bus.created_at);
}

TEST(StoredDocument, IsRefusedWhenDamagedOrFromANewerVersion) {
  EXPECT_THAT(decode_bus(R"({"version":2,"name":"x"})").error().message, testing::HasSubstr("version 2"));
  EXPECT_EQ(decode_rule(R"({"version":1,"name":"x"})").error().code, ErrorCode::kInternal);
  EXPECT_FALSE(decode_lane("garbage"));
  EXPECT_FALSE(decode_lane("[]"));
}

}  // namespace
}  // namespace eventbus
