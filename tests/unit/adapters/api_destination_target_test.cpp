#include "adapters/aws/targets/api_destination_target.h"

#include "adapters/aws/targets/connection_authorizer.h"
#include "base/digest.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/unit/adapters/fake_http_client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::aws {
namespace {

using eventbus::testing::FakeHttpClient;
using eventbus::testing::run;

class ApiDestinationTargetTest : public ::testing::Test {
 protected:
  ApiDestinationTargetTest() {
    limits_.allow_http_endpoints = true;
    delivery_.input = "{}";
  }

  void connect(AuthorizationType type) {
    ConnectionCatalog::NewConnection wanted;
    wanted.auth.type = type;
    wanted.auth.name = "ann";
    wanted.auth.secret = "swordfish";
    if (type == AuthorizationType::kOAuthClientCredentials) {
      wanted.auth.token_endpoint = "http://login.example/token";
      wanted.auth.token_method = "POST";
    }
    connection_ = *run(connections_.create_connection({scope_, "crm"}, std::move(wanted)));
    ConnectionCatalog::ApiDestinationSettings settings{std::nullopt, connection_->arn(), "http://api.example/hook",
                                                       "POST", 10};
    target_.arn = (*run(connections_.create_api_destination({scope_, "hook"}, std::move(settings))))->arn();
  }

  std::shared_ptr<DeliveryTarget> find() {
    const std::optional<Arn> arn = Arn::parse(target_.arn);
    return factory_->make(TargetQuery{target_, scope_, arn});
  }

