#include "adapters/aws/constraints.h"

#include "adapters/aws/events/constraints.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace eventbus::aws {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

// What the constraints of EventBridge say to an input; "" = nothing.
std::string said(std::string_view operation, std::string_view input) {
  const Constraints constraints(events_inputs());
  json::object object = json::parse(json::string_view(input.data(), input.size())).as_object();
  const auto error = constraints.admit(operation, object);
  return error ? error->type + ": " + error->message : "";
}

json::object admitted(std::string_view operation, std::string_view input) {
  const Constraints constraints(events_inputs());
  json::object object = json::parse(json::string_view(input.data(), input.size())).as_object();
  EXPECT_FALSE(constraints.admit(operation, object));
  return object;
}

TEST(Constraints, NameARequiredMember) {
  EXPECT_EQ(said("DescribeRule", "{}"),
            "ValidationException: 1 validation error detected: Value null at 'name' failed to satisfy constraint: "
            "Member must not be null");
  EXPECT_EQ(said("TagResource", R"({"Tags":null})"),
            "ValidationException: 2 validation errors detected: "
            "Value null at 'resourceARN' failed to satisfy constraint: Member must not be null; "
            "Value null at 'tags' failed to satisfy constraint: Member must not be null");
}

TEST(Constraints, CollectEveryViolation) {
  EXPECT_EQ(
      said("PutRule", R"({"Name":"no spaces","State":"ON","RoleArn":""})"),
      "ValidationException: 3 validation errors detected: "
      R"(Value 'no spaces' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+; )"
      "Value 'ON' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED, "
      "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]; "
      "Value '' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 1");
}

TEST(Constraints, ReachIntoListsOfStructures) {
  EXPECT_EQ(
      said("PutTargets", R"({"Rule":"r","Targets":[{"Id":"a b","Arn":"arn"}]})"),
      R"(ValidationException: 1 validation error detected: Value 'a b' at 'targets.1.member.id' failed to satisfy )"
      R"(constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+)");
  EXPECT_EQ(
      said(
          "PutTargets",
          R"({"Rule":"r","Targets":[{"Id":"a","Arn":"x"},{"Id":"b","Arn":"x","RetryPolicy":{"MaximumRetryAttempts":186,"MaximumEventAgeInSeconds":59}}]})"),
      "ValidationException: 2 validation errors detected: "
      "Value '186' at 'targets.2.member.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: Member must "
      "have value less than or equal to 185; "
      "Value '59' at 'targets.2.member.retryPolicy.maximumEventAgeInSeconds' failed to satisfy constraint: Member "
      "must have value greater than or equal to 60");
}

TEST(Constraints, TellAllConstraintsOfMapKeys) {  // captured, behaviour §1
  EXPECT_EQ(
      said(
          "PutTargets",
          R"({"Rule":"r","Targets":[{"Id":"a","Arn":"x","InputTransformer":{"InputPathsMap":{"bad.key":"$.detail.text"},"InputTemplate":"t"}}]})"),
      "ValidationException: 1 validation error detected: Value '{bad.key=$.detail.text}' at "
      "'targets.1.member.inputTransformer.inputPathsMap' failed to satisfy constraint: Map keys must satisfy "
      "constraint: [Member must have length less than or equal to 256, Member must have length greater than or "
      R"(equal to 1, Member must satisfy regular expression pattern: [A-Za-z0-9\_\-]+])");
}

TEST(Constraints, PrintStructuresAsAwsDoes) {  // captured, behaviour §5
  std::string entries;
  for (int i = 0; i < 11; ++i)
    entries += std::string(i ? "," : "") + R"({"Source":"s","DetailType":"d","Detail":"{}"})";
  const std::string message = said("PutEvents", R"({"Entries":[)" + entries + "]}");
  EXPECT_THAT(message, HasSubstr("1 validation error detected: Value '[PutEventsRequestEntry(time=null, source=s, "
                                 "resources=null, detailType=d, detail={}, eventBusName=null, traceHeader=null, "
                                 "kmsKeyIdentifier=null, internalMetadata=null), PutEventsRequestEntry("));
  EXPECT_THAT(message, HasSubstr(")]' at 'entries' failed to satisfy constraint: Member must have length less than or "
                                 "equal to 10"));
}

TEST(Constraints, RefuseAnEmptyTraceHeader) {  // captured, behaviour §5
  EXPECT_EQ(said("PutEvents", R"({"Entries":[{"TraceHeader":""}]})"),
            "ValidationException: 1 validation error detected: Value '' at 'entries.1.member.traceHeader' failed to "
            "satisfy constraint: Member must have length greater than or equal to 1");
}

TEST(Constraints, BoundPages) {
  EXPECT_EQ(said("ListRules", R"({"Limit":0,"NextToken":""})"),
            "ValidationException: 2 validation errors detected: "
            "Value '' at 'nextToken' failed to satisfy constraint: Member must have length greater than or equal to 1; "
            "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1");
  EXPECT_THAT(said("ListRules", R"({"Limit":101})"), HasSubstr("Member must have value less than or equal to 100"));
}

