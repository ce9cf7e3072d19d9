#include "tests/unit/adapters/events_fixture.h"

namespace eventbus::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RulesOfABus : public EventsFixture {
 protected:
  RulesOfABus() { done("CreateEventBus", R"({"Name":"orders"})"); }

  // As a service of the daemon makes them: archives, discoverers.
  void put_managed_rule(const std::string& name) {
    RuleSettings settings;
    settings.event_pattern = R"({"source":["a"]})";
    BusCatalog::Actor service{scope_.account, "prod.vhs.events.aws.internal"};
    RuleKey key{{scope_, "default"}, name};
    ASSERT_TRUE(eventbus::testing::run(catalog_->put_rule(key, std::move(settings), Tags(), service)));
    std::vector<Target> targets(1);
    targets[0].id = name;
    targets[0].arn = "arn:aws:events:us-east-1:::";
    ASSERT_TRUE(eventbus::testing::run(catalog_->put_targets(key, std::move(targets), service)));
  }
};

TEST_F(RulesOfABus, ArePutAndDescribed) {
  EXPECT_EQ(
      answer(
          "PutRule",
          R"({"Name":"shipped","EventBusName":"orders","EventPattern":"{\"source\": [\"shop\"]}","Description":"d"})"),
      R"({"RuleArn":"arn:aws:events:us-east-1:000000000000:rule/orders/shipped"})");
  const std::string described =
      R"({"Name":"shipped","Arn":"arn:aws:events:us-east-1:000000000000:rule/orders/shipped",)"
      R"("EventPattern":"{\"source\": [\"shop\"]}","State":"ENABLED","Description":"d","EventBusName":"orders","CreatedBy":"000000000000"})";
  EXPECT_EQ(answer("DescribeRule", R"({"Name":"shipped","EventBusName":"orders"})"), described);
  EXPECT_EQ(answer("DescribeRule",
                   R"({"Name":"shipped","EventBusName":"arn:aws:events:us-east-1:000000000000:event-bus/orders"})"),
            described);
  restart();
  EXPECT_EQ(answer("DescribeRule", R"({"Name":"shipped","EventBusName":"orders"})"), described);
}

TEST_F(RulesOfABus, HaveNoBusInTheirArnOnTheDefaultBus) {
  EXPECT_EQ(
      answer(
          "PutRule",
          R"json({"Name":"nightly","ScheduleExpression":"cron(0 3 * * ? *)","State":"DISABLED","RoleArn":"arn:aws:iam::000000000000:role/r"})json"),
      R"({"RuleArn":"arn:aws:events:us-east-1:000000000000:rule/nightly"})");
  EXPECT_EQ(
      answer("DescribeRule", R"({"Name":"nightly"})"),
      R"json({"Name":"nightly","Arn":"arn:aws:events:us-east-1:000000000000:rule/nightly","ScheduleExpression":"cron(0 3 * * ? *)",)json"
      R"("State":"DISABLED","RoleArn":"arn:aws:iam::000000000000:role/r","EventBusName":"default","CreatedBy":"000000000000"})");
}

TEST_F(RulesOfABus, AreReplacedAsAWholeExceptForTheirTargetsAndTags) {
  done(
      "PutRule",
      R"({"Name":"r","EventPattern":"{\"source\":[\"a\"]}","Description":"d","State":"DISABLED","Tags":[{"Key":"k","Value":"v"}]})");
  done("PutTargets", R"({"Rule":"r","Targets":[{"Id":"t","Arn":"arn:aws:sqs:us-east-1:000000000000:q"}]})");
  done("PutRule",
       R"json({"Name":"r","ScheduleExpression":"rate(5 minutes)","Tags":[{"Key":"other","Value":"ignored"}]})json");
  EXPECT_EQ(
      answer("DescribeRule", R"({"Name":"r"})"),
      R"json({"Name":"r","Arn":"arn:aws:events:us-east-1:000000000000:rule/r","ScheduleExpression":"rate(5 minutes)",)json"
      R"("State":"ENABLED","EventBusName":"default","CreatedBy":"000000000000"})");
  EXPECT_THAT(answer("ListTargetsByRule", R"({"Rule":"r"})"), HasSubstr("sqs"));
  EXPECT_EQ(answer("ListTagsForResource", R"({"ResourceARN":"arn:aws:events:us-east-1:000000000000:rule/r"})"),
            R"({"Tags":[{"Key":"k","Value":"v"}]})");
}

