// FIFO queues: groups, order, deduplication, receive attempts.

#include "base/digest.h"
#include "tests/unit/adapters/sqs_fixture.h"

#include <gmock/gmock.h>

namespace eventbus {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::Answer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace json = boost::json;

class SqsFifo : public testing::SqsFixture {
 protected:
  SqsFifo() {
    create("q.fifo");
    create("content.fifo", {{"ContentBasedDeduplication", "true"}});
  }
  Answer put(const char* body, const char* group, const char* deduplication_id) {
    return send("q.fifo", body, {{"MessageGroupId", group}, {"MessageDeduplicationId", deduplication_id}});
  }
};

TEST_F(SqsFifo, KeepsTheOrderOfAGroupAndLocksItWhileInFlight) {
  put("a1", "a", "1");
  put("b1", "b", "2");
  put("a2", "a", "3");
  put("a3", "a", "4");
  const Answer first = receive("q.fifo", {{"MaxNumberOfMessages", 2}});
  EXPECT_EQ(first.at("Messages/0/Body"), "a1");
  EXPECT_EQ(first.at("Messages/1/Body"), "a2");
  EXPECT_THAT(bodies("q.fifo"), ElementsAre("b1"));  // a3 waits behind its group
  EXPECT_EQ(remove("q.fifo", first.at("Messages/0/ReceiptHandle")).error(), "");
  EXPECT_THAT(bodies("q.fifo"), ElementsAre());
  EXPECT_EQ(remove("q.fifo", first.at("Messages/1/ReceiptHandle")).error(), "");
  EXPECT_THAT(bodies("q.fifo"), ElementsAre("a3"));
}

TEST_F(SqsFifo, SequenceNumbersHaveTwentyDigitsAndGrow) {
  const std::string first = put("1", "a", "1").at("SequenceNumber"), second = put("2", "b", "2").at("SequenceNumber");
  EXPECT_EQ(first.size(), 20U);
  EXPECT_EQ(second.size(), 20U);
  EXPECT_LT(first, second);
  const Answer received = receive("q.fifo", {{"AttributeNames", {"All"}}});
  EXPECT_EQ(received.at("Messages/0/Attributes/SequenceNumber"), first);
  EXPECT_EQ(received.at("Messages/0/Attributes/MessageGroupId"), "a");
  EXPECT_EQ(received.at("Messages/0/Attributes/MessageDeduplicationId"), "1");
}

TEST_F(SqsFifo, ADuplicateIsAnsweredWithTheOriginalForFiveMinutes) {
  const Answer original = put("x", "a", "d");
  clock.advance(minutes(4));
  const Answer duplicate = put("other body", "b", "d");
  EXPECT_EQ(duplicate.at("MessageId"), original.at("MessageId"));
  EXPECT_EQ(duplicate.at("SequenceNumber"), original.at("SequenceNumber"));
  EXPECT_EQ(duplicate.at("MD5OfMessageBody"), md5_hex("other body"));
  EXPECT_EQ(attribute("q.fifo", "ApproximateNumberOfMessages"), "1");
  // Deleting the original does not end its window.
  EXPECT_EQ(remove("q.fifo", receive("q.fifo").at("Messages/0/ReceiptHandle")).error(), "");
  EXPECT_EQ(put("x", "a", "d").at("MessageId"), original.at("MessageId"));
  clock.advance(minutes(2));
  EXPECT_NE(put("x", "a", "d").at("MessageId"), original.at("MessageId"));
  EXPECT_THAT(bodies("q.fifo"), ElementsAre("x"));
}

TEST_F(SqsFifo, ContentBasedDeduplicationIsOverTheBody) {
  const auto put_content = [&](const char* body, json::object more = {}) {
    more["MessageGroupId"] = "g";
    return send("content.fifo", body, more);
  };
  const std::string id = put_content("same").at("MessageId");
  EXPECT_EQ(put_content("same", {{"MessageAttributes", {{"a", {{"DataType", "String"}, {"StringValue", "v"}}}}}})
                .at("MessageId"),
            id);
  EXPECT_NE(put_content("same", {{"MessageDeduplicationId", "own"}}).at("MessageId"), id);
  EXPECT_NE(put_content("different").at("MessageId"), id);
  EXPECT_EQ(receive("content.fifo", {{"AttributeNames", {"MessageDeduplicationId"}}})
                .at("Messages/0/Attributes/MessageDeduplicationId"),
            sha256_hex("same"));
}

TEST_F(SqsFifo, TheScopeOfDeduplicationMayBeTheGroup) {
  create("groups.fifo", {{"DeduplicationScope", "messageGroup"}, {"FifoThroughputLimit", "perMessageGroupId"}});
  const auto put_group = [&](const char* group) {
    return send("groups.fifo", "x", {{"MessageGroupId", group}, {"MessageDeduplicationId", "d"}}).at("MessageId");
  };
  const std::string a = put_group("a");
  EXPECT_NE(put_group("b"), a);
  EXPECT_EQ(put_group("a"), a);
  EXPECT_EQ(attribute("groups.fifo", "ApproximateNumberOfMessages"), "2");
}

TEST_F(SqsFifo, GroupAndDeduplicationIdAreRequired) {
  const Answer no_group = send("q.fifo", "x", {{"MessageDeduplicationId", "d"}});
  EXPECT_EQ(
      no_group.error(),
      "com.amazonaws.sqs#MissingRequiredParameterException: The request must contain the parameter MessageGroupId.");
  EXPECT_EQ(no_group.header("x-amzn-query-error"), "MissingParameter;Sender");
  EXPECT_EQ(send("q.fifo", "x", {{"MessageGroupId", "g"}}).error(),
            "com.amazonaws.sqs#InvalidParameterValueException: The queue should either have ContentBasedDeduplication "
            "enabled or MessageDeduplicationId provided explicitly");
  EXPECT_THAT(send("q.fifo", "x", {{"MessageGroupId", "g"}, {"MessageDeduplicationId", std::string(129, 'd')}}).error(),
              HasSubstr("MessageDeduplicationId can only include alphanumeric and punctuation characters."));
  EXPECT_THAT(send("q.fifo", "x", {{"MessageGroupId", "ü"}, {"MessageDeduplicationId", "d"}}).error(),
              HasSubstr("MessageGroupId can only include alphanumeric and punctuation characters."));
  const std::string all = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~az09AZ";
  EXPECT_EQ(send("q.fifo", "x", {{"MessageGroupId", all}, {"MessageDeduplicationId", all}}).error(), "");
  // A batch that lacks one is refused as a whole.
  const Answer batch =
      json("SendMessageBatch",
           json::object{{"QueueUrl", url("q.fifo")},
                        {"Entries",
                         {{{"Id", "1"}, {"MessageBody", "x"}, {"MessageGroupId", "g"}, {"MessageDeduplicationId", "e"}},
                          {{"Id", "2"}, {"MessageBody", "x"}, {"MessageDeduplicationId", "f"}}}}});
  EXPECT_EQ(batch.error(),
            "com.amazonaws.sqs#InvalidParameterValueException: The request must contain the parameter "
            "MessageGroupId.");
}

TEST_F(SqsFifo, DelaysBelongToTheQueue) {
  create("slow.fifo", {{"DelaySeconds", "2"}, {"ContentBasedDeduplication", "true"}});
  EXPECT_EQ(
      send("slow.fifo", "x", {{"MessageGroupId", "g"}, {"DelaySeconds", 2}}).error(),
      "com.amazonaws.sqs#InvalidParameterValueException: Value 2 for parameter DelaySeconds is invalid. Reason: The "
      "request include parameter that is not valid for this queue type.");
  EXPECT_EQ(send("slow.fifo", "1", {{"MessageGroupId", "g"}, {"DelaySeconds", 0}}).error(), "");
  EXPECT_EQ(send("slow.fifo", "2", {{"MessageGroupId", "g"}}).error(), "");
  EXPECT_THAT(bodies("slow.fifo"), ElementsAre());
  clock.advance(seconds(2));
  EXPECT_THAT(bodies("slow.fifo"), ElementsAre("1", "2"));
}

TEST_F(SqsFifo, BatchesKeepTheirOrderAndFindTheirOwnDuplicates) {
  const Answer batch =
      json("SendMessageBatch", json::object{{"QueueUrl", url("content.fifo")},
                                            {"Entries",
                                             {{{"Id", "1"}, {"MessageBody", "x"}, {"MessageGroupId", "g"}},
                                              {{"Id", "2"}, {"MessageBody", "y"}, {"MessageGroupId", "g"}},
                                              {{"Id", "3"}, {"MessageBody", "x"}, {"MessageGroupId", "g"}}}}});
  EXPECT_EQ(batch.at("Successful/2/MessageId"), batch.at("Successful/0/MessageId"));
  EXPECT_EQ(batch.at("Successful/2/SequenceNumber"), batch.at("Successful/0/SequenceNumber"));
  EXPECT_THAT(bodies("content.fifo"), ElementsAre("x", "y"));
}

TEST_F(SqsFifo, ExpiredHandlesAreRefused) {
  put("x", "g", "1");
  const std::string handle = receive("q.fifo").at("Messages/0/ReceiptHandle");
  clock.advance(seconds(30));
  const std::string message = "com.amazonaws.sqs#InvalidParameterValueException: Value " + handle +
                              " for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.";
  EXPECT_EQ(remove("q.fifo", handle).error(), message);
  EXPECT_EQ(change_visibility("q.fifo", handle, 5).error(), message);
  receive("q.fifo");
  EXPECT_EQ(remove("q.fifo", handle).error(), message);
}

TEST_F(SqsFifo, TooManyInFlightIsNoErrorHere) {
  limits.in_flight_messages_fifo = 1;
  put("a", "a", "1");
  put("b", "b", "2");
  EXPECT_EQ(bodies("q.fifo").size(), 1U);
  EXPECT_EQ(receive("q.fifo").text, "{}");
}

TEST_F(SqsFifo, ARepeatedReceiveAttemptGetsTheSameMessages) {
  put("a1", "a", "1");
  put("a2", "a", "2");
  put("b1", "b", "3");
  const json::object attempt{{"ReceiveRequestAttemptId", "try-1"}, {"MaxNumberOfMessages", 2}};
  const Answer first = receive("q.fifo", attempt);
  clock.advance(seconds(20));
  EXPECT_EQ(receive("q.fifo", attempt).text, first.text);
  clock.advance(seconds(20));  // hidden anew by the repeated attempt
  EXPECT_THAT(bodies("q.fifo"), ElementsAre("b1"));
  EXPECT_EQ(remove("q.fifo", first.at("Messages/0/ReceiptHandle")).error(), "");
  EXPECT_EQ(receive("q.fifo", attempt).text, "{}");  // what was changed meanwhile is not given again
}

TEST_F(SqsFifo, AReceiveAttemptIdHasItsAlphabetAndLength) {
  put("a1", "a", "1");
  for (const std::string& id : {std::string("a b"), std::string("\u2603"), std::string(129, 'x')})
    EXPECT_EQ(receive("q.fifo", {{"ReceiveRequestAttemptId", id}}).error(),
              "com.amazonaws.sqs#InvalidParameterValueException: Value " + id +
                  " for parameter ReceiveRequestAttemptId is invalid. Reason: ReceiveRequestAttemptId can only include "
                  "alphanumeric and punctuation characters. 1 to 128 in length.");
  EXPECT_EQ(receive("q.fifo", {{"ReceiveRequestAttemptId", std::string(128, '!')}}).count("Messages"), 1U);
}

TEST_F(SqsFifo, OrderAndDeduplicationSurviveARestart) {
  const std::string id = put("1", "g", "d1").at("MessageId");
  put("2", "g", "d2");
  restart();
  EXPECT_EQ(put("1", "g", "d1").at("MessageId"), id);
  EXPECT_THAT(bodies("q.fifo"), ElementsAre("1", "2"));
}

}  // namespace
}  // namespace eventbus
