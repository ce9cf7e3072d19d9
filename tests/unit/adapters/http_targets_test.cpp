#include "adapters/aws/targets/http_target.h"
#include "adapters/aws/targets/lambda_target.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/scripted_server.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::aws {
namespace {

using eventbus::testing::ManualClock;
using eventbus::testing::Peer;
using eventbus::testing::run;
using eventbus::testing::ScriptedServer;
using eventbus::testing::test_epoch;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

// One delivery to a target whose receiver answers what it is told to, and keeps what it was sent.
class HttpTargets : public ::testing::Test {
 protected:
  HttpTargets() : client_(*net::HttpClient::make({}, clock_)) {
    delivery_.event_id = "e-1";
    delivery_.rule_arn = "arn:aws:events:us-east-1:111122223333:rule/r";
    delivery_.target_id = "t";
    delivery_.input = R"({"the":"input"})";
    limits_.allow_http_targets = true;
  }

  AttemptOutcome deliver(TargetFactory& factory) {
    delivery_.target_arn = target_.arn;
    const std::shared_ptr<DeliveryTarget> target = find(factory);
    if (!target) return AttemptOutcome::failed("", "no delivery");
    const DeliveryAttempt attempt{delivery_, target_, scope_, 3, clock_.now() + target->timeout()};
    return run(target->deliver({attempt})).at(0);
  }
  std::shared_ptr<DeliveryTarget> find(TargetFactory& factory) {
    const std::optional<Arn> arn = Arn::parse(target_.arn);
    return factory.make({target_, scope_, arn});
  }
  std::unique_ptr<TargetFactory> http_factory() { return make_http_target_factory({*client_, clock_, limits_}); }
  std::unique_ptr<TargetFactory> lambda_factory(std::string endpoint) {
    return make_lambda_target_factory({*client_, clock_, std::move(endpoint), 60s, environment_, wall_clock_});
  }
  ScriptedServer::Script answering(std::string bytes) {
    return [this, bytes = std::move(bytes)](Peer& peer, int) {
      for (std::string asked = peer.read_request(); !asked.empty(); asked = peer.read_request()) {
        seen_.push_back(asked);
        peer.send(bytes);
      }
    };
  }

  ManualClock clock_{test_epoch()};
  ManualClock wall_clock_{test_epoch() + std::chrono::hours(24)};
  CredentialEnvironment environment_;
  std::unique_ptr<net::HttpClient> client_;
  Limits limits_;
  Scope scope_{"111122223333", "us-east-1"};
  Delivery delivery_;
  Target target_;
  std::vector<std::string> seen_;
};

constexpr const char* kNoContent = "HTTP/1.1 204 No Content\r\n\r\n";

TEST_F(HttpTargets, GetTheInputByPostWithWhatIdentifiesIt) {
  ScriptedServer server(answering(kNoContent));
  target_.arn = server.url("/hook?fixed=1");
  delivery_.trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
  EXPECT_EQ(deliver(*http_factory()).kind, AttemptOutcome::kDelivered);
  ASSERT_EQ(seen_.size(), 1u);
  EXPECT_EQ(seen_[0], "POST /hook?fixed=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                          "\r\nContent-Type: application/json\r\nX-Eventbus-Event-Id: e-1\r\n"
                          "X-Eventbus-Rule-Arn: arn:aws:events:us-east-1:111122223333:rule/r\r\n"
                          "X-Eventbus-Target-Id: t\r\nX-Eventbus-Attempt: 3\r\n"
                          "X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793\r\nUser-Agent: eventbusd\r\n"
                          "Content-Length: 15\r\n\r\n{\"the\":\"input\"}");
}

TEST_F(HttpTargets, GetTheirHttpParameters) {
  ScriptedServer server(answering(kNoContent));
  target_.arn = server.url("/users/*/*?fixed=1");
  delivery_.event = R"({"id":"e-1","detail":{"user":"a b","n":7}})";
  target_.parameters = boost::json::parse(R"({"HttpParameters":{"PathParameterValues":["$.detail.user","x"],
    "HeaderParameters":{"Content-Type":"text/plain","X-N":"$.detail.n","Host":"evil","Content-Length":"9","X-Eventbus-Attempt":"1"},
    "QueryStringParameters":{"q":"a&b"}}})")
                           .as_object();
  EXPECT_EQ(deliver(*http_factory()).kind, AttemptOutcome::kDelivered);
  ASSERT_EQ(seen_.size(), 1u);
  EXPECT_THAT(seen_[0], HasSubstr("POST /users/a%20b/x?fixed=1&q=a%26b HTTP/1.1\r\n"));
  EXPECT_THAT(seen_[0], HasSubstr("Content-Type: text/plain\r\n"));
  EXPECT_THAT(seen_[0], HasSubstr("X-N: 7\r\n"));
  EXPECT_THAT(seen_[0], HasSubstr("Content-Length: 15\r\n"));
  EXPECT_THAT(seen_[0], HasSubstr("X-Eventbus-Attempt: 3\r\n")) << "ours is not theirs to set";
  EXPECT_THAT(seen_[0], Not(HasSubstr("evil")));
}

