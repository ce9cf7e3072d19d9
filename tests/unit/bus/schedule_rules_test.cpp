#include "bus/schedule_rules.h"

#include "tests/support/manual_clock.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <functional>

namespace eventbus {
namespace {

using std::chrono::minutes;

const Scope kScope{"000000000000", "us-east-1"};
const TimePoint kNow = testing::test_epoch();

ScheduleSettings sound() {
  ScheduleSettings settings;
  settings.expression = "rate(5 minutes)";
  settings.target.id = kScheduleTargetId;
  settings.target.arn = "arn:aws:sqs:us-east-1:000000000000:q";
  settings.target.role_arn = "arn:aws:iam::000000000000:role/r";
  return settings;
}

std::string verdict(const std::function<void(ScheduleSettings&)>& change) {
  ScheduleSettings settings = sound();
  change(settings);
  const Result<void> checked = check_schedule(settings, kScope, kNow);
  return checked ? "" : checked.error().message;
}

void target(ScheduleSettings& settings, std::string arn) { settings.target.arn = std::move(arn); }
void block(ScheduleSettings& settings, std::string_view name, std::string_view json) {
  settings.target.parameters[name] = boost::json::parse(boost::json::string_view(json.data(), json.size()));
}

TEST(CheckSchedule, TakesWhatIsSound) {
  EXPECT_EQ(verdict([](auto&) {}), "");
  EXPECT_EQ(verdict([](auto& s) { s.expression = "at(2020-01-01T00:00:00)"; }), "") << "a time that has passed";
  EXPECT_EQ(verdict([](auto& s) { s.time_zone = "Asia/Kolkata"; }), "");
  EXPECT_EQ(verdict([](auto& s) { s.start = kNow - minutes(5); }), "");
}

TEST(CheckSchedule, ExplainsBadTimes) {
  EXPECT_EQ(verdict([](auto& s) { s.expression = "every day"; }), "Invalid Schedule Expression every day.");
  EXPECT_EQ(verdict([](auto& s) { s.time_zone = "Mars/Olympus"; }), "Invalid ScheduleExpressionTimezone Mars/Olympus.");
  EXPECT_EQ(verdict([](auto& s) { s.start = kNow - minutes(6); }),
            "The StartDate you specify cannot be earlier than 5 minutes ago.");
  EXPECT_EQ(verdict([](auto& s) {
              s.start = kNow + minutes(9);
              s.end = kNow + minutes(9);
            }),
            "The StartDate you specify must come before the EndDate.");
  EXPECT_EQ(verdict([](auto& s) {
              s.expression = "at(2030-01-01T00:00:00)";
              s.start = kNow - minutes(600);
            }),
            "")
      << "one-time schedules have no use for StartDate";
}

TEST(CheckSchedule, AWindowHasMinutesExactlyWhenItIsFlexible) {
  EXPECT_EQ(verdict([](auto& s) { s.window.minutes = 5; }),
            "MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.");
  EXPECT_EQ(verdict([](auto& s) { s.window.flexible = true; }),
            "MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.");
}

TEST(CheckSchedule, TargetsAreOfServicesThatSchedulerKnows) {
  EXPECT_EQ(verdict([](auto& s) { target(s, "arn:aws:s3:::bucket"); }), "s3 is not a supported service for a target.");
  EXPECT_EQ(verdict([](auto& s) { target(s, "arn:aws:scheduler:us-east-1:000000000000:aws-sdk:sqs:sendMessage"); }),
            "scheduler is not a supported service for a target.");
  EXPECT_EQ(verdict([](auto& s) { target(s, "q"); }),
            "Parameter q is not valid. Reason: Provided Arn is not in correct format.");
  EXPECT_EQ(verdict([](auto& s) { target(s, "arn:aws:sqs:eu-west-1:000000000000:q"); }),
            "The target ARN provided does not match the current region us-east-1.");
}

TEST(CheckSchedule, ParameterBlocksFitTheirTarget) {
  EXPECT_EQ(verdict([](auto& s) { block(s, "KinesisParameters", R"({"PartitionKey":"k"})"); }),
            "Parameters KinesisParameters not supported for the target.");
  EXPECT_EQ(verdict([](auto& s) { target(s, "arn:aws:events:us-east-1:000000000000:event-bus/b"); }),
            "Parameters EventBridgeParameters must be specified.");
  EXPECT_EQ(verdict([](auto& s) { target(s, "arn:aws:sqs:us-east-1:000000000000:q.fifo"); }),
            "Parameters SqsParameters must be specified.");
  EXPECT_EQ(verdict([](auto& s) { s.target.sqs = SqsParameters{"g"}; }),
            "Parameters MessageGroupId not valid for the target.");
  EXPECT_EQ(verdict([](auto& s) {
              target(s, "arn:aws:lambda:us-east-1:000000000000:function:f");
              s.target.sqs = SqsParameters{"g"};
            }),
            "Parameters SqsParameters not supported for the target.");
}

TEST(CheckSchedule, InputIsJsonWhereTheTargetWantsIt) {
  const auto lambda = [](auto& s) {
    target(s, "arn:aws:lambda:us-east-1:000000000000:function:f");
    s.target.input.input = "hello";
  };
  EXPECT_EQ(verdict(lambda), "JSON syntax error in input for the target.");
  EXPECT_EQ(verdict([](auto& s) { s.target.input.input = "hello"; }), "") << "a queue takes any text";
}

TEST(CheckSchedule, UniversalTargetsCallWhatChangesSomething) {
  const auto universal = [](std::string action, std::optional<std::string> input) {
    return verdict([&](auto& s) {
      target(s, "arn:aws:scheduler:::aws-sdk:" + action);
      s.target.input.input = input;
    });
  };
  EXPECT_EQ(universal("sqs:sendMessage", "{}"), "");
  EXPECT_EQ(universal("sqs:sendMessage", std::nullopt),
            "You must provide an input to set this target for your schedule.");
  EXPECT_EQ(universal("sqs:sendMessage", "{"), "JSON syntax error in input for the target.");
  EXPECT_EQ(universal("sqs:getQueueUrl", "{}"), "getQueueUrl API is not supported.");
  EXPECT_EQ(universal("ec2:describeInstances", "{}"), "describeInstances API is not supported.");
  EXPECT_EQ(universal("sqs:listQueues", "{}"), "listQueues API is not supported.");
}

}  // namespace
}  // namespace eventbus
