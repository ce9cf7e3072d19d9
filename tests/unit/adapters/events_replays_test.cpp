// Replays as clients see them (behaviour §16): names of errors, texts, shapes. They begin here and do not run.

#include "tests/unit/adapters/events_fixture.h"

namespace eventbus::aws {

namespace {

using ::testing::HasSubstr;

class ReplaysApi : public EventsFixture {
 protected:
  ReplaysApi() {
    done("CreateArchive",
         R"({"ArchiveName":"all","EventSourceArn":"arn:aws:events:us-east-1:000000000000:event-bus/default"})");
  }

  std::string start(std::string_view name, std::string_view more = "", std::string_view archive = "all",
                    std::string_view bus = "event-bus/default", std::string_view start = "1767323000",
                    std::string_view end = "1767326600") {
    return answer("StartReplay", R"({"ReplayName":")" + std::string(name) +
                                     R"(","EventSourceArn":"arn:aws:events:us-east-1:000000000000:archive/)" +
                                     std::string(archive) + R"(","EventStartTime":)" + std::string(start) +
                                     R"(,"EventEndTime":)" + std::string(end) +
                                     R"(,"Destination":{"Arn":"arn:aws:events:us-east-1:000000000000:)" +
                                     std::string(bus) + R"(")" + std::string(more) + "}}");
  }
  std::string listed(std::string_view input) {
    std::string names;
    const boost::json::value output = done("ListReplays", input);
    for (const boost::json::value& replay : output.at("Replays").as_array())
      (names += names.empty() ? "" : " ") += replay.at("ReplayName").as_string();
    return names;
  }
};

TEST_F(ReplaysApi, AnswerWithTheMembersOfTheModel) {
  EXPECT_EQ(start("r", R"(,"FilterArns":["arn:aws:events:us-east-1:000000000000:rule/a"])"),
            R"({"ReplayArn":"arn:aws:events:us-east-1:000000000000:replay/r","State":"STARTING",)"
            R"("ReplayStartTime":1767323045})");
  EXPECT_EQ(answer("DescribeReplay", R"({"ReplayName":"r"})"),
            R"({"ReplayName":"r","EventSourceArn":"arn:aws:events:us-east-1:000000000000:archive/all",)"
            R"("State":"STARTING","EventStartTime":1767323000,"EventEndTime":1767326600,"ReplayStartTime":1767323045,)"
            R"("ReplayArn":"arn:aws:events:us-east-1:000000000000:replay/r",)"
            R"("Destination":{"Arn":"arn:aws:events:us-east-1:000000000000:event-bus/default",)"
            R"("FilterArns":["arn:aws:events:us-east-1:000000000000:rule/a"]}})");
  EXPECT_EQ(answer("ListReplays", "{}"),
            R"({"Replays":[{"ReplayName":"r","EventSourceArn":"arn:aws:events:us-east-1:000000000000:archive/all",)"
            R"("State":"STARTING","EventStartTime":1767323000,"EventEndTime":1767326600,)"
            R"("ReplayStartTime":1767323045}]})");
  EXPECT_EQ(answer("CancelReplay", R"({"ReplayName":"r"})"),
            R"({"ReplayArn":"arn:aws:events:us-east-1:000000000000:replay/r","State":"CANCELLING"})");
}

