// Long polls: woken by arrival, ended by their time, by the client and by the queue's end.

#include "tests/unit/adapters/sqs_fixture.h"

namespace eventbus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Answer;
using testing::PendingCall;
namespace json = boost::json;

class SqsLongPoll : public testing::SqsFixture {
 protected:
  SqsLongPoll() { create("orders"); }

  PendingCall poll(int wait_seconds, int count = 1) {
    return begin_json("ReceiveMessage", json::serialize(json::object{{"QueueUrl", url("orders")},
                                                                     {"WaitTimeSeconds", wait_seconds},
                                                                     {"MaxNumberOfMessages", count}}));
  }
};

TEST_F(SqsLongPoll, IsWokenByArrival) {
  const PendingCall waiting = poll(20);
  EXPECT_FALSE(waiting.done());
  advance(seconds(3));
  EXPECT_FALSE(waiting.done());
  send("orders", "x");
  settle();
  ASSERT_TRUE(waiting.done());
  EXPECT_EQ(waiting.answer().at("Messages/0/Body"), "x");
}

TEST_F(SqsLongPoll, EndsEmptyWhenItsTimeIsOver) {
  const PendingCall waiting = poll(20);
  advance(milliseconds(19'999));
  EXPECT_FALSE(waiting.done());
  advance(milliseconds(1));
  ASSERT_TRUE(waiting.done());
  EXPECT_EQ(waiting.answer().status, 200U);
  EXPECT_EQ(waiting.answer().text, "{}");
}

TEST_F(SqsLongPoll, TheQueuesWaitTimeIsTheDefaultAndZeroDoesNotWait) {
  create("slow", {{"ReceiveMessageWaitTimeSeconds", "5"}});
  const PendingCall by_queue = begin_json("ReceiveMessage", json::serialize(json::object{{"QueueUrl", url("slow")}}));
  EXPECT_FALSE(by_queue.done());
  EXPECT_EQ(receive("slow", {{"WaitTimeSeconds", 0}}).text, "{}");
  advance(seconds(5));
  EXPECT_TRUE(by_queue.done());
}

TEST_F(SqsLongPoll, ADelayThatEndsAndAVisibilityThatEndsWakeItToo) {
  send("orders", "delayed", {{"DelaySeconds", 4}});
  const PendingCall first = poll(20);
  advance(seconds(3));
  EXPECT_FALSE(first.done());
  advance(seconds(1));
  ASSERT_TRUE(first.done());
  const PendingCall second = poll(20);
  EXPECT_FALSE(second.done());
  EXPECT_EQ(change_visibility("orders", first.answer().at("Messages/0/ReceiptHandle"), 7).error(), "");
  advance(seconds(7));
  ASSERT_TRUE(second.done());
  EXPECT_EQ(second.answer().at("Messages/0/MessageId"), first.answer().at("Messages/0/MessageId"));
}

TEST_F(SqsLongPoll, EachOfThousandsGetsOneMessage) {
  std::vector<PendingCall> waiting;
  for (int i = 0; i < 2'000; ++i) waiting.push_back(poll(20));
  for (int i = 0; i < 500; ++i) send("orders", std::to_string(i));
  settle();
  std::size_t done = 0;
  for (const PendingCall& call : waiting)
    if (call.done()) {
      EXPECT_EQ(call.answer().count("Messages"), 1U);
      ++done;
    }
  EXPECT_EQ(done, 500U);
  advance(seconds(20));
  for (const PendingCall& call : waiting) EXPECT_TRUE(call.done());
  EXPECT_EQ(attribute("orders", "ApproximateNumberOfMessagesNotVisible"), "500");
}

TEST_F(SqsLongPoll, AClientThatHangsUpTakesNoMessage) {
  PendingCall gone = poll(20);
  const PendingCall stays = poll(20);
  gone.cancel();
  settle();
  EXPECT_TRUE(gone.state_->ended);
  send("orders", "x");
  settle();
  ASSERT_TRUE(stays.done());
  EXPECT_EQ(stays.answer().at("Messages/0/Body"), "x");
}

// A client whose leaving nobody has been told of yet.
class Client final : public net::Requester {
 public:
  bool has_left() const override { return left; }
  bool left = false;
};

TEST_F(SqsLongPoll, AMessageThatComesForAClientThatHasLeftIsForOthersAtOnceAndWasNotReceived) {
  for (const std::string queue : {"orders", "orders.fifo"}) {
    const bool fifo = queue == "orders.fifo";
    if (fifo) create(queue);
    for (const bool query : {false, true}) {
      Client client;
      net::Request request;
      request.method = "POST";
      request.target = "/";
      request.requester = &client;
      if (query) {
        request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
        request.body = "Action=ReceiveMessage&WaitTimeSeconds=20&QueueUrl=" + url(queue);
      } else {
        request.headers = {{"X-Amz-Target", "AmazonSQS.ReceiveMessage"},
                           {"Content-Type", "application/x-amz-json-1.0"}};
        request.body = json::serialize(json::object{{"QueueUrl", url(queue)}, {"WaitTimeSeconds", 20}});
      }
      const PendingCall leaves = begin(std::move(request));
      const PendingCall stays = begin_json(
          "ReceiveMessage",
          json::serialize(json::object{
              {"QueueUrl", url(queue)}, {"WaitTimeSeconds", 20}, {"AttributeNames", {"ApproximateReceiveCount"}}}));
      client.left = true;
      json::object more;
      if (fifo) more = {{"MessageGroupId", "g"}, {"MessageDeduplicationId", query ? "1" : "2"}};
      send(queue, "x", more);
      settle();
      // Which of the two was woken first is the queue's business; the second message goes to the other.
      ASSERT_TRUE(stays.done());
      EXPECT_EQ(stays.answer().at("Messages/0/Body"), "x");
      EXPECT_EQ(stays.answer().at("Messages/0/Attributes/ApproximateReceiveCount"), "1");
      EXPECT_EQ(remove(queue, stays.answer().at("Messages/0/ReceiptHandle")).error(), "");

      if (fifo) more["MessageDeduplicationId"] = query ? "3" : "4";
      if (!leaves.done()) send(queue, "y", more);
      settle();
      ASSERT_TRUE(leaves.done());
      EXPECT_EQ(leaves.answer().text.find("Body"), std::string::npos);
      const Answer later = receive(queue, {{"AttributeNames", {"ApproximateReceiveCount"}}});
      if (later.count("Messages") == 0) continue;
      EXPECT_EQ(later.at("Messages/0/Attributes/ApproximateReceiveCount"), "1");
      remove(queue, later.at("Messages/0/ReceiptHandle"));
    }
  }
}

TEST_F(SqsLongPoll, AThousandClientsThatHaveLeftDoNotUseUpTheReceivesOfAMessage) {
  create("dlq");
  json("SetQueueAttributes",
       json::object{{"QueueUrl", url("orders")},
                    {"Attributes",
                     {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn("dlq") + R"(","maxReceiveCount":1})"}}}});
  Client gone;
  std::vector<PendingCall> waiting;
  for (int i = 0; i < 1'000; ++i) {
    net::Request request;
    request.method = "POST";
    request.target = "/";
    request.requester = &gone;
    request.headers = {{"X-Amz-Target", "AmazonSQS.ReceiveMessage"}, {"Content-Type", "application/x-amz-json-1.0"}};
    request.body = json::serialize(json::object{{"QueueUrl", url("orders")}, {"WaitTimeSeconds", 20}});
    waiting.push_back(begin(std::move(request)));
  }
  gone.left = true;
  send("orders", "x");
  settle();
  for (const PendingCall& call : waiting) {
    ASSERT_TRUE(call.done());
    EXPECT_EQ(call.answer().text, "{}");
  }
  EXPECT_EQ(bodies("orders"), std::vector<std::string>{"x"});
}

TEST_F(SqsLongPoll, WhatIsThereAtOnceIsForAClientThatEndsItsSideWithItsRequest) {
  send("orders", "x");
  Client half_closed;
  half_closed.left = true;
  net::Request request;
  request.method = "POST";
  request.target = "/";
  request.requester = &half_closed;
  request.headers = {{"X-Amz-Target", "AmazonSQS.ReceiveMessage"}, {"Content-Type", "application/x-amz-json-1.0"}};
  request.body = json::serialize(json::object{{"QueueUrl", url("orders")}, {"WaitTimeSeconds", 20}});
  EXPECT_EQ(finish(begin(std::move(request))).at("Messages/0/Body"), "x");
}

TEST_F(SqsLongPoll, ADeletedQueueEndsIt) {
  const PendingCall waiting = poll(20);
  json("DeleteQueue", json::object{{"QueueUrl", url("orders")}});
  settle();
  ASSERT_TRUE(waiting.done());
  EXPECT_EQ(waiting.answer().at("__type"), "com.amazonaws.sqs#QueueDoesNotExist");
}

TEST_F(SqsLongPoll, AttributesChangedWhileItWaitsHold) {
  const PendingCall waiting = poll(20);
  create("dlq");
  json("SetQueueAttributes",
       json::object{{"QueueUrl", url("orders")},
                    {"Attributes",
                     {{"RedrivePolicy", R"({"deadLetterTargetArn":")" + arn("dlq") + R"(","maxReceiveCount":1})"}}}});
  send("orders", "x");
  settle();
  ASSERT_TRUE(waiting.done());
  clock.advance(seconds(30));
  EXPECT_EQ(receive("orders").text, "{}");
  EXPECT_EQ(bodies("dlq"), std::vector<std::string>{"x"});
}

}  // namespace
}  // namespace eventbus
