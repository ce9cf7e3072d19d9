// Archives as clients see them (behaviour §16): names of errors, texts, shapes.

#include "tests/unit/adapters/events_fixture.h"

#include <set>

namespace eventbus::aws {

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ArchivesApi : public EventsFixture {
 protected:
  std::string create(std::string_view name, std::string_view more = "",
                     std::string_view source = "arn:aws:events:us-east-1:000000000000:event-bus/default") {
    return answer("CreateArchive", R"({"ArchiveName":")" + std::string(name) + R"(","EventSourceArn":")" +
                                       std::string(source) + R"(")" + std::string(more) + "}");
  }
  boost::json::object described(std::string_view name) {
    return done("DescribeArchive", R"({"ArchiveName":")" + std::string(name) + R"("})").as_object();
  }
  std::string listed(std::string_view input) {
    std::string names;
    const boost::json::value output = done("ListArchives", input);
    for (const boost::json::value& archive : output.at("Archives").as_array())
      (names += names.empty() ? "" : " ") += archive.at("ArchiveName").as_string();
    return names;
  }
};

TEST_F(ArchivesApi, AnswerWithTheMembersOfTheModel) {
  EXPECT_EQ(create("all"), R"({"ArchiveArn":"arn:aws:events:us-east-1:000000000000:archive/all","State":"ENABLED",)"
                           R"("CreationTime":1767323045})");
  EXPECT_EQ(boost::json::serialize(described("all")),
            R"({"ArchiveName":"all","EventSourceArn":"arn:aws:events:us-east-1:000000000000:event-bus/default",)"
            R"("State":"ENABLED","CreationTime":1767323045,"RetentionDays":0,"SizeBytes":0,"EventCount":0,)"
            R"("ArchiveArn":"arn:aws:events:us-east-1:000000000000:archive/all"})");
  EXPECT_EQ(create("some", R"(,"Description":"d","EventPattern":"{\"source\":[\"a\"]}","RetentionDays":7,)"
                           R"("KmsKeyIdentifier":"alias/k")"),
            R"({"ArchiveArn":"arn:aws:events:us-east-1:000000000000:archive/some","State":"ENABLED",)"
            R"("CreationTime":1767323045})");
  const boost::json::object some = described("some");
  EXPECT_EQ(some.at("Description"), "d");
  EXPECT_EQ(some.at("EventPattern"), R"({"source":["a"]})");
  EXPECT_EQ(some.at("RetentionDays"), 7);
  EXPECT_EQ(some.at("KmsKeyIdentifier"), "alias/k");
  EXPECT_EQ(answer("DeleteArchive", R"({"ArchiveName":"all"})"), "{}");
}

TEST_F(ArchivesApi, CountWhatIsPutAtOnce) {
  create("all");
  for (int i = 0; i < 3; ++i)
    done("PutEvents", R"({"Entries":[{"Source":"s","DetailType":"t","Detail":"{\"a\":1}"}]})");
  EXPECT_EQ(described("all").at("EventCount"), 3);
  EXPECT_GT(described("all").at("SizeBytes").to_number<int>(), 3 * 100);
}

