#include "tests/unit/adapters/events_fixture.h"

namespace eventbus::aws {
namespace {

using ::testing::HasSubstr;

class Targets : public EventsFixture {
 protected:
  Targets() { done("PutRule", R"({"Name":"r","EventPattern":"{\"source\":[\"a\"]}"})"); }

  // PutTargets of one target on the rule.
  std::string put(const std::string& target) {
    return answer("PutTargets", R"({"Rule":"r","Targets":[)" + target + "]}");
  }
  std::string put_arn(const std::string& arn, const std::string& more = "") {
    return put(R"({"Id":"t","Arn":")" + arn + "\"" + more + "}");
  }
  std::string listed() { return boost::json::serialize(done("ListTargetsByRule", R"({"Rule":"r"})").at("Targets")); }
};

constexpr const char* kDone = R"({"FailedEntryCount":0,"FailedEntries":[]})";
constexpr const char* kRole = R"(,"RoleArn":"arn:aws:iam::000000000000:role/r")";

TEST_F(Targets, ComeBackAsTheyWerePut) {
  // What Terraform's resources send, target kinds that nothing delivers to included.
  for (
      const char* target : {
          R"({"Id":"t","Arn":"arn:aws:sqs:us-east-1:000000000000:q","DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:000000000000:dlq"},"RetryPolicy":{"MaximumRetryAttempts":3,"MaximumEventAgeInSeconds":3600}})",
          R"({"Id":"t","Arn":"arn:aws:sqs:us-east-1:000000000000:q.fifo","SqsParameters":{"MessageGroupId":"g"}})",
          R"({"Id":"t","Arn":"arn:aws:lambda:us-east-1:000000000000:function:f","Input":"{ \"a\" : 1 }"})",
          R"({"Id":"t","Arn":"arn:aws:sns:us-east-1:000000000000:topic","InputPath":"$.detail"})",
          R"({"Id":"t","Arn":"arn:aws:lambda:us-east-1:000000000000:function:f","InputTransformer":{"InputPathsMap":{"a":"$.detail.a"},"InputTemplate":"\"<a>\""}})",
          R"({"Id":"t","Arn":"arn:aws:kinesis:us-east-1:000000000000:stream/s","RoleArn":"arn:aws:iam::000000000000:role/r","KinesisParameters":{"PartitionKeyPath":"$.detail.id"}})",
          R"({"Id":"t","Arn":"arn:aws:execute-api:us-east-1:000000000000:api/prod/POST/p","RoleArn":"arn:aws:iam::000000000000:role/r","HttpParameters":{"PathParameterValues":["x"],"HeaderParameters":{"h":"v"},"QueryStringParameters":{"q":"v"}}})",
          R"({"Id":"t","Arn":"arn:aws:ecs:us-east-1:000000000000:cluster/c","RoleArn":"arn:aws:iam::000000000000:role/r","EcsParameters":{"TaskDefinitionArn":"arn:aws:ecs:us-east-1:000000000000:task-definition/t","TaskCount":3,"LaunchType":"FARGATE","NetworkConfiguration":{"awsvpcConfiguration":{"Subnets":["s"],"AssignPublicIp":"ENABLED"}}}})",
          R"({"Id":"t","Arn":"arn:aws:batch:us-east-1:000000000000:job-queue/q","RoleArn":"arn:aws:iam::000000000000:role/r","BatchParameters":{"JobDefinition":"d","JobName":"n","ArrayProperties":{"Size":2},"RetryStrategy":{"Attempts":5}}})",
      }) {
    EXPECT_EQ(put(target), kDone);
    EXPECT_EQ(boost::json::parse(listed()), boost::json::parse("[" + std::string(target) + "]"));
    restart();
    EXPECT_EQ(boost::json::parse(listed()), boost::json::parse("[" + std::string(target) + "]"));
  }
}