TEST_F(RulesOfABus, AreRefusedInTheWordsOfAws) {
  EXPECT_EQ(answer("PutRule", R"({"Name":"r"})"),
            "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be specified.");
  EXPECT_EQ(answer("PutRule", R"({"Name":"r","EventBusName":"orders","ScheduleExpression":""})"),
            "ValidationException: ScheduleExpression is supported only on the default event bus.");
  EXPECT_EQ(answer("PutRule", R"json({"Name":"r","ScheduleExpression":"rate(1 minutes)"})json"),
            "ValidationException: Parameter ScheduleExpression is not valid.");
  EXPECT_EQ(answer("PutRule", R"({"Name":"r","EventBusName":"nope","EventPattern":"{\"source\":[\"a\"]}"})"),
            "ResourceNotFoundException: Event bus nope does not exist.");
  EXPECT_THAT(answer("PutRule", R"({"Name":"r","EventPattern":"{\"source\":\"a\"}"})"),
              HasSubstr("InvalidEventPatternException: Event pattern is not valid. Reason: \"source\" must be an "
                        "object or an array"));
  EXPECT_EQ(
      answer(
          "PutRule",
          R"({"Name":"r","EventPattern":"{\"source\":[\"a\"]}","Tags":[{"Key":"k","Value":"1"},{"Key":"k","Value":"2"}]})"),
      "ValidationException: Duplicate tag key found: k.");
}

TEST_F(RulesOfABus, StayAsTheyWereWhenTheirReplacementIsInvalid) {
  done("PutRule", R"({"Name":"r","EventPattern":"{\"source\":[\"a\"]}"})");
  EXPECT_THAT(answer("PutRule", R"({"Name":"r","EventPattern":"{}"})"), HasSubstr("InvalidEventPatternException"));
  EXPECT_THAT(answer("DescribeRule", R"({"Name":"r"})"), HasSubstr(R"({\"source\":[\"a\"]})"));
}