TEST(Constraints, RefusePermissionsForArnsAndWildcards) {  // captured, behaviour §6
  const std::string message =
      said("PutPermission", R"({"Action":"events:*","Principal":"arn:aws:iam::111122223333:root","StatementId":"s"})");
  EXPECT_THAT(message, HasSubstr("3 validation errors detected"));
  EXPECT_THAT(message, HasSubstr("pattern: events:[a-zA-Z]+"));
  EXPECT_THAT(
      message,
      HasSubstr("at 'principal' failed to satisfy constraint: Member must have length less than or equal to 12"));
  EXPECT_THAT(message, HasSubstr(R"(pattern: (\d{12}|\*))"));
}

TEST(Constraints, TakeBusesByNameAndByArn) {
  EXPECT_EQ(said("DescribeEventBus", R"({"Name":"arn:aws:events:us-east-1:000000000000:event-bus/orders"})"), "");
  EXPECT_EQ(said("DescribeEventBus", R"({"Name":"orders"})"), "");
  EXPECT_THAT(said("DescribeEventBus", R"({"Name":"arn:aws:sqs:us-east-1:000000000000:orders"})"),
              HasSubstr("at 'name'"));
}

TEST(Constraints, CountCharactersAsUtf16) {
  const auto description = [](const std::string& character, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += character;
    return said("CreateEventBus", R"({"Name":"b","Description":")" + text + R"("})");
  };
  EXPECT_EQ(description("\xC3\xA9", 512), "");
  EXPECT_THAT(description("\xC3\xA9", 513), HasSubstr("less than or equal to 512"));
  EXPECT_EQ(description("\xF0\x9F\x98\x80", 256), "");
  EXPECT_THAT(description("\xF0\x9F\x98\x80", 257), HasSubstr("less than or equal to 512"));
}

TEST(Constraints, SurviveVeryLongText) {
  const std::string message = said("DescribeRule", R"({"Name":")" + std::string(1 << 20, 'a') + R"("})");
  EXPECT_THAT(message, HasSubstr("Member must have length less than or equal to 64"));
}

TEST(Constraints, RefuseWrongTypesBeforeAnythingElse) {
  EXPECT_EQ(said("DescribeRule", R"({"Name":5})"),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(said("DescribeRule", R"({"Name":true})"),
            "SerializationException: TRUE_VALUE can not be converted to a String");
  EXPECT_EQ(said("ListRules", R"({"Limit":"5"})"),
            "SerializationException: STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(said("DeleteRule", R"({"Name":"r","Force":"yes"})"),
            "SerializationException: STRING_VALUE can not be converted to a Boolean");
  EXPECT_EQ(said("RemoveTargets", R"({"Rule":"r","Ids":"one"})"), "SerializationException: Expected list or null");
  EXPECT_EQ(said("RemoveTargets", R"({"Rule":"r","Ids":{}})"),
            "SerializationException: Start of structure or map found where not expected.");
  EXPECT_EQ(said("PutTargets", R"({"Rule":"r","Targets":[[]]})"),
            "SerializationException: Start of list found where not expected");
}

TEST(Constraints, LeaveWhatTheModelKnows) {
  EXPECT_EQ(json::serialize(admitted("ListRules", R"({"Limit":5.9,"NamePrefix":null,"Colour":"red"})")),
            R"({"Limit":5})");
  EXPECT_EQ(
      json::serialize(admitted(
          "PutTargets",
          R"({"Rule":"r","Targets":[{"Id":"i","Arn":"a","Nonsense":1,"SqsParameters":{"MessageGroupId":null}}]})")),
      R"({"Rule":"r","Targets":[{"Id":"i","Arn":"a","SqsParameters":{}}]})");
}

TEST(Constraints, NeverRepeatASecret) {
  const std::string message =
      said("PutTargets",
           R"({"Rule":"r","Targets":[{"Id":"i","Arn":"a","RedshiftDataParameters":{"Database":"d","Sql":""}}]})");
  EXPECT_THAT(message, HasSubstr("'*** Sensitive Data Redacted ***' at 'targets.1.member.redshiftDataParameters.sql'"));
}

TEST(Constraints, ReadPathParametersWithoutALookAhead) {
  const auto path = [](const char* parameter) {
    return said(
        "PutTargets",
        std::string(R"({"Rule":"r","Targets":[{"Id":"i","Arn":"a","HttpParameters":{"PathParameterValues":[")") +
            parameter + R"("]}}]})");
  };
  EXPECT_EQ(path("x"), "");
  EXPECT_EQ(path(" x "), "");
  EXPECT_THAT(path("  "), HasSubstr(R"(pattern: ^(?!\s*$).+)"));
}

}  // namespace
}  // namespace eventbus::aws