TEST_F(HttpTargets, AreWhatTheirAnswersSay) {
  {
    ScriptedServer server(answering("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy"));
    target_.arn = server.url();
    const AttemptOutcome outcome = deliver(*http_factory());
    EXPECT_EQ(outcome.kind, AttemptOutcome::kRetry);
    EXPECT_EQ(outcome.retry_after, Duration(7s));
    EXPECT_EQ(outcome.http_status, 503u);
    EXPECT_EQ(outcome.response_body, "busy");
  }
  // Nobody listens there any more.
  EXPECT_EQ(deliver(*http_factory()).failure.code, "CONNECTION_FAILURE");
  EXPECT_EQ(deliver(*http_factory()).kind, AttemptOutcome::kRetry);
  ScriptedServer gone(answering("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"));
  target_.arn = gone.url();
  EXPECT_EQ(deliver(*http_factory()).kind, AttemptOutcome::kFailed);
  EXPECT_EQ(deliver(*http_factory()).failure.code, "ERROR_FROM_TARGET");
}

TEST_F(HttpTargets, WaitAtMostFiveSeconds) {
  ScriptedServer server([this](Peer& peer, int) {
    peer.read_request();
    clock_.advance(5s);
    peer.wait_until_client_goes();
  });
  target_.arn = server.url();
  const AttemptOutcome outcome = deliver(*http_factory());
  EXPECT_EQ(outcome.kind, AttemptOutcome::kRetry);
  EXPECT_EQ(outcome.failure.code, "TIMEOUT");
}

TEST_F(HttpTargets, ExistOnlyWhereTheyAreAllowed) {
  const std::unique_ptr<TargetFactory> factory = http_factory();
  target_.arn = "http://127.0.0.1:1/";
  EXPECT_NE(find(*factory), nullptr);
  limits_.allow_http_targets = false;
  EXPECT_EQ(find(*factory), nullptr);
  limits_.allow_http_targets = true;
  target_.arn = "arn:aws:lambda:us-east-1:111122223333:function:f";
  EXPECT_EQ(find(*factory), nullptr);
}

// ---- functions ----

TEST_F(HttpTargets, FunctionsAreInvokedAsynchronously) {
  ScriptedServer server(answering("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"));
  target_.arn = "arn:aws:lambda:us-east-1:111122223333:function:resize:live";
  delivery_.trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
  EXPECT_EQ(deliver(*lambda_factory(server.url())).kind, AttemptOutcome::kDelivered);
  ASSERT_EQ(seen_.size(), 1u);
  EXPECT_THAT(seen_[0], HasSubstr("POST /2015-03-31/functions/resize/invocations?Qualifier=live HTTP/1.1\r\n"));
  EXPECT_THAT(seen_[0], HasSubstr("X-Amz-Invocation-Type: Event\r\n"));
  EXPECT_THAT(seen_[0], HasSubstr("X-Amzn-Trace-Id: Root=1-5759e988-bd862e3fe1be46a994272793\r\n"));
  EXPECT_THAT(seen_[0], HasSubstr("\r\n\r\n{\"the\":\"input\"}"));
}

