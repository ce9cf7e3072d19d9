#include "tests/unit/adapters/events_fixture.h"

namespace eventbus::aws {
namespace {

using ::testing::HasSubstr;

class Buses : public EventsFixture {};

TEST_F(Buses, AreCreatedAndDescribedWithWhatWasGiven) {
  EXPECT_EQ(answer("CreateEventBus", R"({"Name":"orders","Description":"all orders","KmsKeyIdentifier":"alias/key",
              "DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:000000000000:dlq"},"LogConfig":{"Level":"INFO","IncludeDetail":"FULL"},
              "Tags":[{"Key":"team","Value":"shop"}]})"),
            R"({"EventBusArn":"arn:aws:events:us-east-1:000000000000:event-bus/orders","Description":"all orders",)"
            R"("KmsKeyIdentifier":"alias/key","DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:000000000000:dlq"},)"
            R"("LogConfig":{"IncludeDetail":"FULL","Level":"INFO"}})");
  const std::string described =
      R"({"Name":"orders","Arn":"arn:aws:events:us-east-1:000000000000:event-bus/orders","Description":"all orders",)"
      R"("KmsKeyIdentifier":"alias/key","DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:000000000000:dlq"},)"
      R"("LogConfig":{"IncludeDetail":"FULL","Level":"INFO"},"CreationTime":1767323045,"LastModifiedTime":1767323045})";
  EXPECT_EQ(answer("DescribeEventBus", R"({"Name":"orders"})"), described);
  EXPECT_EQ(answer("DescribeEventBus", R"({"Name":"arn:aws:events:us-east-1:000000000000:event-bus/orders"})"),
            described);
  restart();
  EXPECT_EQ(answer("DescribeEventBus", R"({"Name":"orders"})"), described);
}

TEST_F(Buses, SayNothingOfWhatWasNotGiven) {
  EXPECT_EQ(answer("CreateEventBus", R"({"Name":"orders"})"),
            R"({"EventBusArn":"arn:aws:events:us-east-1:000000000000:event-bus/orders"})");
  EXPECT_EQ(answer("DescribeEventBus", "{}"),
            R"({"Name":"default","Arn":"arn:aws:events:us-east-1:000000000000:event-bus/default"})");
}

TEST_F(Buses, CannotBeCreatedTwice) {
  done("CreateEventBus", R"({"Name":"orders"})");
  EXPECT_EQ(answer("CreateEventBus", R"({"Name":"orders"})"),
            "ResourceAlreadyExistsException: Event bus orders already exists.");
  EXPECT_EQ(answer("CreateEventBus", R"({"Name":"default"})"),
            "ResourceAlreadyExistsException: Event bus default already exists.");
  EXPECT_EQ(answer("CreateEventBus", R"({"Name":"a/b"})"), "ValidationException: Event bus name must not contain '/'.");
  EXPECT_THAT(answer("CreateEventBus", R"({"Name":"aws.partner/x/y","EventSourceName":"aws.partner/x/y"})"),
              HasSubstr("ResourceNotFoundException"));
}

TEST_F(Buses, AreLimitedInNumber) {
  limits_.buses_per_region = 2;
  done("CreateEventBus", R"({"Name":"one"})");
  done("CreateEventBus", R"({"Name":"two"})");
  EXPECT_EQ(answer("CreateEventBus", R"({"Name":"three"})"),
            "LimitExceededException: The requested resource exceeds the maximum number allowed.");
}

TEST_F(Buses, ThatDoNotExistAreNotFound) {
  EXPECT_EQ(answer("DescribeEventBus", R"({"Name":"nope"})"),
            "ResourceNotFoundException: Event bus nope does not exist.");
  EXPECT_EQ(answer("UpdateEventBus", R"({"Name":"nope"})"),
            "ResourceNotFoundException: Event bus nope does not exist.");
}

TEST_F(Buses, AreUpdatedMemberByMemberAndClearedByEmptyText) {
  done("CreateEventBus", R"({"Name":"orders","Description":"old","KmsKeyIdentifier":"alias/key"})");
  clock_.advance(std::chrono::seconds(5));
  EXPECT_EQ(
      answer(
          "UpdateEventBus",
          R"({"Name":"orders","Description":"new","DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:000000000000:dlq"}})"),
      R"({"Arn":"arn:aws:events:us-east-1:000000000000:event-bus/orders","Name":"orders","Description":"new",)"
      R"("KmsKeyIdentifier":"alias/key","DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:000000000000:dlq"}})");
  EXPECT_EQ(
      answer("UpdateEventBus", R"({"Name":"orders","Description":"","KmsKeyIdentifier":"","DeadLetterConfig":{}})"),
      R"({"Arn":"arn:aws:events:us-east-1:000000000000:event-bus/orders","Name":"orders"})");
  EXPECT_THAT(answer("DescribeEventBus", R"({"Name":"orders"})"),
              HasSubstr(R"("CreationTime":1767323045,"LastModifiedTime":1767323050)"));
}