  AttemptOutcome deliver() {
    std::vector<DeliveryAttempt> attempts;
    attempts.push_back({delivery_, target_, scope_, 1, clock_.now() + Duration{60'000}});
    std::vector<AttemptOutcome> outcomes = run(find()->deliver(std::move(attempts)));
    EXPECT_EQ(outcomes.size(), 1u);
    return outcomes.front();
  }

  // Background work, done now.
  void work() {
    asio::io_context io{1};
    for (auto& task : std::exchange(tasks_, {})) asio::co_spawn(io, std::move(task), asio::detached);
    io.run();
  }
  // Background work, as time passes.
  void begin_work(asio::io_context& io) {
    for (auto& task : std::exchange(tasks_, {})) asio::co_spawn(io, std::move(task), asio::detached);
    pass(Duration{0}, io);
  }
  void pass(Duration time, asio::io_context& io) {
    clock_.advance(time);
    io.restart();
    while (io.poll() > 0) {
    }
  }
  ConnectionCatalog::Connection current() { return *connections_.connection({scope_, "crm"}); }
  void grant(const std::string& token) {
    client_.answer(200, R"({"access_token":")" + token + R"(","expires_in":3600})");
  }
  std::string authorization(std::size_t request) {
    return std::string(net::find_header(client_.requests.at(request).headers, "Authorization"));
  }

  Scope scope_{"000000000000", "us-east-1"};
  eventbus::testing::ManualClock clock_{eventbus::testing::test_epoch()};
  SeededRng rng_{1};
  ConnectionLimits limits_;
  spdlog::logger log_{"test"};
  std::shared_ptr<MemoryTable> table_ = std::make_shared<MemoryTable>();
  std::unique_ptr<Storage> storage_ = open_memory_storage(table_, clock_).value();
  ConnectionCatalog connections_{
      *storage_, clock_, rng_, limits_, *SecretKeys::parse(base64_encode(std::string(32, 'k'))), log_};
  FakeHttpClient client_;
  OAuthTokens tokens_{client_, clock_, limits_};
  std::vector<asio::awaitable<void>> tasks_;
  ConnectionAuthorizer authorizer_{connections_, tokens_, clock_,
                                   [this](asio::awaitable<void> task) { tasks_.push_back(std::move(task)); }};
  std::unique_ptr<TargetFactory> factory_ =
      make_api_destination_factory({connections_, tokens_, client_, clock_, limits_});
  ConnectionCatalog::Connection connection_;
  Target target_;
  Delivery delivery_;
};

TEST_F(ApiDestinationTargetTest, DeliversWithinFiveSecondsAtTheRateOfTheDestination) {
  connect(AuthorizationType::kBasic);
  EXPECT_EQ(find()->rate_per_second(), 10);
  EXPECT_EQ(find()->rate_key(), target_.arn);
  EXPECT_EQ(find()->timeout(), Duration{5'000});
  EXPECT_EQ(deliver().kind, AttemptOutcome::kDelivered);
  ASSERT_EQ(client_.requests.size(), 1u);
  EXPECT_EQ(client_.requests[0].deadline, clock_.now() + Duration{5'000});
  EXPECT_EQ(client_.requests[0].url, "http://api.example/hook");
}

TEST_F(ApiDestinationTargetTest, JudgesByTheStatus) {
  connect(AuthorizationType::kBasic);
  for (const unsigned status : {401u, 407u, 409u, 429u, 500u, 503u}) {
    client_.answer(status);
    EXPECT_EQ(deliver().kind, AttemptOutcome::kRetry) << status;
  }
  for (const unsigned status : {301u, 302u, 400u, 403u, 404u, 410u}) {
    client_.answer(status);
    EXPECT_EQ(deliver().kind, AttemptOutcome::kFailed) << status;
  }
  for (const unsigned status : {200u, 201u, 204u, 299u}) {
    client_.answer(status);
    EXPECT_EQ(deliver().kind, AttemptOutcome::kDelivered) << status;
  }
  client_.fail(net::ClientError::kTimeout);
  EXPECT_EQ(deliver().kind, AttemptOutcome::kRetry);
}

TEST_F(ApiDestinationTargetTest, WaitsAsLongAsItIsToldTo) {
  connect(AuthorizationType::kBasic);
  client_.answer(429, "", {{"Retry-After", "120"}});
  EXPECT_EQ(deliver().retry_after, Duration{120'000});
  client_.answer(503, "", {{"Retry-After", "-1"}});
  EXPECT_EQ(deliver().kind, AttemptOutcome::kFailed);
}

TEST_F(ApiDestinationTargetTest, WhatWasDeletedFailsForGood) {
  connect(AuthorizationType::kBasic);
  ASSERT_TRUE(run(connections_.delete_api_destination({scope_, "hook"})));
  const AttemptOutcome outcome = deliver();
  EXPECT_EQ(outcome.kind, AttemptOutcome::kFailed);
  EXPECT_EQ(outcome.failure.code, "NO_RESOURCE");
  EXPECT_TRUE(client_.requests.empty());
}

TEST_F(ApiDestinationTargetTest, WhatIsInactiveIsTriedAgain) {
  connect(AuthorizationType::kBasic);
  ASSERT_TRUE(run(connections_.deauthorize_connection({scope_, "crm"})));
  AttemptOutcome outcome = deliver();
  EXPECT_EQ(outcome.kind, AttemptOutcome::kRetry);
  EXPECT_EQ(outcome.failure.message, "API destination hook is INACTIVE: its connection is DEAUTHORIZED.");
  ASSERT_TRUE(run(connections_.delete_connection({scope_, "crm"})));
  EXPECT_EQ(deliver().kind, AttemptOutcome::kRetry);
  EXPECT_TRUE(client_.requests.empty());
}

TEST_F(ApiDestinationTargetTest, LeavesOtherTargetsToOthers) {
  for (const char* arn : {"arn:aws:events:us-east-1:000000000000:event-bus/b", "https://api.example/",
                          "arn:aws:lambda:us-east-1:000000000000:function:api-destination/x/y"}) {
    target_.arn = arn;
    EXPECT_EQ(find(), nullptr) << arn;
  }
}

TEST_F(ApiDestinationTargetTest, AnOAuthConnectionIsAuthorizedInTheBackground) {
  connect(AuthorizationType::kOAuthClientCredentials);
  EXPECT_EQ(deliver().kind, AttemptOutcome::kRetry);
  EXPECT_TRUE(client_.requests.empty());
  grant("one");
  work();
  EXPECT_EQ(current()->state(), ConnectionState::kAuthorized);
  EXPECT_EQ(deliver().kind, AttemptOutcome::kDelivered);
  ASSERT_EQ(client_.requests.size(), 2u);  // the token that was fetched then is used now
  EXPECT_EQ(authorization(1), "Bearer one");
}

TEST_F(ApiDestinationTargetTest, RefusedCredentialsLeaveTheConnectionDeauthorized) {
  connect(AuthorizationType::kOAuthClientCredentials);
  client_.answer(401);
  work();
  EXPECT_EQ(current()->state(), ConnectionState::kDeauthorized);
  EXPECT_EQ(current()->state_reason(), "The authorization endpoint answered with status 401.");
  EXPECT_EQ(client_.requests.size(), 1u);
}

TEST_F(ApiDestinationTargetTest, TroubleThatMayPassIsWaitedOut) {
  connect(AuthorizationType::kOAuthClientCredentials);
  client_.fail(net::ClientError::kConnect);
  client_.answer(503);
  grant("one");
  asio::io_context io{1};
  begin_work(io);
  EXPECT_EQ(client_.requests.size(), 1u);
  pass(Duration{1'000}, io);
  EXPECT_EQ(client_.requests.size(), 2u);
  EXPECT_EQ(current()->state(), ConnectionState::kAuthorizing);
  pass(Duration{2'000}, io);
  EXPECT_EQ(client_.requests.size(), 3u);
  EXPECT_EQ(current()->state(), ConnectionState::kAuthorized);
}

TEST_F(ApiDestinationTargetTest, WhatTheStorageDoesNotTakeIsWrittenLater) {
  connect(AuthorizationType::kOAuthClientCredentials);
  grant("one");
  table_->fail_writes(2);
  asio::io_context io{1};
  begin_work(io);
  EXPECT_EQ(current()->state(), ConnectionState::kAuthorizing);
  for (int i = 0; i < 5; ++i) pass(Duration{4'000}, io);
  EXPECT_EQ(current()->state(), ConnectionState::kAuthorized);
  EXPECT_EQ(client_.requests.size(), 1u);
}

TEST_F(ApiDestinationTargetTest, ATokenThatTheEndpointRefusesIsFetchedAnewForTheNextAttempt) {
  connect(AuthorizationType::kOAuthClientCredentials);
  grant("one");
  work();
  client_.answer(401);
  EXPECT_EQ(deliver().kind, AttemptOutcome::kRetry);
  grant("two");
  clock_.advance(Duration{1'000});
  EXPECT_EQ(deliver().kind, AttemptOutcome::kDelivered);
  EXPECT_EQ(authorization(1), "Bearer one");
  EXPECT_EQ(authorization(3), "Bearer two");
}

TEST_F(ApiDestinationTargetTest, AConnectionWhoseTokenCannotBeRefreshedIsDeauthorized) {
  connect(AuthorizationType::kOAuthClientCredentials);
  grant("one");
  work();
  clock_.advance(Duration{3'600'000});
  client_.fail(net::ClientError::kConnect);  // that may pass
  EXPECT_EQ(deliver().kind, AttemptOutcome::kRetry);
  EXPECT_EQ(current()->state(), ConnectionState::kAuthorized);
  client_.answer(400);
  EXPECT_EQ(deliver().kind, AttemptOutcome::kRetry);
  EXPECT_EQ(current()->state(), ConnectionState::kDeauthorized);
}

TEST_F(ApiDestinationTargetTest, CredentialsThatWereTakenBackAreNotAskedWithAgain) {
  connect(AuthorizationType::kOAuthClientCredentials);
  client_.fail(net::ClientError::kConnect);
  asio::io_context io{1};
  for (auto& task : std::exchange(tasks_, {})) asio::co_spawn(io, std::move(task), asio::detached);
  while (io.poll() > 0) {
  }
  ASSERT_TRUE(run(connections_.delete_connection({scope_, "crm"})).has_value());
  clock_.advance(Duration{10'000});
  io.restart();
  io.run();
  EXPECT_EQ(client_.requests.size(), 1u);
}

TEST_F(ApiDestinationTargetTest, ACallThatWaitedForItsTurnSeesThatTheDestinationIsGone) {
  connect(AuthorizationType::kApiKey);
  const auto found = find();
  ASSERT_TRUE(run(connections_.delete_api_destination({scope_, "hook"})).has_value());
  std::vector<DeliveryAttempt> attempts;
  attempts.push_back({delivery_, target_, scope_, 1, clock_.now() + Duration{60'000}});
  const std::vector<AttemptOutcome> outcomes = run(found->deliver(std::move(attempts)));
  EXPECT_EQ(outcomes.at(0).kind, AttemptOutcome::kFailed);
  EXPECT_EQ(outcomes.at(0).failure.code, "NO_RESOURCE");
  EXPECT_TRUE(client_.requests.empty());
}

TEST_F(ApiDestinationTargetTest, CallsThatWaitedForOneTokenDoNotGoAllAtOnce) {
  connect(AuthorizationType::kOAuthClientCredentials);
  grant("one");
  work();
  const std::size_t before = client_.requests.size();
  asio::io_context io{1};
  std::vector<AttemptOutcome> outcomes;
  const auto call = [&]() -> asio::awaitable<void> {
    std::vector<DeliveryAttempt> attempts;
    attempts.push_back({delivery_, target_, scope_, 1, clock_.now() + Duration{60'000}});
    const auto target = find();
    outcomes.push_back((co_await target->deliver(std::move(attempts))).front());
  };
  for (int i = 0; i < 2; ++i) asio::co_spawn(io, call, asio::detached);
  while (io.poll() > 0) {
  }
  EXPECT_EQ(client_.requests.size(), before + 1);
  clock_.advance(Duration{1'000});
  io.restart();
  io.run();
  EXPECT_EQ(client_.requests.size(), before + 2);
}

TEST_F(ApiDestinationTargetTest, WhatWasAuthorizingWhenTheDaemonEndedBeginsAnew) {
  connect(AuthorizationType::kOAuthClientCredentials);
  tasks_.clear();
  authorizer_.start();
  grant("one");
  work();
  EXPECT_EQ(current()->state(), ConnectionState::kAuthorized);
}

}  // namespace
}  // namespace eventbus::aws
