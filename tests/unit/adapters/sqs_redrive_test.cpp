// Dead-letter queues: the redrive there by maxReceiveCount, and message move tasks back.

#include "tests/unit/adapters/sqs_fixture.h"

#include <gmock/gmock.h>

namespace eventbus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Answer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace json = boost::json;

class SqsRedrive : public testing::SqsFixture {
 protected:
  SqsRedrive() {
    create("dlq");
    create("orders", {redrive_to("dlq", 2)});
  }
  std::pair<std::string, std::string> redrive_to(const char* target, int count) {
    return {"RedrivePolicy",
            R"({"deadLetterTargetArn":")" + arn(target) + R"(","maxReceiveCount":)" + std::to_string(count) + "}"};
  }
  // Receives everything so often that it ends up in the dead-letter queue.
  void exhaust(const char* queue) {
    for (int i = 0; i < 4; ++i) {
      receive(queue, {{"MaxNumberOfMessages", 10}});
      clock.advance(seconds(30));
    }
  }
  Answer start(json::object more = {}) {
    more["SourceArn"] = arn("dlq");
    return json("StartMessageMoveTask", more);
  }
  Answer tasks(int count = 10) {
    return json("ListMessageMoveTasks", json::object{{"SourceArn", arn("dlq")}, {"MaxResults", count}});
  }
};

TEST_F(SqsRedrive, AMessageWhoseReceivesAreUsedUpMovesAndIsNotReturned) {
  const Answer sent =
      send("orders", "poison", {{"MessageAttributes", {{"Foo", {{"DataType", "String"}, {"StringValue", "Bar"}}}}}});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(receive("orders").count("Messages"), 1U);
    clock.advance(seconds(30));
  }
  send("orders", "good");
  EXPECT_THAT(bodies("orders"), ElementsAre("good"));
  EXPECT_EQ(attribute("dlq", "ApproximateNumberOfMessages"), "1");
  const Answer dead = receive("dlq", {{"AttributeNames", {"All"}}, {"MessageAttributeNames", {"All"}}});
  EXPECT_EQ(dead.at("Messages/0/Body"), "poison");
  EXPECT_EQ(dead.at("Messages/0/MessageId"), sent.at("MessageId"));
  EXPECT_EQ(dead.at("Messages/0/Attributes/SentTimestamp"), "1767323045678");
  EXPECT_EQ(dead.at("Messages/0/Attributes/DeadLetterQueueSourceArn"), arn("orders"));
  EXPECT_EQ(dead.at("Messages/0/Attributes/SenderId"), "AIDAEVENTBUSD00000000");
  EXPECT_EQ(dead.at("Messages/0/MessageAttributes/Foo/StringValue"), "Bar");
}

TEST_F(SqsRedrive, ManyExhaustedMessagesDoNotHideTheGoodOnesBehindThem) {
  for (int i = 0; i < 25; ++i) send("orders", "poison");
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 3; ++j) receive("orders", {{"MaxNumberOfMessages", 10}});
    clock.advance(seconds(30));
  }
  send("orders", "good");
  EXPECT_THAT(bodies("orders"), ElementsAre("good"));
  EXPECT_EQ(attribute("dlq", "ApproximateNumberOfMessages"), "25");
}

TEST_F(SqsRedrive, AMoveThatCannotBeWrittenHappensLater) {
  send("orders", "poison");
  for (int i = 0; i < 2; ++i) {
    receive("orders");
    clock.advance(seconds(30));
  }
  table->fail_writes(1);
  EXPECT_EQ(receive("orders").text, "{}");
  EXPECT_EQ(attribute("dlq", "ApproximateNumberOfMessages"), "0");
  clock.advance(seconds(30));
  EXPECT_EQ(receive("orders").text, "{}");
  EXPECT_EQ(attribute("dlq", "ApproximateNumberOfMessages"), "1");
}