TEST_F(HttpTargets, FunctionsAreInvokedWithASignatureWhereTheEnvironmentHasKeys) {
  ScriptedServer server(answering("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"));
  target_.arn = "arn:aws:lambda:eu-west-1:111122223333:function:f";
  EXPECT_EQ(deliver(*lambda_factory(server.url())).kind, AttemptOutcome::kDelivered);
  EXPECT_THAT(seen_.at(0), Not(HasSubstr("Authorization")));
  environment_.variables = {{"AWS_ACCESS_KEY_ID", "AKIDENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}};
  EXPECT_EQ(deliver(*lambda_factory(server.url())).kind, AttemptOutcome::kDelivered);
  EXPECT_THAT(seen_.at(1), HasSubstr("Credential=AKIDENV/20260103/eu-west-1/lambda/aws4_request"));
  EXPECT_THAT(seen_.at(1), HasSubstr("SignedHeaders=content-type;host;x-amz-date;x-amz-invocation-type,"));
  environment_.variables["AWS_SESSION_TOKEN"] = "token";
  EXPECT_EQ(deliver(*lambda_factory(server.url())).kind, AttemptOutcome::kDelivered);
  EXPECT_THAT(seen_.at(2), HasSubstr("X-Amz-Security-Token: token\r\n"));
}

TEST_F(HttpTargets, FunctionsWaitWhileTheKeysOfTheEnvironmentAreNotWhole) {
  environment_.variables = {{"AWS_ACCESS_KEY_ID", "AKIDENV"}};
  target_.arn = "arn:aws:lambda:eu-west-1:111122223333:function:f";
  const AttemptOutcome outcome = deliver(*lambda_factory("http://127.0.0.1:1"));
  EXPECT_EQ(outcome.kind, AttemptOutcome::kRetry);
  EXPECT_EQ(outcome.failure.code, "FAILED_TO_ASSUME_ROLE");
  EXPECT_THAT(outcome.failure.message, HasSubstr("AWS_SECRET_ACCESS_KEY is not"));
}

TEST_F(HttpTargets, AnEndpointWithAPathIsCalledAsItStands) {
  ScriptedServer server(answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull"));
  target_.arn = "arn:aws:lambda:us-east-1:111122223333:function:anything";
  const auto factory = lambda_factory(server.url("/2015-03-31/functions/function/invocations"));
  EXPECT_EQ(deliver(*factory).kind, AttemptOutcome::kDelivered);
  EXPECT_THAT(seen_.at(0), HasSubstr("POST /2015-03-31/functions/function/invocations HTTP/1.1\r\n"));
}

TEST_F(HttpTargets, AnEmulatorThatInvokesSynchronouslyOnlyIsCalledSo) {
  ScriptedServer server([this](Peer& peer, int) {
    for (std::string asked = peer.read_request(); !asked.empty(); asked = peer.read_request()) {
      seen_.push_back(asked);
      const bool is_event = asked.find("X-Amz-Invocation-Type: Event") != std::string::npos;
      peer.send(is_event ? "HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n"
                         : "HTTP/1.1 200 OK\r\nX-Amz-Function-Error: Unhandled\r\nContent-Length: 0\r\n\r\n");
    }
  });
  target_.arn = "arn:aws:lambda:us-east-1:111122223333:function:f";
  const auto factory = lambda_factory(server.url());
  EXPECT_EQ(deliver(*factory).kind, AttemptOutcome::kDelivered) << "what the function makes of it is Lambda's business";
  EXPECT_EQ(deliver(*factory).kind, AttemptOutcome::kDelivered);
  ASSERT_EQ(seen_.size(), 3u) << "it is asked once";
  EXPECT_THAT(seen_[2], HasSubstr("X-Amz-Invocation-Type: RequestResponse\r\n"));
}

TEST_F(HttpTargets, WhatLambdaRefusesIsToldInItsWords) {
  struct Case {
    std::string answer;
    AttemptOutcome::Kind kind;
    std::string_view code;
  };
  for (const Case& each : std::vector<Case>{{"404 Not Found", AttemptOutcome::kFailed, "NO_RESOURCE"},
                                            {"403 Forbidden", AttemptOutcome::kFailed, "NO_PERMISSIONS"},
                                            {"401 Unauthorized", AttemptOutcome::kFailed, "NO_PERMISSIONS"},
                                            {"400 Bad Request", AttemptOutcome::kFailed, "INVALID_PARAMETER"},
                                            {"413 Too Large", AttemptOutcome::kFailed, "INVALID_PARAMETER"},
                                            {"408 Timeout", AttemptOutcome::kRetry, "TIMEOUT"},
                                            {"409 Conflict", AttemptOutcome::kRetry, "ERROR_FROM_TARGET"},
                                            {"429 Too Many", AttemptOutcome::kRetry, "THROTTLING"},
                                            {"500 Failed", AttemptOutcome::kRetry, "ERROR_FROM_TARGET"},
                                            {"502 Failed", AttemptOutcome::kRetry, "ERROR_FROM_TARGET"}}) {
    ScriptedServer server(answering("HTTP/1.1 " + each.answer +
                                    "\r\nx-amzn-ErrorType: SomeException:http://internal/\r\nx-amzn-RequestId: r-1\r\n"
                                    "Content-Length: 23\r\n\r\n{\"Message\":\"The words\"}"));
    target_.arn = "arn:aws:lambda:us-east-1:111122223333:function:f";
    const AttemptOutcome outcome = deliver(*lambda_factory(server.url()));
    EXPECT_EQ(outcome.kind, each.kind) << each.answer;
    EXPECT_EQ(outcome.failure.code, each.code) << each.answer;
    EXPECT_EQ(outcome.failure.message, "The words (Service: AWSLambda; Status Code: " + each.answer.substr(0, 3) +
                                           "; Error Code: SomeException; Request ID: r-1; Proxy: null)");
  }
}

TEST_F(HttpTargets, FunctionsWaitUntilThereIsAnEndpoint) {
  target_.arn = "arn:aws:lambda:us-east-1:111122223333:function:f";
  EXPECT_EQ(find(*lambda_factory("")), nullptr);
  EXPECT_NE(find(*lambda_factory("http://127.0.0.1:3001")), nullptr);
  EXPECT_EQ(find(*lambda_factory("http://127.0.0.1:3001"))->timeout(), Duration(60s));
  target_.arn = "arn:aws:lambda:us-east-1:111122223333:layer:l";
  EXPECT_EQ(find(*lambda_factory("http://127.0.0.1:3001")), nullptr);
}

}  // namespace
}  // namespace eventbus::aws
