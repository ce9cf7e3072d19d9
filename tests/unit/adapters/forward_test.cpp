#include "adapters/aws/client/circuit_breaker.h"
#include "adapters/aws/targets/forward_factory.h"
#include "adapters/aws/targets/forward_rules.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/unit/adapters/fake_http.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace eventbus::aws {
namespace {

namespace json = boost::json;
using eventbus::testing::answered;
using eventbus::testing::FakeHttp;
using eventbus::testing::ManualClock;
using eventbus::testing::run;
using eventbus::testing::test_epoch;
using eventbus::testing::unreachable;
using ::testing::HasSubstr;

const std::string kEvent =
    R"({"version":"0","id":"ev-1","detail-type":"T\u00e9","source":"app","account":"000000000000","time":"2026-01-02T03:04:05Z",)"
    R"("region":"eu-west-1","resources":["r"],"detail":{"n":1.00,"k":"v"}})";

class ForwardTest : public ::testing::Test {
 protected:
  ForwardTest() {
    environment_.variables = {{"AWS_ACCESS_KEY_ID", "AKID"}, {"AWS_SECRET_ACCESS_KEY", "s"}};
    environment_.read_file = [](const std::string&) -> Result<std::string> { return invalid("no files"); };
    ForwardRule rule;
    rule.accounts = {"111122223333"};
    rules_ = ForwardRules({rule});
  }

  std::shared_ptr<DeliveryTarget> find(const std::string& arn) {
    target_.arn = arn;
    const std::optional<Arn> parsed = Arn::parse(arn);
    return factory_.make({target_, scope_, parsed});
  }

  std::vector<AttemptOutcome> deliver(const std::string& arn, std::vector<Delivery> deliveries) {
    const std::shared_ptr<DeliveryTarget> target = find(arn);
    if (!target) return {};
    std::vector<DeliveryAttempt> attempts;
    for (const Delivery& delivery : deliveries)
      attempts.push_back({delivery, target_, scope_, 1, clock_.now() + std::chrono::seconds(5)});
    // Retries wait on the clock.
    std::optional<std::vector<AttemptOutcome>> outcomes;
    asio::io_context io{1};
    bool ended = false;
    asio::co_spawn(io, eventbus::testing::keep_result(target->deliver(std::move(attempts)), outcomes),
                   [&](std::exception_ptr) { ended = true; });
    for (int i = 0; i < 1'000 && !ended; ++i) {
      io.restart();
      io.poll();
      if (!ended) clock_.advance(Duration(10));
    }
    return outcomes.value();
  }
  static Delivery delivery(std::string input = kEvent, std::string event = "") {
    Delivery made;
    made.event_id = "ev-1";
    made.rule_arn = "arn:aws:events:eu-west-1:000000000000:rule/r";
    made.target_id = "t";
    made.accepted_at = test_epoch();
    made.input = std::move(input);
    made.event = std::move(event);
    return made;
  }
  AttemptOutcome deliver_one(const std::string& arn, Delivery one = delivery()) {
    std::vector<Delivery> deliveries;
    deliveries.push_back(std::move(one));
    const auto outcomes = deliver(arn, std::move(deliveries));
    return outcomes.at(0);
  }
  json::object body(std::size_t request = 0) { return json::parse(http_.requests.at(request).body).as_object(); }
  std::string header(std::string_view name, std::size_t request = 0) {
    return std::string(net::find_header(http_.requests.at(request).headers, name));
  }