TEST_F(Targets, GetOneTaskWhenTheyAreEcsAndSayNothing) {
  put_arn("arn:aws:ecs:us-east-1:000000000000:cluster/c",
          std::string(kRole) + R"(,"EcsParameters":{"TaskDefinitionArn":"td"})");
  EXPECT_THAT(listed(), HasSubstr(R"("EcsParameters":{"TaskDefinitionArn":"td","TaskCount":1})"));
}

TEST_F(Targets, ReplaceTheOneOfTheirIdWholly) {
  put_arn("arn:aws:sqs:us-east-1:000000000000:q", R"(,"Input":"1","RetryPolicy":{"MaximumRetryAttempts":3})");
  put_arn("arn:aws:sqs:us-east-1:000000000000:other");
  EXPECT_EQ(listed(), R"([{"Id":"t","Arn":"arn:aws:sqs:us-east-1:000000000000:other"}])");
}

TEST_F(Targets, AreFivePerRule) {
  for (const char* id : {"1", "2", "3", "4", "5"})
    EXPECT_EQ(put(R"({"Arn":"arn:aws:sqs:us-east-1:000000000000:q","Id":")" + std::string(id) + R"("})"), kDone);
  EXPECT_EQ(put(R"({"Arn":"arn:aws:sqs:us-east-1:000000000000:q","Id":"6"})"),
            "LimitExceededException: The requested resource exceeds the maximum number allowed.");
  EXPECT_EQ(put(R"({"Arn":"arn:aws:sqs:us-east-1:000000000000:p","Id":"5"})"), kDone);
  limits_.targets_per_rule = 6;
  EXPECT_EQ(put(R"({"Arn":"arn:aws:sqs:us-east-1:000000000000:q","Id":"6"})"), kDone);
}

TEST_F(Targets, AreListedByIdInPages) {
  answer(
      "PutTargets",
      R"({"Rule":"r","Targets":[{"Id":"b","Arn":"arn:aws:sqs:us-east-1:000000000000:q"},{"Id":"a","Arn":"arn:aws:sqs:us-east-1:000000000000:q"}]})");
  const boost::json::value first = done("ListTargetsByRule", R"({"Rule":"r","Limit":1})");
  EXPECT_EQ(first.at("Targets").as_array()[0].at("Id"), "a");
  const boost::json::value second = done(
      "ListTargetsByRule", R"({"Rule":"r","NextToken":")" + std::string(first.at("NextToken").as_string()) + R"("})");
  EXPECT_EQ(second.at("Targets").as_array()[0].at("Id"), "b");
  EXPECT_EQ(answer("ListTargetsByRule", R"({"Rule":"r","NextToken":"eA=="})"),
            "ValidationException: Parameter NextToken is not valid.");
}

TEST_F(Targets, OfRulesThatDoNotExist) {
  constexpr const char* kMissing = "ResourceNotFoundException: Rule x does not exist on EventBus default.";
  EXPECT_EQ(answer("PutTargets", R"({"Rule":"x","Targets":[{"Id":"t","Arn":"arn:aws:sqs:us-east-1:000000000000:q"}]})"),
            kMissing);
  EXPECT_EQ(answer("ListTargetsByRule", R"({"Rule":"x"})"), kMissing);
  EXPECT_EQ(answer("RemoveTargets", R"({"Rule":"x","Ids":["t"]})"), kMissing);
  EXPECT_EQ(answer("ListTargetsByRule", R"({"Rule":"x","EventBusName":"nope"})"),
            "ResourceNotFoundException: Event bus nope does not exist.");
}

TEST_F(Targets, AreRemovedEvenWhenTheyAreGone) {
  put_arn("arn:aws:sqs:us-east-1:000000000000:q");
  EXPECT_EQ(answer("RemoveTargets", R"({"Rule":"r","Ids":["t","unknown"]})"), kDone);
  EXPECT_EQ(answer("RemoveTargets", R"({"Rule":"r","Ids":["t"]})"), kDone);
  EXPECT_EQ(listed(), "[]");
}

// Behaviour §9, captured.