TEST_F(RulesOfABus, AreLimited) {
  limits_.rules_per_bus = 2;
  limits_.wildcard_rules_per_bus = 1;
  limits_.event_pattern_characters = 40;
  constexpr const char* kExceeded =
      "LimitExceededException: The requested resource exceeds the maximum number allowed.";
  done("PutRule", R"({"Name":"a","EventPattern":"{\"source\":[{\"wildcard\":\"a*b\"}]}"})");
  done("PutRule", R"({"Name":"a","EventPattern":"{\"source\":[{\"wildcard\":\"a*c\"}]}"})");
  EXPECT_EQ(answer("PutRule", R"({"Name":"b","EventPattern":"{\"source\":[{\"wildcard\":\"a*b\"}]}"})"), kExceeded);
  done("PutRule", R"({"Name":"b","EventPattern":"{\"source\":[\"a\"]}"})");
  done("PutRule", R"({"Name":"b","EventPattern":"{\"source\":[\"b\"]}"})");
  EXPECT_EQ(answer("PutRule", R"({"Name":"c","EventPattern":"{\"source\":[\"a\"]}"})"), kExceeded);
  EXPECT_THAT(answer("PutRule", R"({"Name":"b","EventPattern":"{\"source\":[\"longer than forty characters\"]}"})"),
              HasSubstr("InvalidEventPatternException: Event pattern is not valid. Reason: "));
}

TEST_F(RulesOfABus, MayHaveLongerPatternsThanAwsWhenTheOperatorAllowsIt) {
  const std::string pattern = R"({\"source\":[\")" + std::string(5'000, 'a') + R"(\"]})";
  EXPECT_THAT(
      answer("PutRule", R"({"Name":"r","EventPattern":")" + pattern + R"("})"),
      HasSubstr("at 'eventPattern' failed to satisfy constraint: Member must have length less than or equal to 4096"));
  // Told together with whatever else the model has against the request.
  EXPECT_THAT(answer("PutRule", R"({"Name":"a b","EventPattern":")" + pattern + R"("})"),
              HasSubstr("2 validation errors detected"));
  limits_.event_pattern_characters = 10'000;
  restart();
  done("PutRule", R"({"Name":"r","EventPattern":")" + pattern + R"("})");
  const std::string event =
      R"({\"id\":\"1\",\"account\":\"0\",\"source\":\")" + std::string(5'000, 'a') +
      R"(\",\"time\":\"2026-01-02T03:04:05Z\",\"region\":\"r\",\"resources\":[],\"detail-type\":\"t\"})";
  EXPECT_EQ(answer("TestEventPattern", R"({"EventPattern":")" + pattern + R"(","Event":")" + event + R"("})"),
            R"({"Result":true})");
}

TEST_F(RulesOfABus, ThatDoNotExist) {
  EXPECT_EQ(answer("DescribeRule", R"({"Name":"x","EventBusName":"orders"})"),
            "ResourceNotFoundException: Rule x does not exist on EventBus orders.");
  EXPECT_EQ(answer("EnableRule", R"({"Name":"x"})"),
            "ResourceNotFoundException: Rule x does not exist on EventBus default.");
  EXPECT_EQ(answer("DisableRule", R"({"Name":"x"})"),
            "ResourceNotFoundException: Rule x does not exist on EventBus default.");
  EXPECT_EQ(answer("DisableRule", R"({"Name":"x","EventBusName":"nope"})"),
            "ResourceNotFoundException: Event bus nope does not exist.");
  EXPECT_EQ(answer("DeleteRule", R"({"Name":"x"})"), "{}");
  EXPECT_EQ(answer("DeleteRule", R"({"Name":"x","EventBusName":"nope"})"),
            "ResourceNotFoundException: Event bus nope does not exist.");
  EXPECT_EQ(answer("ListRules", R"({"EventBusName":"nope"})"),
            "ResourceNotFoundException: Event bus nope does not exist.");
  EXPECT_EQ(answer("ListRuleNamesByTarget", R"({"EventBusName":"nope","TargetArn":"a"})"),
            "ResourceNotFoundException: Event bus nope does not exist.");
}

TEST_F(RulesOfABus, AreSwitchedOffAndOn) {
  done("PutRule", R"({"Name":"r","EventPattern":"{\"source\":[\"a\"]}"})");
  done("DisableRule", R"({"Name":"r"})");
  EXPECT_THAT(answer("DescribeRule", R"({"Name":"r"})"), HasSubstr(R"("State":"DISABLED")"));
  EXPECT_TRUE(catalog_->find(scope_, "default")->rules.empty());
  done("EnableRule", R"({"Name":"r"})");
  EXPECT_THAT(answer("DescribeRule", R"({"Name":"r"})"), HasSubstr(R"("State":"ENABLED")"));
  EXPECT_EQ(catalog_->find(scope_, "default")->rules.size(), 1u);
}

TEST_F(RulesOfABus, AreDeletedOnceTheirTargetsAreGone) {
  done("PutRule", R"({"Name":"r","EventPattern":"{\"source\":[\"a\"]}"})");
  done("PutTargets", R"({"Rule":"r","Targets":[{"Id":"t","Arn":"arn:aws:sqs:us-east-1:000000000000:q"}]})");
  EXPECT_EQ(answer("DeleteRule", R"({"Name":"r"})"),
            "ValidationException: Rule can't be deleted since it has targets.");
  EXPECT_EQ(answer("DeleteRule", R"({"Name":"r","Force":true})"),
            "ValidationException: Rule can't be deleted since it has targets.");
  done("RemoveTargets", R"({"Rule":"r","Ids":["t"]})");
  EXPECT_EQ(answer("DeleteRule", R"({"Name":"r"})"), "{}");
  restart();
  EXPECT_THAT(answer("DescribeRule", R"({"Name":"r"})"), HasSubstr("ResourceNotFoundException"));
}

TEST_F(RulesOfABus, AreListedByNameInPages) {
  for (const char* name : {"c", "a1", "a2", "b"})
    done("PutRule",
         R"({"EventBusName":"orders","EventPattern":"{\"source\":[\"a\"]}","Name":")" + std::string(name) + R"("})");
  const std::string all = answer("ListRules", R"({"EventBusName":"orders"})");
  EXPECT_THAT(all, ::testing::MatchesRegex(R"(\{"Rules":\[.*"a1".*"a2".*"b".*"c".*\]\})"));
  EXPECT_THAT(all, Not(HasSubstr("CreatedBy")));
  EXPECT_EQ(done("ListRules", R"({"EventBusName":"orders","NamePrefix":"a"})").at("Rules").as_array().size(), 2u);

  const boost::json::value first = done("ListRules", R"({"EventBusName":"orders","Limit":3})");
  const std::string token(first.at("NextToken").as_string());
  const boost::json::value rest =
      done("ListRules", R"({"EventBusName":"arn:aws:events:us-east-1:000000000000:event-bus/orders","NextToken":")" +
                            token + R"("})");
  EXPECT_EQ(rest.at("Rules").as_array().size(), 1u) << "a token survives naming the bus by ARN";
  EXPECT_EQ(answer("ListRules", R"({"NextToken":")" + token + R"("})"),
            "ValidationException: Parameter NextToken is not valid.");
}

TEST_F(RulesOfABus, AreFoundByTheirTarget) {
  for (const char* name : {"b", "a", "other"}) {
    done("PutRule",
         R"({"State":"DISABLED","EventPattern":"{\"source\":[\"a\"]}","Name":")" + std::string(name) + R"("})");
    done("PutTargets", R"({"Rule":")" + std::string(name) +
                           R"(","Targets":[{"Id":"1","Arn":"arn:aws:sqs:us-east-1:000000000000:)" +
                           (std::string(name) == "other" ? "p" : "q") +
                           R"("},{"Id":"2","Arn":"arn:aws:sqs:us-east-1:000000000000:q)" +
                           (std::string(name) == "other" ? "q" : "") + R"("}]})");
  }
  EXPECT_EQ(answer("ListRuleNamesByTarget", R"({"TargetArn":"arn:aws:sqs:us-east-1:000000000000:q"})"),
            R"({"RuleNames":["a","b"]})");
  const boost::json::value page =
      done("ListRuleNamesByTarget", R"({"TargetArn":"arn:aws:sqs:us-east-1:000000000000:q","Limit":1})");
  EXPECT_THAT(answer("ListRuleNamesByTarget", R"({"TargetArn":"arn:aws:sqs:us-east-1:000000000000:p","NextToken":")" +
                                                  std::string(page.at("NextToken").as_string()) + R"("})"),
              HasSubstr("NextToken is not valid"));
}