  std::function<FakeHttp::Answer(const net::ClientRequest&)> other_side_ = [](const auto&) {
    return answered(200, "{}");
  };
  ManualClock clock_{test_epoch()};
  SeededRng rng_{1};
  FakeHttp http_{[this](const net::ClientRequest& request) { return other_side_(request); }};
  CredentialEnvironment environment_;
  ForwardMetrics metrics_;
  ForwardRules rules_;
  ForwardFactory factory_{rules_, {http_, clock_, rng_, environment_, metrics_}};
  Target target_{.id = "t"};
  Scope scope_{"000000000000", "eu-west-1"};
};

TEST_F(ForwardTest, NothingIsSentToAccountsThatAreNotNamed) {
  EXPECT_EQ(find("arn:aws:sqs:eu-west-1:000000000000:q"), nullptr);
  EXPECT_EQ(find("arn:aws:ecs:eu-west-1:111122223333:cluster/x"), nullptr);
  EXPECT_EQ(find("arn:aws:events:eu-west-1:111122223333:api-destination/x/y"), nullptr);
  EXPECT_EQ(find("https://example.com/"), nullptr);
  EXPECT_NE(find("arn:aws:sqs:eu-west-1:111122223333:q"), nullptr);
}

TEST_F(ForwardTest, RulesNarrowByRegionAndServiceAndTheFirstThatCoversCounts) {
  ForwardRule narrow{.accounts = {"111122223333"}, .regions = {"eu-west-1"}, .services = {"sqs"}};
  narrow.endpoint = "http://near";
  narrow.map_account = "999900001111";
  ForwardRule wide{.accounts = {"111122223333", "222233334444"}};
  wide.endpoints = {{"events", "http://far"}};
  const ForwardRules rules({narrow, wide});
  const auto endpoint = [&rules](const char* text) {
    const Arn arn = Arn::parse(text).value();
    const ForwardRule* rule = rules.find(arn);
    return rule ? rule->endpoint_of(arn) : "";
  };
  EXPECT_EQ(endpoint("arn:aws:sqs:eu-west-1:111122223333:q"), "http://near");
  EXPECT_EQ(endpoint("arn:aws:sqs:us-east-1:111122223333:q"), "https://sqs.us-east-1.amazonaws.com");
  EXPECT_EQ(endpoint("arn:aws:events:eu-west-1:222233334444:event-bus/b"), "http://far");
  EXPECT_EQ(endpoint("arn:aws-cn:sns:cn-north-1:222233334444:t"), "https://sns.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(endpoint("arn:aws:sqs:eu-west-1:333344445555:q"), "");
  EXPECT_EQ(narrow.mapped(Arn::parse("arn:aws:sqs:eu-west-1:111122223333:q").value()).to_string(),
            "arn:aws:sqs:eu-west-1:999900001111:q");
}

TEST_F(ForwardTest, AnEventGoesToABusToTheLetter) {
  other_side_ = [](const auto&) { return answered(200, R"({"FailedEntryCount":0,"Entries":[{"EventId":"x"}]})"); };
  Delivery traced = delivery();
  traced.trace_header = "Root=1-2-3";
  EXPECT_EQ(deliver_one("arn:aws:events:eu-west-1:111122223333:event-bus/b", traced).kind, AttemptOutcome::kDelivered);
  EXPECT_EQ(http_.requests[0].url, "https://events.eu-west-1.amazonaws.com/");
  EXPECT_EQ(header("X-Amz-Target"), "AWSEvents.PutEvents");
  EXPECT_THAT(header("Authorization"), HasSubstr("Credential=AKID/20260102/eu-west-1/events/aws4_request"));
  EXPECT_EQ(http_.requests[0].body,
            R"({"Entries":[{"EventBusName":"arn:aws:events:eu-west-1:111122223333:event-bus/b","DetailType":"T\u00e9",)"
            R"("Source":"app","Time":1767323045,"Resources":["r"],"Detail":"{\"n\":1.00,\"k\":\"v\"}",)"
            R"("TraceHeader":"Root=1-2-3"}]})");
}

TEST_F(ForwardTest, EachEntryOfABatchHasItsOwnOutcome) {
  other_side_ = [](const auto&) {
    return answered(200, R"({"FailedEntryCount":3,"Entries":[{"EventId":"x"},{"ErrorCode":"ThrottlingException",
      "ErrorMessage":"slow"},{"ErrorCode":"NotAuthorizedForSourceException","ErrorMessage":"no"},{"ErrorCode":"InternalFailure"}]})");
  };
  const auto outcomes =
      deliver("arn:aws:events:eu-west-1:111122223333:event-bus/b", {delivery(), delivery(), delivery(), delivery()});
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_EQ(outcomes[0].kind, AttemptOutcome::kDelivered);
  EXPECT_EQ(outcomes[1].kind, AttemptOutcome::kRetry);
  EXPECT_TRUE(outcomes[1].throttled);
  EXPECT_EQ(outcomes[2].kind, AttemptOutcome::kFailed);
  EXPECT_EQ(outcomes[2].failure.code, "NO_PERMISSIONS");
  EXPECT_EQ(outcomes[3].kind, AttemptOutcome::kRetry);
  EXPECT_EQ(http_.requests.size(), 1u);
}