TEST_F(SqsRedrive, WithoutItsDeadLetterQueueOrLeaveAMessageStays) {
  send("orders", "x");
  json("SetQueueAttributes",
       json::object{{"QueueUrl", url("dlq")},
                    {"Attributes", {{"RedriveAllowPolicy", R"({"redrivePermission":"denyAll"})"}}}});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(receive("orders").count("Messages"), 1U);
    clock.advance(seconds(30));
  }
  json("DeleteQueue", json::object{{"QueueUrl", url("dlq")}});
  EXPECT_EQ(receive("orders").count("Messages"), 1U);
}

TEST_F(SqsRedrive, FifoMessagesMoveWithTheirGroupAndAreNeverTakenForDuplicates) {
  create("dlq.fifo", {{"ContentBasedDeduplication", "true"}});
  create("orders.fifo", {redrive_to("dlq.fifo", 1), {"ContentBasedDeduplication", "true"}});
  send("dlq.fifo", "poison", {{"MessageGroupId", "g"}});  // the same id is known there already
  send("orders.fifo", "poison", {{"MessageGroupId", "g"}});
  send("orders.fifo", "next", {{"MessageGroupId", "g"}});
  EXPECT_EQ(receive("orders.fifo").count("Messages"), 1U);
  clock.advance(seconds(30));
  EXPECT_THAT(bodies("orders.fifo"), ElementsAre("next"));
  const Answer dead = receive("dlq.fifo", {{"MaxNumberOfMessages", 10}, {"AttributeNames", {"All"}}});
  ASSERT_EQ(dead.count("Messages"), 2U);
  EXPECT_EQ(dead.at("Messages/1/Attributes/MessageGroupId"), "g");
  EXPECT_EQ(dead.at("Messages/1/Attributes/MessageDeduplicationId"),
            dead.at("Messages/0/Attributes/MessageDeduplicationId"));
  EXPECT_EQ(dead.at("Messages/1/Attributes/SentTimestamp"), "1767323075678");  // FIFO: counts anew
}

// ---- message move tasks

TEST_F(SqsRedrive, AMoveTaskBringsMessagesBackAsNewOnes) {
  const std::string id = send("orders", "a").at("MessageId");
  send("orders", "b");
  exhaust("orders");
  const std::string handle = start().at("TaskHandle");
  EXPECT_NE(handle, "");
  settle();
  EXPECT_EQ(attribute("dlq", "ApproximateNumberOfMessages"), "0");
  const Answer back = receive("orders", {{"MaxNumberOfMessages", 10}, {"AttributeNames", {"All"}}});
  ASSERT_EQ(back.count("Messages"), 2U);
  EXPECT_NE(back.at("Messages/0/MessageId"), id);
  EXPECT_EQ(back.at("Messages/0/Attributes/ApproximateReceiveCount"), "1");
  EXPECT_EQ(back.at("Messages/0/Attributes/DeadLetterQueueSourceArn"), "");
  const Answer listed = tasks();
  EXPECT_EQ(listed.json().at("Results"),
            json::parse(
                R"([{"Status":"COMPLETED","SourceArn":")" + arn("dlq") +
                R"(","ApproximateNumberOfMessagesMoved":2,"ApproximateNumberOfMessagesToMove":2,"StartedTimestamp":)" +
                listed.at("Results/0/StartedTimestamp") + "}]"));
}

TEST_F(SqsRedrive, AMoveTaskKeepsItsRateAndCanBeCancelled) {
  create("other");
  for (int i = 0; i < 10; ++i) send("dlq", std::to_string(i));
  const std::string handle =
      start({{"DestinationArn", arn("other")}, {"MaxNumberOfMessagesPerSecond", 2}}).at("TaskHandle");
  settle();
  EXPECT_EQ(attribute("other", "ApproximateNumberOfMessages"), "1");
  for (int i = 0; i < 4; ++i) advance(milliseconds(500));
  EXPECT_EQ(attribute("other", "ApproximateNumberOfMessages"), "5");
  EXPECT_EQ(tasks().json().at("Results"),
            json::parse(R"([{"TaskHandle":")" + handle + R"(","Status":"RUNNING","SourceArn":")" + arn("dlq") +
                        R"(","DestinationArn":")" + arn("other") + R"(","MaxNumberOfMessagesPerSecond":2,)" +
                        R"("ApproximateNumberOfMessagesMoved":5,"ApproximateNumberOfMessagesToMove":10,)" +
                        R"("StartedTimestamp":1767323045678}])"));
  const Answer cancelled = json("CancelMessageMoveTask", json::object{{"TaskHandle", handle}});
  EXPECT_EQ(cancelled.text, R"({"ApproximateNumberOfMessagesMoved":5})");
  advance(seconds(10));
  EXPECT_EQ(attribute("other", "ApproximateNumberOfMessages"), "5");
  EXPECT_EQ(attribute("dlq", "ApproximateNumberOfMessages"), "5");
  EXPECT_EQ(tasks().at("Results/0/Status"), "CANCELLED");
  EXPECT_EQ(tasks().at("Results/0/TaskHandle"), "");
  EXPECT_EQ(json("CancelMessageMoveTask", json::object{{"TaskHandle", handle}}).at("__type"),
            "com.amazonaws.sqs#UnsupportedOperation");
}