TEST_F(ArchivesApi, TakeAnAbsurdRetentionForTheLargest) {
  create("all", R"(,"RetentionDays":99999999999999)");
  EXPECT_EQ(described("all").at("RetentionDays"), 2'147'483'647);
  done("PutEvents", R"({"Entries":[{"Source":"s","DetailType":"t","Detail":"{}"}]})");
  EXPECT_EQ(described("all").at("EventCount"), 1);
  EXPECT_THAT(
      create("other", R"(,"RetentionDays":-1)"),
      HasSubstr("at 'retentionDays' failed to satisfy constraint: Member must have value greater than or equal to 0"));
}

TEST_F(ArchivesApi, SayInAwsWordsWhatIsWrong) {
  create("all");
  EXPECT_EQ(create("all"), "ResourceAlreadyExistsException: Archive all already exists.");
  EXPECT_EQ(create("x", "", "arn:aws:events:us-east-1:000000000000:event-bus/nope"),
            "ResourceNotFoundException: Event bus nope does not exist.");
  EXPECT_EQ(create("x", "", "arn:aws:events:eu-west-1:000000000000:event-bus/default"),
            "ResourceNotFoundException: Event bus default does not exist.");
  EXPECT_EQ(create("x", "", "arn:aws:events:us-east-1:000000000000:rule/r"),
            "ValidationException: Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN.");
  EXPECT_THAT(create("x", R"(,"EventPattern":"{}")"),
              StartsWith("InvalidEventPatternException: Event pattern is not valid. Reason: "));
  EXPECT_THAT(create("x", R"(,"EventPattern":"[")"),
              StartsWith("InvalidEventPatternException: Event pattern is not valid. Reason: "));
  for (const char* operation : {"DescribeArchive", "DeleteArchive"})
    EXPECT_EQ(answer(operation, R"({"ArchiveName":"nope"})"),
              "ResourceNotFoundException: Archive nope does not exist.");
  EXPECT_EQ(answer("UpdateArchive", R"({"ArchiveName":"nope","Description":"d"})"),
            "ResourceNotFoundException: Archive nope does not exist.");
  EXPECT_THAT(answer("UpdateArchive", R"({"ArchiveName":"nope","EventPattern":"["})"),
              StartsWith("InvalidEventPatternException: "))
      << "fields come before existence";
  EXPECT_EQ(answer("UpdateArchive", R"({"ArchiveName":"all"})"),
            "ValidationException: At least one of EventPattern, RetentionDays or Description must be provided.");
  EXPECT_THAT(
      create(std::string(49, 'a')),
      HasSubstr("'archiveName' failed to satisfy constraint: Member must have length less than or equal to 48"));
  EXPECT_THAT(
      answer("ListArchives", R"({"State":"x"})"),
      HasSubstr(
          "Member must satisfy enum value set: [CREATE_FAILED, ENABLED, UPDATING, UPDATE_FAILED, CREATING, DISABLED]"));
}

TEST_F(ArchivesApi, UpdateOnlyWhatIsGiven) {
  create("all", R"(,"Description":"d","EventPattern":"{\"source\":[\"a\"]}","RetentionDays":7)");
  done("UpdateArchive", R"({"ArchiveName":"all","KmsKeyIdentifier":"alias/k"})");
  EXPECT_EQ(described("all").at("Description"), "d");
  EXPECT_EQ(described("all").at("KmsKeyIdentifier"), "alias/k");
  EXPECT_EQ(answer("UpdateArchive", R"({"ArchiveName":"all","Description":"","EventPattern":"","RetentionDays":0})"),
            R"({"ArchiveArn":"arn:aws:events:us-east-1:000000000000:archive/all","State":"ENABLED",)"
            R"("CreationTime":1767323045})");
  EXPECT_FALSE(described("all").contains("Description"));
  EXPECT_FALSE(described("all").contains("EventPattern"));
  EXPECT_EQ(described("all").at("RetentionDays"), 0);
}

TEST_F(ArchivesApi, AreListedByOneFilterInPages) {
  done("CreateEventBus", R"({"Name":"orders"})");
  constexpr std::string_view kOrders = "arn:aws:events:us-east-1:000000000000:event-bus/orders";
  for (const char* name : {"c", "a", "b"}) create(name);
  create("b-orders", "", kOrders);
  EXPECT_EQ(listed("{}"), "a b b-orders c");
  EXPECT_EQ(listed(R"({"NamePrefix":"b"})"), "b b-orders");
  EXPECT_EQ(listed(R"({"EventSourceArn":")" + std::string(kOrders) + R"("})"), "b-orders");
  EXPECT_EQ(listed(R"({"State":"DISABLED"})"), "");
  EXPECT_EQ(listed(R"({"State":"ENABLED"})"), "a b b-orders c");
  const auto page = done("ListArchives", R"({"Limit":3})");
  const std::string token(page.at("NextToken").as_string());
  EXPECT_EQ(listed(R"({"NextToken":")" + token + R"("})"), "c");
  EXPECT_EQ(answer("ListArchives", R"({"NamePrefix":"b","NextToken":")" + token + R"("})"),
            "ValidationException: Parameter NextToken is not valid. Reason: Token invalid.");
  EXPECT_EQ(
      answer("ListArchives", R"({"NamePrefix":"b","State":"ENABLED"})"),
      "ValidationException: At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or "
      "NamePrefix.");
  EXPECT_EQ(answer("ListArchives", R"({"EventSourceArn":"arn:aws:events:us-east-1:000000000000:event-bus/nope"})"),
            "ResourceNotFoundException: Event bus nope does not exist.");
  const boost::json::value shown = done("ListArchives", R"({"NamePrefix":"a"})").at("Archives").as_array()[0];
  std::set<std::string> members;
  for (const auto& [name, value] : shown.as_object()) members.emplace(name);
  EXPECT_EQ(members, (std::set<std::string>{"ArchiveName", "CreationTime", "EventCount", "EventSourceArn",
                                            "RetentionDays", "SizeBytes", "State"}));
}

TEST_F(ArchivesApi, ShowTheirManagedRuleWhichUsersMayOnlyForceAway) {
  create("all");
  const std::string rule = R"("Events-Archive-all")";
  EXPECT_EQ(done("DescribeRule", R"({"Name":)" + rule + "}").at("ManagedBy"), "prod.vhs.events.aws.internal");
  EXPECT_EQ(done("ListTargetsByRule", R"({"Rule":)" + rule + "}").at("Targets").as_array()[0].at("Arn"),
            "arn:aws:events:us-east-1:::");
  const std::string forced =
      "ManagedRuleException: Events-Archive-all is a managed rule. Set 'force' parameter to true to override.";
  const std::string refused = "ManagedRuleException: Events-Archive-all is a managed rule.";
  EXPECT_EQ(answer("DeleteRule", R"({"Name":)" + rule + "}"), forced);
  EXPECT_EQ(answer("RemoveTargets", R"({"Rule":)" + rule + R"(,"Ids":["Events-Archive-all"]})"), forced);
  EXPECT_EQ(answer("PutRule", R"({"Name":)" + rule + R"(,"EventPattern":"{\"source\":[\"a\"]}"})"), refused);
  EXPECT_EQ(answer("DisableRule", R"({"Name":)" + rule + "}"), refused);
  EXPECT_EQ(answer("PutTargets",
                   R"({"Rule":)" + rule + R"(,"Targets":[{"Id":"t","Arn":"arn:aws:sqs:us-east-1:000000000000:q"}]})"),
            refused);
  EXPECT_EQ(answer("TagResource", R"({"ResourceARN":"arn:aws:events:us-east-1:000000000000:rule/Events-Archive-all",)"
                                  R"("Tags":[{"Key":"k","Value":"v"}]})"),
            "ManagedRuleException: Tag related operations on the managed rule Events-Archive-all is not allowed.");

  done("RemoveTargets", R"({"Rule":)" + rule + R"(,"Ids":["Events-Archive-all"],"Force":true})");
  done("DeleteRule", R"({"Name":)" + rule + R"(,"Force":true})");
  EXPECT_EQ(described("all").at("State"), "DISABLED");
  EXPECT_EQ(described("all").at("StateReason"), "Managed rule for the archive was forcefully deleted.");
  EXPECT_EQ(listed(R"({"State":"DISABLED"})"), "all");
  restart();
  EXPECT_EQ(described("all").at("State"), "DISABLED");
  done("UpdateArchive", R"({"ArchiveName":"all","RetentionDays":1})");
  EXPECT_EQ(described("all").at("State"), "ENABLED");
  EXPECT_FALSE(described("all").contains("StateReason"));
}

}  // namespace

}  // namespace eventbus::aws