TEST_F(Targets, NeedAWellFormedArn) {
  for (const char* arn :
       {"nonsense", "arn:aws:sqs:us-east-1:000000000000:", "arn:aws:sqs:us-east-1:12:q", "arn:aws:sqs::000000000000:q",
        "arn:aws:sqs:us-east-1:000000000000:q:x", "arn:aws:sqs:us-east-1:000000000000:a/q"})
    EXPECT_EQ(put_arn(arn), "ValidationException: Parameter " + std::string(arn) +
                                " is not valid. Reason: Provided Arn is not in correct format.");
  EXPECT_EQ(put_arn("arn:aws:events:us-east-1:::"),
            "ValidationException: Parameter arn:aws:events:us-east-1::: is not valid. Reason: Service as target config "
            "for ARN: "
            "arn:aws:events:us-east-1::: not found. The API call hasn't been recognized as managed rules call");
  EXPECT_EQ(put_arn("arn:aws:sqs:us-east-1:000000000000:q", R"(,"DeadLetterConfig":{"Arn":"dlq"})"),
            "ValidationException: Parameter dlq is not valid. Reason: Provided Arn is not in correct format.");
}

TEST_F(Targets, HaveOneKindOfInput) {
  constexpr const char* kOnlyOne =
      "ValidationException: Only one of Input, InputPath, or InputTransformer must be provided for target t.";
  EXPECT_EQ(put_arn("arn:aws:sqs:us-east-1:000000000000:q", R"(,"Input":"1","InputPath":"$.id")"), kOnlyOne);
  EXPECT_EQ(put_arn("arn:aws:sqs:us-east-1:000000000000:q",
                    R"(,"InputPath":"$.id","InputTransformer":{"InputTemplate":"1"})"),
            kOnlyOne);
}

TEST_F(Targets, NeedInputThatCanBeUsed) {
  EXPECT_EQ(
      put_arn("arn:aws:sqs:us-east-1:000000000000:q", R"(,"Input":"not-json")"),
      R"x(ValidationException: JSON syntax error in input for target t: [Source: (String)"not-json"; line: 1, column: 1])x");
  EXPECT_EQ(put_arn("arn:aws:sqs:us-east-1:000000000000:q", R"(,"InputPath":"detail")"),
            "ValidationException: InputPath for target t is invalid.");
  EXPECT_EQ(put_arn("arn:aws:sqs:us-east-1:000000000000:q",
                    R"(,"InputTransformer":{"InputPathsMap":{"a":"$.a"},"InputTemplate":"\"<b>\""})"),
            "ValidationException: InputTemplate for target t contains invalid placeholder b.");
}

TEST_F(Targets, ThatAreBuses) {
  const std::string bus = "arn:aws:events:us-east-1:111122223333:event-bus/other";
  EXPECT_EQ(put_arn(bus), "ValidationException: RoleArn is required for target " + bus + ".");
  EXPECT_EQ(put_arn(bus, std::string(kRole) + R"(,"Input":"1")"),
            "ValidationException: Modifying the input for target t is not supported.");
  EXPECT_EQ(put_arn(bus, std::string(kRole) + R"(,"RetryPolicy":{"MaximumRetryAttempts":1})"),
            "ValidationException: Retry policy is not supported for Event bus targets.");
  EXPECT_EQ(put_arn("arn:aws:events:us-east-1:000000000000:event-bus/default", kRole),
            "ValidationException: Source EventBus and Target EventBus must not be the same.");
  EXPECT_THAT(put_arn("arn:aws:events:nowhere:111122223333:event-bus/other", kRole),
              HasSubstr("Provided Arn is not in correct format."));
  EXPECT_EQ(put_arn(bus, kRole), kDone);
  EXPECT_EQ(put_arn("arn:aws:events:eu-west-1:111122223333:event-bus/other", kRole), kDone);
  EXPECT_EQ(put_arn(bus), "ValidationException: RoleArn is required for target " + bus + ".");
  EXPECT_THAT(listed(), HasSubstr("eu-west-1")) << "a rejected update leaves the stored target alone";
  limits_.allow_bus_target_without_role = true;
  EXPECT_EQ(put_arn(bus), kDone);
}