TEST_F(Buses, CanBeUpdatedWhenTheyAreTheDefaultOne) {
  done("UpdateEventBus", R"({"LogConfig":{"Level":"TRACE"}})");
  restart();
  EXPECT_THAT(answer("DescribeEventBus", "{}"), HasSubstr(R"("LogConfig":{"Level":"TRACE"})"));
}

TEST_F(Buses, AreDeletedOnceTheirRulesAreGone) {
  done("CreateEventBus", R"({"Name":"orders"})");
  done("PutRule", R"({"Name":"r","EventBusName":"orders","EventPattern":"{\"source\":[\"a\"]}"})");
  EXPECT_EQ(answer("DeleteEventBus", R"({"Name":"orders"})"),
            "ValidationException: EventBus can't be deleted since it has rules.");
  done("DeleteRule", R"({"Name":"r","EventBusName":"orders"})");
  EXPECT_EQ(answer("DeleteEventBus", R"({"Name":"orders"})"), "{}");
  EXPECT_EQ(answer("DeleteEventBus", R"({"Name":"orders"})"), "{}") << "a bus that is gone is deleted silently";
  EXPECT_EQ(answer("DeleteEventBus", R"({"Name":"default"})"), "ValidationException: Cannot delete event bus default.");
  restart();
  EXPECT_THAT(answer("DescribeEventBus", R"({"Name":"orders"})"), HasSubstr("does not exist"));
}

TEST_F(Buses, AreListedByNameInPages) {
  for (const char* name : {"zebra", "apple", "app"})
    done("CreateEventBus", R"({"Name":")" + std::string(name) + R"("})");
  EXPECT_THAT(answer("ListEventBuses", "{}"), ::testing::MatchesRegex(R"(.*"app".*"apple".*"default".*"zebra".*)"));
  const boost::json::value apps = done("ListEventBuses", R"({"NamePrefix":"app"})");
  EXPECT_EQ(apps.at("EventBuses").as_array().size(), 2u);
  EXPECT_FALSE(apps.as_object().contains("NextToken"));

  const boost::json::value first = done("ListEventBuses", R"({"Limit":3})");
  const std::string token(first.at("NextToken").as_string());
  const boost::json::value second = done("ListEventBuses", R"({"Limit":1,"NextToken":")" + token + R"("})");
  ASSERT_EQ(second.at("EventBuses").as_array().size(), 1u);
  EXPECT_EQ(second.at("EventBuses").as_array()[0].at("Name"), "zebra");
  EXPECT_EQ(answer("ListEventBuses", R"({"NamePrefix":"app","NextToken":")" + token + R"("})"),
            "ValidationException: Parameter NextToken is not valid.");
  EXPECT_EQ(answer("ListEventBuses", R"({"NextToken":"made up"})"),
            "ValidationException: Parameter NextToken is not valid.");
}

TEST_F(Buses, OfAnotherAccountOrRegionAreOthers) {
  done("CreateEventBus", R"({"Name":"orders"})");
  scope_.region = "eu-west-1";
  EXPECT_EQ(answer("DescribeEventBus", R"({"Name":"orders"})"),
            "ResourceNotFoundException: Event bus orders does not exist.");
  scope_ = {"111122223333", "us-east-1"};
  EXPECT_EQ(answer("DescribeEventBus", R"({"Name":"orders"})"),
            "ResourceNotFoundException: Event bus orders does not exist.");
  EXPECT_THAT(answer("DescribeEventBus", R"({"Name":"arn:aws:events:us-east-1:000000000000:event-bus/orders"})"),
              HasSubstr(R"("Name":"orders")"))
      << "an ARN's account and region win";
}

class Permissions : public EventsFixture {
 protected:
  std::string policy() {
    const boost::json::value bus = done("DescribeEventBus", "{}");
    const boost::json::value* policy = bus.as_object().if_contains("Policy");
    return policy ? std::string(policy->as_string()) : "none";
  }
};