TEST_F(ReplaysApi, SayInAwsWordsWhatIsWrong) {
  EXPECT_EQ(start("r", "", "all", "event-bus/nope"), "ResourceNotFoundException: Event bus nope does not exist.");
  EXPECT_EQ(start("r", "", "all", "rule/r"),
            "ValidationException: Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.");
  EXPECT_EQ(start("r", "", "nope"),
            "ValidationException: Parameter EventSourceArn is not valid. Reason: Archive nope does not exist.");
  done("CreateEventBus", R"({"Name":"other"})");
  EXPECT_EQ(start("r", "", "all", "event-bus/other"),
            "ValidationException: Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not "
            "permitted.");
  EXPECT_EQ(start("r", "", "all", "event-bus/default", "5", "5.9"),
            "ValidationException: Parameter EventEndTime is not valid. Reason: EventStartTime must be before "
            "EventEndTime.");
  EXPECT_EQ(answer("DescribeReplay", R"({"ReplayName":"r"})"), "ResourceNotFoundException: Replay r does not exist.");
  EXPECT_EQ(answer("CancelReplay", R"({"ReplayName":"r"})"), "ResourceNotFoundException: Replay r does not exist.");
  start("r");
  EXPECT_EQ(start("r"), "ResourceAlreadyExistsException: Replay r already exists.");
  answer("CancelReplay", R"({"ReplayName":"r"})");
  EXPECT_EQ(answer("CancelReplay", R"({"ReplayName":"r"})"),
            "IllegalStatusException: Replay r is not in a valid state for this operation.");
  for (int i = 0; i < 10; ++i) EXPECT_THAT(start("r" + std::to_string(i)), HasSubstr("STARTING"));
  EXPECT_EQ(start("eleventh"), "LimitExceededException: The requested resource exceeds the maximum number allowed.");
}

TEST_F(ReplaysApi, CheckInputsAsTheModelDoes) {
  EXPECT_THAT(start("a b"),
              HasSubstr(R"(1 validation error detected: Value 'a b' at 'replayName' failed to satisfy constraint)"));
  EXPECT_THAT(answer("StartReplay", R"({"ReplayName":"r"})"),
              HasSubstr("4 validation errors detected: Value null at 'eventSourceArn'"));
  EXPECT_THAT(answer("ListReplays", R"({"State":"NOT_A_STATE"})"),
              HasSubstr("Member must satisfy enum value set: [STARTING, RUNNING, CANCELLING, COMPLETED, CANCELLED, "
                        "FAILED]"));
}

TEST_F(ReplaysApi, AreListedByNameAndOneFilterAndInPages) {
  done("CreateArchive",
       R"({"ArchiveName":"two","EventSourceArn":"arn:aws:events:us-east-1:000000000000:event-bus/default"})");
  start("b1");
  start("a2");
  start("a1", "", "two");
  answer("CancelReplay", R"({"ReplayName":"a2"})");
  EXPECT_EQ(listed("{}"), "a1 a2 b1");
  EXPECT_EQ(listed(R"({"NamePrefix":"a"})"), "a1 a2");
  EXPECT_EQ(listed(R"({"State":"CANCELLING"})"), "a2");
  EXPECT_EQ(listed(R"({"EventSourceArn":"arn:aws:events:us-east-1:000000000000:archive/two"})"), "a1");
  EXPECT_EQ(answer("ListReplays", R"({"NamePrefix":"a","State":"RUNNING"})"),
            "ValidationException: At most one filter is allowed for ListReplays. Use either : State, EventSourceArn, "
            "or NamePrefix.");
  const boost::json::value page = done("ListReplays", R"({"Limit":2})");
  EXPECT_EQ(page.at("Replays").as_array().size(), 2u);
  const std::string token(page.at("NextToken").as_string());
  EXPECT_EQ(listed(R"({"Limit":9,"NextToken":")" + token + R"("})"), "b1");
  EXPECT_EQ(answer("ListReplays", R"({"NamePrefix":"a","NextToken":")" + token + R"("})"),
            "ValidationException: Parameter NextToken is not valid.");
}

TEST_F(ReplaysApi, TimesBeyondAllCalendarsAreTheirEnds) {
  EXPECT_THAT(start("r", "", "all", "event-bus/default", "-1e300", "1e300"), HasSubstr("STARTING"));
  EXPECT_THAT(answer("DescribeReplay", R"({"ReplayName":"r"})"), HasSubstr(R"("EventEndTime":253402300799,)"));
}

}  // namespace

}  // namespace eventbus::aws