TEST_F(ForwardTest, MessagesGoToQueuesInBatches) {
  target_.sqs = SqsParameters{"$.detail.k"};
  other_side_ = [](const auto&) {
    return answered(200,
                    R"({"Successful":[{"Id":"1","MessageId":"m"}],"Failed":[{"Id":"0","Code":"InvalidMessageContents",
      "SenderFault":true,"Message":"x"}]})");
  };
  Delivery traced = delivery();
  traced.trace_header = "Root=1-2-3";
  const auto outcomes = deliver("arn:aws:sqs:eu-west-1:111122223333:q.fifo", {traced, delivery("text", kEvent)});
  EXPECT_EQ(outcomes.at(0).kind, AttemptOutcome::kFailed);
  EXPECT_EQ(outcomes.at(1).kind, AttemptOutcome::kDelivered);
  const json::value expected = {
      {"QueueUrl", "https://sqs.eu-west-1.amazonaws.com/111122223333/q.fifo"},
      {"Entries",
       {{{"Id", "0"},
         {"MessageBody", kEvent},
         {"MessageGroupId", "v"},
         {"MessageSystemAttributes", {{"AWSTraceHeader", {{"DataType", "String"}, {"StringValue", "Root=1-2-3"}}}}}},
        {{"Id", "1"}, {"MessageBody", "text"}, {"MessageGroupId", "v"}}}}};
  EXPECT_EQ(json::value(body()), expected);
  EXPECT_EQ(find("arn:aws:sqs:eu-west-1:111122223333:q.fifo")->concurrency_max(), 1u) << "groups stay in order";
}