TEST_F(Targets, ThatAreUrlsAreTakenWhereTheyAreAllowed) {
  const std::string url = "http://127.0.0.1:8080/hook?a=b";
  EXPECT_EQ(put_arn(url),
            "ValidationException: Parameter " + url + " is not valid. Reason: Provided Arn is not in correct format.");
  limits_.allow_http_targets = true;
  EXPECT_EQ(put_arn(url), kDone);
  EXPECT_EQ(put_arn("https://example.com", R"(,"InputPath":"$.detail","RetryPolicy":{"MaximumRetryAttempts":1})"),
            kDone);
  EXPECT_THAT(put_arn(url, R"(,"Input":"not JSON")"), HasSubstr("JSON syntax error in input"));
  for (const std::string bad :
       {"http://", "https:///path", "http://user:secret@host/", "ftp://host/", "http://ho st/"}) {
    EXPECT_THAT(put_arn(bad), HasSubstr("Provided Arn is not in correct format.")) << bad;
  }
}

TEST_F(Targets, ThatAreReachedInARoleNeedOne) {
  for (const char* arn :
       {"arn:aws:kinesis:us-east-1:000000000000:stream/s", "arn:aws:firehose:us-east-1:000000000000:deliverystream/s",
        "arn:aws:states:us-east-1:000000000000:stateMachine:m", "arn:aws:batch:us-east-1:000000000000:job-queue/q",
        "arn:aws:codebuild:us-east-1:000000000000:project/p", "arn:aws:codepipeline:us-east-1:000000000000:p",
        "arn:aws:execute-api:us-east-1:000000000000:a/s/GET/p",
        "arn:aws:events:us-east-1:000000000000:api-destination/d/u",
        "arn:aws:redshift:us-east-1:000000000000:cluster:c", "arn:aws:sagemaker:us-east-1:000000000000:pipeline/p",
        "arn:aws:ecs:us-east-1:000000000000:cluster/c"}) {
    EXPECT_EQ(put_arn(arn), "ValidationException: RoleArn is required for target " + std::string(arn) + ".");
  }
}

TEST_F(Targets, ThatAreLogGroupsTakeNeitherRoleNorInput) {
  const std::string group = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/g";
  EXPECT_EQ(put_arn(group, kRole), "ValidationException: RoleArn is not supported for target " + group + ".");
  EXPECT_THAT(put_arn(group, R"(,"Input":"1")"), HasSubstr("ValidationException"));
  EXPECT_THAT(put_arn(group, R"(,"InputPath":"$.id")"), HasSubstr("ValidationException"));
  EXPECT_EQ(put_arn(group), kDone);
}

TEST_F(Targets, ThatAreEcsNeedATaskDefinitionAndNoInputPath) {
  EXPECT_THAT(put_arn("arn:aws:ecs:us-east-1:000000000000:cluster/c", kRole), HasSubstr("EcsParameters"));
  EXPECT_THAT(put_arn("arn:aws:ecs:us-east-1:000000000000:cluster/c",
                      std::string(kRole) + R"(,"InputPath":"$.id","EcsParameters":{"TaskDefinitionArn":"td"})"),
              HasSubstr("InputPath"));
}

TEST_F(Targets, ThatAreFifoQueuesNeedAGroup) {
  EXPECT_EQ(put_arn("arn:aws:sqs:us-east-1:000000000000:q.fifo"),
            "ValidationException: Parameter(s) SqsParameters must be specified for target: t.");
}

TEST_F(Targets, AreAllOrNone) {
  EXPECT_THAT(
      answer(
          "PutTargets",
          R"({"Rule":"r","Targets":[{"Id":"good","Arn":"arn:aws:sqs:us-east-1:000000000000:q"},{"Id":"bad","Arn":"x"}]})"),
      HasSubstr("ValidationException"));
  EXPECT_EQ(listed(), "[]");
}

}  // namespace
}  // namespace eventbus::aws