TEST_F(Permissions, AreAddedReplacedAndRemovedOneByOne) {
  done("PutPermission", R"({"StatementId":"one","Principal":"111122223333","Action":"events:PutEvents"})");
  done("PutPermission", R"({"StatementId":"all","Principal":"*","Action":"events:PutEvents",
                            "Condition":{"Type":"StringEquals","Key":"aws:PrincipalOrgID","Value":"o-abcdefghij"}})");
  EXPECT_EQ(
      policy(),
      R"({"Version":"2012-10-17","Statement":[{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
      R"("Action":"events:PutEvents","Resource":"arn:aws:events:us-east-1:000000000000:event-bus/default"},)"
      R"({"Sid":"all","Effect":"Allow","Principal":"*","Action":"events:PutEvents",)"
      R"("Resource":"arn:aws:events:us-east-1:000000000000:event-bus/default",)"
      R"("Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}}]})");
  done("RemovePermission", R"({"StatementId":"one"})");
  EXPECT_EQ(policy().find("111122223333"), std::string::npos);
  restart();
  EXPECT_THAT(policy(), HasSubstr("o-abcdefghij"));
  done("RemovePermission", R"({"RemoveAllPermissions":true})");
  EXPECT_EQ(policy(), "none");
  done("RemovePermission", R"({"RemoveAllPermissions":true})");
  EXPECT_EQ(answer("RemovePermission", R"({"StatementId":"one"})"),
            "ResourceNotFoundException: Statement with the provided id does not exist.");
  EXPECT_EQ(answer("RemovePermission", "{}"), "ValidationException: Parameter(s) StatementId must be specified.");
}

TEST_F(Permissions, AreReplacedAsAWholeByAPolicy) {
  done("PutPermission", R"({"StatementId":"one","Principal":"111122223333","Action":"events:PutEvents"})");
  done(
      "PutPermission",
      R"({"Policy":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Sid\":\"s\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"444455556666\"},\"Action\":\"events:PutRule\",\"Resource\":\"*\"}}"})");
  EXPECT_EQ(
      policy(),
      R"({"Version":"2012-10-17","Statement":{"Sid":"s","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"events:PutRule","Resource":"*"}})");
  // One statement more or less leaves the rest of the document alone.
  done(
      "PutPermission",
      R"({"Policy":"{\"Version\":\"2008-10-17\",\"Id\":\"mine\",\"Statement\":{\"Sid\":\"s\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"events:PutRule\",\"Resource\":\"*\"}}"})");
  done("PutPermission", R"({"StatementId":"one","Principal":"111122223333","Action":"events:PutEvents"})");
  EXPECT_THAT(policy(), HasSubstr(R"({"Version":"2008-10-17","Id":"mine","Statement":[{"Sid":"s","Effect":"Deny")"));
  done("RemovePermission", R"({"StatementId":"one"})");
  EXPECT_EQ(
      policy(),
      R"({"Version":"2008-10-17","Id":"mine","Statement":[{"Sid":"s","Effect":"Deny","Principal":"*","Action":"events:PutRule","Resource":"*"}]})");
  EXPECT_EQ(answer("PutPermission", R"({"Policy":"null"})"),
            "ValidationException: This text appears not to be a policy");
  limits_.bus_policy_bytes = 100;
  EXPECT_THAT(
      answer("PutPermission", R"({"StatementId":"one","Principal":"111122223333","Action":"events:PutEvents"})"),
      HasSubstr("PolicyLengthExceededException"));
}

TEST_F(Permissions, AreRefusedInTheWordsOfAws) {
  EXPECT_EQ(answer("PutPermission", "{}"), "ValidationException: Parameter(s) Action must be specified.");
  EXPECT_EQ(answer("PutPermission", R"({"Action":"events:PutEvents"})"),
            "ValidationException: Parameter(s) Principal must be specified.");
  EXPECT_EQ(answer("PutPermission", R"({"Action":"events:PutEvents","Principal":"*"})"),
            "ValidationException: Parameter(s) StatementId must be specified.");
  EXPECT_EQ(answer("PutPermission", R"({"Action":"events:CreateArchive","Principal":"*","StatementId":"s"})"),
            "ValidationException: Provided value in parameter 'action' is not supported.");
  EXPECT_EQ(
      answer("PutPermission", R"({"Policy":"{}","StatementId":"s"})"),
      "ValidationException: Action, Principal, StatementId and Condition could not be combined with Policy parameter.");
  EXPECT_EQ(answer("PutPermission",
                   R"({"EventBusName":"nope","Action":"events:PutEvents","Principal":"*","StatementId":"s"})"),
            "ResourceNotFoundException: Event bus nope does not exist.");
  EXPECT_EQ(answer("RemovePermission", R"({"EventBusName":"nope","StatementId":"s"})"),
            "ResourceNotFoundException: Event bus nope does not exist.");
}

}  // namespace
}  // namespace eventbus::aws