TEST_F(ForwardTest, LargeMessagesDoNotShareARequest) {
  other_side_ = [](const auto&) { return answered(200, R"({"Successful":[{"Id":"0"}]})"); };
  const std::string large(700'000, 'x');
  const auto outcomes = deliver("arn:aws:sqs:eu-west-1:111122223333:q", {delivery(large), delivery(large)});
  EXPECT_EQ(http_.requests.size(), 2u);
  EXPECT_EQ(outcomes.at(0).kind, AttemptOutcome::kDelivered);
  EXPECT_EQ(outcomes.at(1).kind, AttemptOutcome::kDelivered);
}

TEST_F(ForwardTest, SingleCallsHaveTheServicesForms) {
  deliver_one("arn:aws:sns:eu-west-1:111122223333:topic", delivery("a b&c"));
  EXPECT_EQ(http_.requests[0].body,
            "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A111122223333%3Atopic&Message=a%"
            "20b%26c");
  deliver_one("arn:aws:lambda:eu-west-1:111122223333:function:f");
  EXPECT_EQ(http_.requests[1].url,
            "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/"
            "arn%3Aaws%3Alambda%3Aeu-west-1%3A111122223333%3Afunction%3Af/invocations");
  EXPECT_EQ(header("X-Amz-Invocation-Type", 1), "Event");
  EXPECT_EQ(http_.requests[1].body, kEvent);
  deliver_one("arn:aws:states:eu-west-1:111122223333:stateMachine:m");
  const std::string name(body(2).at("name").as_string());
  deliver_one("arn:aws:states:eu-west-1:111122223333:stateMachine:m");
  EXPECT_EQ(body(3).at("name").as_string(), name) << "a repeated delivery starts nothing twice";
  EXPECT_EQ(body(3).at("input").as_string(), kEvent);
  EXPECT_EQ(header("X-Amz-Target", 3), "AWSStepFunctions.StartExecution");
  other_side_ = [](const auto&) { return answered(400, R"({"__type":"com.amazonaws.swf#ExecutionAlreadyExists"})"); };
  EXPECT_EQ(deliver_one("arn:aws:states:eu-west-1:111122223333:stateMachine:m").kind, AttemptOutcome::kDelivered);
}

TEST_F(ForwardTest, StreamsGetTheirPartitionKeys) {
  deliver_one("arn:aws:kinesis:eu-west-1:111122223333:stream/s", delivery("hi"));
  EXPECT_EQ(header("X-Amz-Target"), "Kinesis_20131202.PutRecord");
  EXPECT_EQ(body().at("Data").as_string(), "aGk=");
  EXPECT_TRUE(body().at("PartitionKey").as_string().starts_with("ev-1_"));
  target_.parameters["KinesisParameters"] = {{"PartitionKeyPath", "$.detail.k"}};
  deliver_one("arn:aws:kinesis:eu-west-1:111122223333:stream/s");
  EXPECT_EQ(body(1).at("PartitionKey").as_string(), "\"v\"");
  target_.parameters["KinesisParameters"] = {{"PartitionKeyPath", "$.detail.none"}};
  other_side_ = [](const auto&) {
    return answered(200, R"({"FailedRecordCount":1,"Records":[{"SequenceNumber":"1"},
      {"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"m"}]})");
  };
  const auto outcomes = deliver("arn:aws:kinesis:eu-west-1:111122223333:stream/s", {delivery(), delivery()});
  EXPECT_EQ(header("X-Amz-Target", 2), "Kinesis_20131202.PutRecords");
  EXPECT_EQ(body(2).at("Records").at(0).at("PartitionKey").as_string(), "{}");
  EXPECT_EQ(outcomes.at(0).kind, AttemptOutcome::kDelivered);
  EXPECT_TRUE(outcomes.at(1).throttled);
  deliver_one("arn:aws:firehose:eu-west-1:111122223333:deliverystream/d", delivery("hi"));
  EXPECT_EQ(http_.requests.back().body, R"({"DeliveryStreamName":"d","Record":{"Data":"aGk="}})");
}

TEST_F(ForwardTest, LogGroupsGetAStreamAndAnEvent) {
  deliver_one("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/events/x:*");
  EXPECT_EQ(header("X-Amz-Target", 0), "Logs_20140328.CreateLogStream");
  EXPECT_EQ(header("X-Amz-Target", 1), "Logs_20140328.PutLogEvents");
  EXPECT_EQ(body(1).at("logGroupName").as_string(), "/aws/events/x");
  EXPECT_EQ(body(1).at("logStreamName"), body(0).at("logStreamName"));
  EXPECT_EQ(body(1).at("logEvents").at(0), (json::value{{"timestamp", 1767323045000}, {"message", kEvent}}));
  deliver_one("arn:aws:logs:eu-west-1:111122223333:log-group:/aws/events/x",
              delivery(R"({"timestamp":1767323046000,"message":"a\"b"})", kEvent));
  EXPECT_EQ(body(3).at("logEvents").at(0), (json::value{{"timestamp", 1767323046000}, {"message", "a\"b"}}));
}

const std::string kMethod = "arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/PUT/orders/*/items/*";

TEST_F(ForwardTest, MethodsOfRestApisAreCalledWithTheirParameters) {
  target_.parameters = json::parse(R"({"HttpParameters":{"PathParameterValues":["$.detail.k","a b"],
    "QueryStringParameters":{"n":"$.detail.n"},
    "HeaderParameters":{"X-Own":"yes","Content-Type":"text/plain","Host":"evil","Authorization":"x","x-amz-date":"x",
                        "X-Amzn-Trace-Id":"x","X-Forwarded-For":"x"}}})")
                           .as_object();
  Delivery made = delivery("the input", kEvent);
  made.trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
  EXPECT_EQ(deliver_one(kMethod, std::move(made)).kind, AttemptOutcome::kDelivered);
  const net::ClientRequest& request = http_.requests.at(0);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.url, "https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders/v/items/a%20b?n=1.00");
  EXPECT_EQ(request.body, "the input");
  EXPECT_EQ(header("Content-Type"), "text/plain");
  EXPECT_EQ(header("X-Own"), "yes");
  EXPECT_EQ(header("X-Amz-Source-Arn"), "arn:aws:events:eu-west-1:000000000000:rule/r");
  EXPECT_EQ(header("X-Amz-Source-Account"), "000000000000");
  EXPECT_EQ(header("X-Amzn-Trace-Id"), "Root=1-5759e988-bd862e3fe1be46a994272793");
  EXPECT_EQ(header("Host"), "abc123.execute-api.eu-west-1.amazonaws.com");
  EXPECT_EQ(header("X-Forwarded-For"), "");
  EXPECT_THAT(header("Authorization"), HasSubstr("/eu-west-1/execute-api/aws4_request, SignedHeaders=content-type;host;"
                                                 "x-amz-date;x-amz-source-account;x-amz-source-arn;x-own,"));
  EXPECT_EQ(find(kMethod)->timeout(), Duration(5'000));
}

TEST_F(ForwardTest, MethodsOfRestApisMayLiveElsewhere) {
  ForwardRule rule{.accounts = {"111122223333"}};
  rule.endpoints = {{"execute-api", "http://{api}.emulator:4510"}};
  const Arn arn = Arn::parse(kMethod).value();
  EXPECT_EQ(rule.endpoint_of(arn), "http://abc123.emulator:4510");
  rule.endpoints = {};
  rule.endpoint = "http://one";
  EXPECT_EQ(rule.endpoint_of(arn), "http://one");
}

TEST_F(ForwardTest, ARestApiWhoseArnNamesNoMethodIsNotCalled) {
  for (const char* resource : {"abc123", "abc123/prod", "abc123/*/POST/x", "abc123//POST/x"}) {
    const AttemptOutcome outcome = deliver_one("arn:aws:execute-api:eu-west-1:111122223333:" + std::string(resource));
    EXPECT_EQ(outcome.kind, AttemptOutcome::kFailed) << resource;
    EXPECT_EQ(outcome.failure.code, "INVALID_PARAMETER") << resource;
  }
  EXPECT_TRUE(http_.requests.empty());
  for (const char* method : {"*", "ANY", "POST"}) {
    deliver_one("arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/" + std::string(method));
    EXPECT_EQ(http_.requests.back().method, "POST") << method;
    EXPECT_EQ(http_.requests.back().url, "https://abc123.execute-api.eu-west-1.amazonaws.com/prod/") << method;
  }
}

TEST_F(ForwardTest, WhatARestApiAnswersIsTriedAgainFor429And5xxAndOnceAnAttempt) {
  struct Case {
    unsigned status;
    std::vector<net::Header> headers;
    AttemptOutcome::Kind kind;
    std::string_view code;
  };
  int number = 0;
  for (const Case& c : std::vector<Case>{
           {503, {}, AttemptOutcome::kRetry, "ERROR_FROM_TARGET"},
           {429, {}, AttemptOutcome::kRetry, "THROTTLING"},
           {403, {{"x-amzn-ErrorType", "InvalidSignatureException"}}, AttemptOutcome::kRetry, "NO_PERMISSIONS"},
           {403, {{"x-amzn-ErrorType", "AccessDeniedException"}}, AttemptOutcome::kFailed, "NO_PERMISSIONS"},
           {409, {}, AttemptOutcome::kFailed, "ERROR_FROM_TARGET"},
           {302, {{"Location", "http://elsewhere/"}}, AttemptOutcome::kFailed, "ERROR_FROM_TARGET"},
           {404, {}, AttemptOutcome::kFailed, "ERROR_FROM_TARGET"}}) {
    other_side_ = [&c](const auto&) { return answered(c.status, "{}", c.headers); };
    http_.requests.clear();
    // An API of its own each, so that no breaker knows of the others.
    const AttemptOutcome outcome =
        deliver_one("arn:aws:execute-api:eu-west-1:111122223333:api" + std::to_string(++number) + "/prod/POST/x");
    EXPECT_EQ(outcome.kind, c.kind) << c.status;
    EXPECT_EQ(outcome.failure.code, c.code) << c.status;
    EXPECT_EQ(outcome.http_status, c.status);
    EXPECT_EQ(http_.requests.size(), 1u) << c.status;
  }
}

TEST_F(ForwardTest, AnswersMeanWhatTheyMeanOnAws) {
  struct Case {
    unsigned status;
    const char* body;
    AttemptOutcome::Kind kind;
    std::string_view code;
  };
  for (const Case& c : std::initializer_list<Case>{
           {400, R"({"__type":"AccessDeniedException","message":"m"})", AttemptOutcome::kFailed, "NO_PERMISSIONS"},
           {403, "<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>",
            AttemptOutcome::kFailed, "NO_PERMISSIONS"},
           {404, "<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>", AttemptOutcome::kFailed,
            "NO_RESOURCE"},
           {400, R"({"__type":"ValidationException","message":"m"})", AttemptOutcome::kFailed, "INVALID_PARAMETER"},
           {413, "", AttemptOutcome::kFailed, "INVALID_PARAMETER"},
           {400, R"({"__type":"ThrottlingException"})", AttemptOutcome::kRetry, "THROTTLING"},
           {429, "", AttemptOutcome::kRetry, "THROTTLING"},
           {503, "", AttemptOutcome::kRetry, "ERROR_FROM_TARGET"},
           {400, R"({"__type":"UnrecognizedClientException"})", AttemptOutcome::kRetry, "NO_PERMISSIONS"},
       }) {
    other_side_ = [&c](const auto&) { return answered(c.status, c.body); };
    const AttemptOutcome outcome = deliver_one("arn:aws:sns:eu-west-1:111122223333:t" + std::to_string(c.status));
    EXPECT_EQ(outcome.kind, c.kind) << c.status << c.body;
    EXPECT_EQ(outcome.failure.code, c.code) << c.status << c.body;
    EXPECT_EQ(outcome.http_status, c.status);
  }
  other_side_ = [](const auto&) {
    return answered(
        400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."})",
        {{"x-amzn-RequestId", "id-1"}, {"x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender"}});
  };
  EXPECT_EQ(deliver_one("arn:aws:sqs:eu-west-1:111122223333:q").failure.message,
            "The specified queue does not exist. (Service: AmazonSQS; Status Code: 400; Error Code: "
            "AWS.SimpleQueueService.NonExistentQueue; Request ID: id-1; Proxy: null)");
}

TEST_F(ForwardTest, WhatMayPassIsTriedAgainWithinTheCall) {
  other_side_ = [this](const auto&) { return http_.requests.size() < 3 ? answered(500, "") : answered(200, "{}"); };
  EXPECT_EQ(deliver_one("arn:aws:sns:eu-west-1:111122223333:t").kind, AttemptOutcome::kDelivered);
  EXPECT_EQ(http_.requests.size(), 3u);
}

TEST_F(ForwardTest, ALinkThatIsDownIsLeftAloneUntilItIsLookedAtAgain) {
  const std::string arn = "arn:aws:sqs:eu-west-1:111122223333:q";
  other_side_ = [](const auto&) { return unreachable(); };
  EXPECT_EQ(deliver_one(arn).failure.code, "CONNECTION_FAILURE");
  deliver_one(arn);
  const std::size_t sent = http_.requests.size();
  EXPECT_EQ(sent, CircuitBreaker::kFailuresToOpen);
  const AttemptOutcome held_back = deliver_one(arn);
  EXPECT_EQ(held_back.kind, AttemptOutcome::kRetry);
  EXPECT_TRUE(held_back.retry_after.has_value());
  EXPECT_EQ(http_.requests.size(), sent);
  other_side_ = [](const auto&) { return answered(200, R"({"Successful":[{"Id":"0"}]})"); };
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(deliver_one(arn).kind, AttemptOutcome::kDelivered);
}

TEST_F(ForwardTest, WithoutCredentialsDeliveriesWait) {
  environment_.variables.clear();
  environment_.variables["AWS_EC2_METADATA_DISABLED"] = "true";
  const AttemptOutcome outcome = deliver_one("arn:aws:sns:eu-west-1:111122223333:t");
  EXPECT_EQ(outcome.kind, AttemptOutcome::kRetry);
  EXPECT_EQ(outcome.failure.code, "FAILED_TO_ASSUME_ROLE");
  EXPECT_THAT(outcome.failure.message, HasSubstr("no AWS credentials were found"));
  EXPECT_TRUE(http_.requests.empty());
}

TEST(CircuitBreaker, OpensLooksAndCloses) {
  SeededRng rng(1);
  CircuitBreaker breaker(rng);
  TimePoint now = test_epoch();
  for (std::size_t i = 0; i < CircuitBreaker::kFailuresToOpen; ++i) {
    EXPECT_EQ(breaker.refused_until(now), std::nullopt);
    breaker.failed(now);
  }
  EXPECT_EQ(breaker.state(), CircuitBreaker::State::kOpen);
  const TimePoint first = breaker.refused_until(now).value();
  EXPECT_GE(first, now + CircuitBreaker::kFirstPause);
  now = first;
  EXPECT_EQ(breaker.refused_until(now), std::nullopt) << "one looks";
  EXPECT_EQ(breaker.state(), CircuitBreaker::State::kHalfOpen);
  EXPECT_TRUE(breaker.refused_until(now)) << "and no other";
  breaker.failed(now);
  const TimePoint second = breaker.refused_until(now).value();
  EXPECT_GE(second - now, CircuitBreaker::kFirstPause * 2);
  now = second;
  EXPECT_EQ(breaker.refused_until(now), std::nullopt);
  breaker.abandoned();
  EXPECT_EQ(breaker.refused_until(now), std::nullopt) << "the next one looks";
  breaker.succeeded();
  EXPECT_EQ(breaker.state(), CircuitBreaker::State::kClosed);
  for (int i = 0; i < 20; ++i) {
    breaker.failed(now);
    if (const auto until = breaker.refused_until(now)) now = *until;
    EXPECT_LE(breaker.refused_until(now).value_or(now) - now, CircuitBreaker::kLongestPause * 2);
  }
}

}  // namespace
}  // namespace eventbus::aws
