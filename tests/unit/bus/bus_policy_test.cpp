#include "bus/bus_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventbus {
namespace {

constexpr const char* kBus = "arn:aws:events:us-east-1:000000000000:event-bus/orders";

Permission permission(std::string id, std::string principal) {
  return {std::move(id), std::move(principal), "events:PutEvents", std::nullopt};
}

std::string fault_of(const char* policy) {
  const auto checked = check_policy(policy, kBus);
  return checked ? "accepted: " + *checked : checked.error().message;
}

TEST(BusPolicy, WritesAnAccountAsItsRootArnAndEverybodyAsAStar) {
  const auto first = add_permission(std::nullopt, kBus, permission("one", "111122223333"));
  EXPECT_EQ(
      *first,
      R"({"Version":"2012-10-17","Statement":[{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},)"
      R"("Action":"events:PutEvents","Resource":"arn:aws:events:us-east-1:000000000000:event-bus/orders"}]})");
  Permission everybody = permission("all", "*");
  everybody.condition = {"StringEquals", "aws:PrincipalOrgID", "o-abcdefghij"};
  const auto second = add_permission(std::nullopt, kBus, everybody);
  EXPECT_EQ(
      *second,
      R"({"Version":"2012-10-17","Statement":[{"Sid":"all","Effect":"Allow","Principal":"*","Action":"events:PutEvents",)"
      R"("Resource":"arn:aws:events:us-east-1:000000000000:event-bus/orders",)"
      R"("Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}}]})");
}

TEST(BusPolicy, ReplacesTheStatementOfTheSameId) {
  const auto one = add_permission(std::nullopt, kBus, permission("one", "111122223333"));
  const auto two = add_permission(*one, kBus, permission("two", "444455556666"));
  const auto replaced = add_permission(*two, kBus, permission("one", "*"));
  EXPECT_NE(replaced->find(R"("Sid":"one","Effect":"Allow","Principal":"*")"), std::string::npos) << *replaced;
  EXPECT_NE(replaced->find("444455556666"), std::string::npos);
  EXPECT_EQ(replaced->find("111122223333"), std::string::npos);
}

TEST(BusPolicy, RemovesOneStatementAndThePolicyWithTheLast) {
  const auto one = add_permission(std::nullopt, kBus, permission("one", "111122223333"));
  const auto two = add_permission(*one, kBus, permission("two", "444455556666"));
  const auto left = remove_permission(*two, "one");
  ASSERT_TRUE(left->has_value());
  EXPECT_EQ((*left)->find("111122223333"), std::string::npos);
  EXPECT_FALSE(remove_permission(*left, "two")->has_value());
}

TEST(BusPolicy, SaysWhichStatementIsMissing) {
  const auto none = remove_permission(std::nullopt, "one");
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(none.error().message, "Statement with the provided id does not exist.");
}

TEST(BusPolicy, RefusesWhatTheShortFormDoesNotKnow) {
  const auto fault = [](Permission refused) { return add_permission(std::nullopt, kBus, refused).error().message; };
  Permission base = permission("one", "*");
  base.action = "events:CreateArchive";
  EXPECT_EQ(fault(base), "Provided value in parameter 'action' is not supported.");
  base.action = "events:PutEvents";
  base.condition = {"StringLike", "aws:PrincipalOrgID", "o-abcdefghij"};
  EXPECT_EQ(fault(base), "Provided value in parameter 'condition.type' is not supported.");
  base.condition = {"StringEquals", "aws:SourceArn", "o-abcdefghij"};
  EXPECT_EQ(fault(base), "Provided value in parameter 'condition.key' is not supported.");
  base.condition = {"StringEquals", "aws:PrincipalOrgID", "my-org"};
  EXPECT_EQ(fault(base), "Provided value in parameter 'condition.value' is invalid.");
}

TEST(BusPolicy, NormalisesADocument) {
  EXPECT_EQ(fault_of(R"({"Version": "2012-10-17", "Statement": {"Sid": "s", "Effect": "Allow",
                        "Principal": {"AWS": ["111122223333", "arn:aws:iam::444455556666:root"]},
                        "Action": ["events:Put*", "events:DescribeRule"], "Resource": "*"}})"),
            R"(accepted: {"Version":"2012-10-17","Statement":{"Sid":"s","Effect":"Allow",)"
            R"("Principal":{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::444455556666:root"]},)"
            R"("Action":["events:Put*","events:DescribeRule"],"Resource":"*"}})");
}

// Captured, behaviour §6.
TEST(BusPolicy, RefusesDocumentsInTheWordsOfAws) {
  EXPECT_EQ(fault_of("{nonsense"), "This policy contains invalid Json");
  EXPECT_EQ(fault_of("null"), "This text appears not to be a policy");
  EXPECT_EQ(fault_of(R"({"Version":"2012-10-17"})"), "Could not parse the policy: Statement is empty!");
  EXPECT_EQ(fault_of(R"({"Version":"2012-10-17","Statement":[]})"), "Could not parse the policy: Statement is empty!");
  EXPECT_EQ(fault_of(R"({"Statement":[{}]})"), "Missing required field Version");
  EXPECT_EQ(fault_of(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]})"), "Missing required field Sid");
  EXPECT_EQ(
      fault_of(
          R"({"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"events:PutEvents"}]})"),
      "Missing required field Resource");
  EXPECT_EQ(
      fault_of(
          R"({"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"arn:aws:events:us-east-1:000000000000:event-bus/other"}]})"),
      R"(The relative-id "event-bus/other" is invalid for ARN "arn:aws:events:us-east-1:000000000000:event-bus/other")");
  EXPECT_EQ(
      fault_of(
          R"({"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]})"),
      "Provided value in parameter 'action' is not supported.");
}

TEST(BusPolicy, KnowsTwoEffects) {
  EXPECT_THAT(
      fault_of(
          R"({"Version":"2012-10-17","Statement":{"Sid":"a","Effect":"Deny","Principal":"*","Action":"events:PutEvents","Resource":"*"}})"),
      testing::StartsWith("accepted"));
  EXPECT_EQ(
      fault_of(
          R"({"Version":"2012-10-17","Statement":{"Sid":"a","Effect":"Perhaps","Principal":"*","Action":"events:PutEvents","Resource":"*"}})"),
      R"(Invalid effect: "Perhaps")");
}

TEST(BusPolicy, PointsAtTheStatementWhoseIdStandsTwice) {
  const std::string statement =
      R"({"Sid":"a","Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"*"})";
  const std::string policy = R"({"Version":"2012-10-17","Statement":[)" + statement + "," + statement + "]}";
  EXPECT_EQ(fault_of(policy.c_str()), "Invalid statement at line 1 column " +
                                          std::to_string(policy.rfind(statement) + 1) +
                                          ": The Statement Ids in the policy are not unique");
}

}  // namespace
}  // namespace eventbus