TEST_F(SqsRedrive, ARestartGoesOnWithTheTask) {
  create("other");
  for (int i = 0; i < 6; ++i) send("dlq", std::to_string(i));
  start({{"DestinationArn", arn("other")}, {"MaxNumberOfMessagesPerSecond", 1}});
  settle();
  advance(seconds(1));
  EXPECT_EQ(attribute("other", "ApproximateNumberOfMessages"), "2");
  restart();
  settle();
  for (int i = 0; i < 6; ++i) advance(seconds(1));
  EXPECT_EQ(tasks().at("Results/0/Status"), "COMPLETED");
  EXPECT_EQ(tasks().at("Results/0/ApproximateNumberOfMessagesMoved"), "6");
  EXPECT_EQ(bodies("other"), (std::vector<std::string>{"0", "1", "2", "3", "4", "5"}));
  EXPECT_EQ(attribute("dlq", "ApproximateNumberOfMessages"), "0");
}

TEST_F(SqsRedrive, ATaskFailsWithTheReasonAwsGives) {
  send("dlq", "sent here directly");
  start();
  settle();
  EXPECT_EQ(tasks().at("Results/0/Status"), "FAILED");
  EXPECT_EQ(tasks().at("Results/0/FailureReason"), "CouldNotDetermineMessageSource");
  EXPECT_EQ(attribute("dlq", "ApproximateNumberOfMessages"), "1");  // given back

  create("other");
  start({{"DestinationArn", arn("other")}, {"MaxNumberOfMessagesPerSecond", 1}});
  send("dlq", "one more");
  json("DeleteQueue", json::object{{"QueueUrl", url("other")}});
  clock.advance(seconds(1));
  settle();
  EXPECT_EQ(tasks(1).at("Results/0/Status"), "COMPLETED");  // its one message had gone by then

  create("third");
  start({{"DestinationArn", arn("third")}, {"MaxNumberOfMessagesPerSecond", 1}});
  send("dlq", "a third");
  EXPECT_EQ(tasks(1).at("Results/0/Status"), "RUNNING");
}