TEST_F(RulesOfABus, OfAnotherAccountAreNamedByArnAndRememberWhoPutThem) {
  scope_.account = "111122223333";
  EXPECT_EQ(
      answer(
          "PutRule",
          R"({"Name":"r","EventBusName":"arn:aws:events:us-east-1:000000000000:event-bus/orders","EventPattern":"{\"source\":[\"a\"]}"})"),
      R"({"RuleArn":"arn:aws:events:us-east-1:000000000000:rule/orders/r"})");
  scope_.account = "000000000000";
  EXPECT_THAT(answer("DescribeRule", R"({"Name":"r","EventBusName":"orders"})"),
              HasSubstr(R"("CreatedBy":"111122223333")"));
}

TEST_F(RulesOfABus, ManagedByAServiceAreNotForUsers) {
  put_managed_rule("Events-Archive-a");
  EXPECT_THAT(answer("DescribeRule", R"({"Name":"Events-Archive-a"})"),
              HasSubstr(R"("ManagedBy":"prod.vhs.events.aws.internal")"));
  constexpr const char* kManaged = "ManagedRuleException: Events-Archive-a is a managed rule.";
  EXPECT_EQ(answer("PutRule", R"({"Name":"Events-Archive-a","EventPattern":"{\"source\":[\"b\"]}"})"), kManaged);
  EXPECT_EQ(answer("EnableRule", R"({"Name":"Events-Archive-a"})"), kManaged);
  EXPECT_EQ(answer("DisableRule", R"({"Name":"Events-Archive-a"})"), kManaged);
  EXPECT_EQ(
      answer("PutTargets",
             R"({"Rule":"Events-Archive-a","Targets":[{"Id":"t","Arn":"arn:aws:sqs:us-east-1:000000000000:q"}]})"),
      kManaged);
  constexpr const char* kForce =
      "ManagedRuleException: Events-Archive-a is a managed rule. Set 'force' parameter to true to override.";
  EXPECT_EQ(answer("DeleteRule", R"({"Name":"Events-Archive-a"})"), kForce);
  EXPECT_EQ(answer("RemoveTargets", R"({"Rule":"Events-Archive-a","Ids":["Events-Archive-a"]})"), kForce);
  constexpr const char* kTags =
      "ManagedRuleException: Tag related operations on the managed rule Events-Archive-a is not allowed.";
  constexpr const char* kArn = R"({"ResourceARN":"arn:aws:events:us-east-1:000000000000:rule/Events-Archive-a"})";
  EXPECT_EQ(answer("ListTagsForResource", kArn), kTags);

  EXPECT_EQ(answer("DeleteRule", R"({"Name":"Events-Archive-a","Force":true})"),
            "ValidationException: Rule can't be deleted since it has targets.");
  done("RemoveTargets", R"({"Rule":"Events-Archive-a","Ids":["Events-Archive-a"],"Force":true})");
  done("DeleteRule", R"({"Name":"Events-Archive-a","Force":true})");
}

class TagsOf : public EventsFixture {};

TEST_F(TagsOf, BusesAndRulesAreAddedReplacedAndRemoved) {
  done("CreateEventBus", R"({"Name":"orders","Tags":[{"Key":"a","Value":"1"}]})");
  done("PutRule", R"({"Name":"r","EventBusName":"orders","EventPattern":"{\"source\":[\"a\"]}"})");
  for (const std::string arn : {"arn:aws:events:us-east-1:000000000000:event-bus/orders",
                                "arn:aws:events:us-east-1:000000000000:rule/orders/r"}) {
    done("TagResource", R"({"ResourceARN":")" + arn + R"(","Tags":[{"Key":"a","Value":"2"},{"Key":"b","Value":""}]})");
    done("UntagResource", R"({"ResourceARN":")" + arn + R"(","TagKeys":["absent"]})");
    EXPECT_EQ(answer("ListTagsForResource", R"({"ResourceARN":")" + arn + R"("})"),
              R"({"Tags":[{"Key":"a","Value":"2"},{"Key":"b","Value":""}]})");
    EXPECT_EQ(answer("UntagResource", R"({"ResourceARN":")" + arn + R"(","TagKeys":["a"]})"), "{}");
    EXPECT_EQ(answer("ListTagsForResource", R"({"ResourceARN":")" + arn + R"("})"),
              R"({"Tags":[{"Key":"b","Value":""}]})");
  }
  restart();
  EXPECT_EQ(answer("ListTagsForResource", R"({"ResourceARN":"arn:aws:events:us-east-1:000000000000:rule/orders/r"})"),
            R"({"Tags":[{"Key":"b","Value":""}]})");
}

TEST_F(TagsOf, WhatDoesNotExistAreNotFound) {
  const auto tags = [&](const char* arn) {
    return answer("ListTagsForResource", R"({"ResourceARN":")" + std::string(arn) + R"("})");
  };
  EXPECT_EQ(tags("arn:aws:events:us-east-1:000000000000:event-bus/nope"),
            "ResourceNotFoundException: Event bus nope does not exist.");
  EXPECT_EQ(tags("arn:aws:events:us-east-1:000000000000:rule/nope"),
            "ResourceNotFoundException: Rule nope does not exist on EventBus default.");
  EXPECT_EQ(tags("arn:aws:events:us-east-1:000000000000:rule/bus/nope"),
            "ResourceNotFoundException: Event bus bus does not exist.");
  for (const char* other : {"archive/a", "rule", "rule/", "event-bus/"}) {
    const std::string arn = "arn:aws:events:us-east-1:000000000000:" + std::string(other);
    EXPECT_EQ(tags(arn.c_str()), "ResourceNotFoundException: Resource " + arn + " does not exist.");
  }
  EXPECT_EQ(tags("orders"),
            "ValidationException: Parameter orders is not valid. Reason: Provided Arn is not in correct format.");
  EXPECT_EQ(answer("TagResource", R"({"ResourceARN":"arn:aws:events:us-east-1:000000000000:rule/nope","Tags":[]})"),
            "ResourceNotFoundException: Rule nope does not exist on EventBus default.");
  EXPECT_EQ(
      answer("UntagResource", R"({"ResourceARN":"arn:aws:events:us-east-1:000000000000:rule/nope","TagKeys":[]})"),
      "ResourceNotFoundException: Rule nope does not exist on EventBus default.");
}

TEST_F(TagsOf, OneResourceAreLimited) {
  limits_.tags_per_resource = 1;
  done("TagResource",
       R"({"ResourceARN":"arn:aws:events:us-east-1:000000000000:event-bus/default","Tags":[{"Key":"a","Value":"1"}]})");
  EXPECT_EQ(
      answer(
          "TagResource",
          R"({"ResourceARN":"arn:aws:events:us-east-1:000000000000:event-bus/default","Tags":[{"Key":"b","Value":"1"}]})"),
      "LimitExceededException: The requested resource exceeds the maximum number allowed.");
}

TEST_F(EventsFixture, AnswersUnbuiltAndUnknownOperationsClearly) {
  EXPECT_THAT(answer("CreateEndpoint", "{}"), HasSubstr("UnknownOperationException"));
  EXPECT_THAT(answer("CreateEndpoint", "{}"), HasSubstr("CreateEndpoint"));
  EXPECT_THAT(answer("Nonsense", "{}"), HasSubstr("UnknownOperationException"));
}

TEST_F(EventsFixture, ChecksConstraintsBeforeTheHandler) {
  EXPECT_THAT(answer("DescribeRule", "{}"), HasSubstr("Value null at 'name' failed to satisfy constraint"));
  EXPECT_THAT(answer("DescribeRule", "{"), HasSubstr("SerializationException"));
}

}  // namespace
}  // namespace eventbus::aws