TEST_F(SqsRedrive, ADestinationThatVanishesFailsTheTask) {
  create("other");
  for (int i = 0; i < 3; ++i) send("dlq", "x");
  start({{"DestinationArn", arn("other")}, {"MaxNumberOfMessagesPerSecond", 1}});
  settle();
  json("DeleteQueue", json::object{{"QueueUrl", url("other")}});
  advance(seconds(1));
  EXPECT_EQ(tasks().at("Results/0/Status"), "FAILED");
  EXPECT_EQ(tasks().at("Results/0/FailureReason"), "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(tasks().at("Results/0/ApproximateNumberOfMessagesMoved"), "1");
  EXPECT_EQ(attribute("dlq", "ApproximateNumberOfMessages"), "2");
}

TEST_F(SqsRedrive, TasksAreRefusedInAwsWords) {
  create("plain");
  create("other.fifo");
  EXPECT_EQ(
      json("StartMessageMoveTask", json::object{{"SourceArn", arn("plain")}}).error(),
      "com.amazonaws.sqs#InvalidParameterValueException: Source queue must be configured as a Dead Letter Queue.");
  Answer answer = json("StartMessageMoveTask", json::object{{"SourceArn", arn("none")}});
  EXPECT_EQ(answer.error(),
            "com.amazonaws.sqs#ResourceNotFoundException: The resource that you specified for the SourceArn "
            "parameter doesn't exist.");
  EXPECT_EQ(answer.status, 404U);
  EXPECT_EQ(
      start({{"DestinationArn", arn("none")}}).error(),
      "com.amazonaws.sqs#ResourceNotFoundException: The resource that you specified for the DestinationArn parameter "
      "doesn't exist.");
  for (const json::object& bad :
       {json::object{{"DestinationArn", arn("dlq")}}, json::object{{"DestinationArn", arn("other.fifo")}},
        json::object{{"MaxNumberOfMessagesPerSecond", 0}}, json::object{{"MaxNumberOfMessagesPerSecond", 501}}})
    EXPECT_EQ(start(bad).at("__type"), "com.amazonaws.sqs#InvalidParameterValueException") << json::serialize(bad);

  for (int i = 0; i < 3; ++i) send("dlq", "x");
  const std::string handle =
      start({{"DestinationArn", arn("plain")}, {"MaxNumberOfMessagesPerSecond", 1}}).at("TaskHandle");
  EXPECT_EQ(start().error(),
            "com.amazonaws.sqs#InvalidParameterValueException: There is already a task running. Only one "
            "active task is allowed for a source queue arn at a given time.");
  EXPECT_EQ(json("CancelMessageMoveTask", json::object{{"TaskHandle", "foobared"}}).error(),
            "com.amazonaws.sqs#InvalidParameterValueException: Value for parameter TaskHandle is invalid.");
  const auto cancel = [&](std::string task, std::string source) {
    return json("CancelMessageMoveTask", json::object{{"TaskHandle", MoveTaskHandle{task, source}.encode()}});
  };
  EXPECT_THAT(cancel("t", arn("none")).error(),
              HasSubstr("ResourceNotFoundException: The resource that you specified for the SourceArn"));
  EXPECT_EQ(cancel("t", arn("dlq")).error(), "com.amazonaws.sqs#ResourceNotFoundException: Task does not exist.");
  EXPECT_EQ(tasks(0).at("__type"), "com.amazonaws.sqs#InvalidParameterValueException");
  EXPECT_EQ(tasks(11).at("__type"), "com.amazonaws.sqs#InvalidParameterValueException");
  EXPECT_EQ(json("ListMessageMoveTasks", json::object{{"SourceArn", arn("none")}}).status, 404U);
}

TEST_F(SqsRedrive, OnlyTheTenNewestTasksAreKeptNewestFirst) {
  for (int i = 0; i < 12; ++i) {
    start();
    advance(seconds(1));
  }
  const Answer listed = tasks();
  EXPECT_EQ(listed.count("Results"), 10U);
  EXPECT_GT(listed.at("Results/0/StartedTimestamp"), listed.at("Results/9/StartedTimestamp"));
  EXPECT_EQ(json("ListMessageMoveTasks", json::object{{"SourceArn", arn("dlq")}}).count("Results"), 1U);
  EXPECT_EQ(storage->catalog().list(kMoveTaskKeyPrefix).size(), 10U);
  // They go with their queue.
  json("DeleteQueue", json::object{{"QueueUrl", url("dlq")}});
  EXPECT_EQ(storage->catalog().list(kMoveTaskKeyPrefix).size(), 0U);
}

TEST_F(SqsRedrive, WhatComesInAfterTheStartIsNotTheTasks) {
  create("other");
  send("dlq", "a");
  start({{"DestinationArn", arn("other")}, {"MaxNumberOfMessagesPerSecond", 1}});
  send("dlq", "b");
  settle();
  advance(seconds(5));
  EXPECT_EQ(attribute("other", "ApproximateNumberOfMessages"), "1");
  EXPECT_EQ(attribute("dlq", "ApproximateNumberOfMessages"), "1");
}

}  // namespace
}  // namespace eventbus
