#include "adapters/aws/targets/oauth_tokens.h"

#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/unit/adapters/fake_http_client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace eventbus::aws {
namespace {

using eventbus::testing::FakeHttpClient;
using ::testing::HasSubstr;
using ::testing::Not;

ConnectionAuth client() {
  ConnectionAuth auth;
  auth.type = AuthorizationType::kOAuthClientCredentials;
  auth.name = "the client";
  auth.secret = "s&cret";
  auth.token_endpoint = "https://login.example/token";
  auth.token_method = "POST";
  return auth;
}

net::ClientRequest request_of(const ConnectionAuth& auth, bool http_allowed = false) {
  auto request = token_request(auth, http_allowed);
  EXPECT_TRUE(request) << request.error().reason;
  return *std::move(request);
}

TEST(TokenRequest, IsAFormWithTheClientsCredentials) {
  const net::ClientRequest request = request_of(client());
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://login.example/token");
  EXPECT_EQ(request.body, "grant_type=client_credentials&client_id=the%20client&client_secret=s%26cret");
  EXPECT_EQ(net::find_header(request.headers, "Content-Type"), "application/x-www-form-urlencoded");
}

TEST(TokenRequest, TakesParametersIntoBodyQueryAndHeaders) {
  ConnectionAuth auth = client();
  auth.token_method = "PUT";
  auth.token_parameters.emplace();
  auth.token_parameters->body = {{"grant_type", "client_credentials", false}, {"audience", "https://api", true}};
  auth.token_parameters->query = {{"tenant", "a b", false}};
  auth.token_parameters->headers = {{"X-Realm", "r", false}, {"Host", "evil", false}};
  const net::ClientRequest request = request_of(auth);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.url, "https://login.example/token?tenant=a%20b");
  EXPECT_EQ(request.body,
            "client_id=the%20client&client_secret=s%26cret&grant_type=client_credentials&audience=https%3A%2F%2Fapi");
  EXPECT_EQ(net::find_header(request.headers, "X-Realm"), "r");
  EXPECT_EQ(net::find_header(request.headers, "Host"), "");
}

TEST(TokenRequest, IsJsonWhereTheConnectionSaysSo) {
  ConnectionAuth auth = client();
  auth.token_parameters.emplace().headers = {{"Content-Type", "application/json", false}};
  EXPECT_EQ(request_of(auth).body,
            R"({"grant_type":"client_credentials","client_id":"the client","client_secret":"s&cret"})");
}

TEST(TokenRequest, OfGetHasEverythingInTheQuery) {
  ConnectionAuth auth = client();
  auth.token_method = "GET";
  auth.token_parameters.emplace().query = {{"grant_type", "custom", false}};
  const net::ClientRequest request = request_of(auth);
  EXPECT_EQ(request.body, "");
  EXPECT_EQ(request.url, "https://login.example/token?grant_type=custom&client_id=the%20client&client_secret=s%26cret");
}

TEST(TokenRequest, GoesToHttpsUnlessHttpIsAllowed) {
  ConnectionAuth auth = client();
  auth.token_endpoint = "http://127.0.0.1/token";
  auto refused = token_request(auth, false);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().lasting);
  EXPECT_EQ(request_of(auth, true).url, "http://127.0.0.1/token");
}

Result<AccessToken, TokenRefusal> answered(unsigned status, std::string body) {
  return read_token_answer(Result<net::Response, net::ClientError>(net::Response{status, {}, std::move(body)}));
}

TEST(TokenAnswer, TellsTheTokenAndItsLifetime) {
  const auto token = answered(200, R"({"access_token":"abc","token_type":"Bearer","expires_in":3600})");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->text, "abc");
  EXPECT_EQ(token->lifetime, Duration{3'600'000});
  EXPECT_EQ(answered(200, R"({"access_token":"abc","expires_in":"60"})")->lifetime, Duration{60'000});
  EXPECT_EQ(answered(200, R"({"access_token":"abc"})")->lifetime, std::nullopt);
  EXPECT_EQ(answered(200, R"({"access_token":"abc","expires_in":-5})")->lifetime, std::nullopt);
}

TEST(TokenAnswer, SaysWhetherAnotherTryMayHelpAndNeverRepeatsTheServer) {
  for (const unsigned status : {400u, 401u, 403u, 404u, 302u})
    EXPECT_TRUE(answered(status, "swordfish").error().lasting) << status;
  for (const unsigned status : {408u, 429u, 500u, 503u})
    EXPECT_FALSE(answered(status, "swordfish").error().lasting) << status;
  for (const char* body : {"", "swordfish", "[]", "{}", R"({"access_token":7})", R"({"access_token":""})",
                           R"({"access_token":"a\r\nb"})"}) {
    const auto refused = answered(200, body);
    ASSERT_FALSE(refused) << body;
    EXPECT_TRUE(refused.error().lasting);
    EXPECT_THAT(refused.error().reason, Not(HasSubstr("swordfish")));
  }
}

class OAuthTokensTest : public ::testing::Test {
 protected:
  OAuthTokensTest() { auth_ = std::make_shared<const ConnectionAuth>(client()); }

  std::string token() {
    auto got = eventbus::testing::run(tokens_.token(auth_, clock_.now() + Duration{5'000}));
    return got ? *got : "refused: " + got.error().reason;
  }
  void grant(const std::string& token, int seconds) {
    client_.answer(200, R"({"access_token":")" + token + R"(","expires_in":)" + std::to_string(seconds) + "}");
  }

  eventbus::testing::ManualClock clock_{eventbus::testing::test_epoch()};
  ConnectionLimits limits_;
  FakeHttpClient client_;
  OAuthTokens tokens_{client_, clock_, limits_};
  OAuthTokens::Auth auth_;
};

TEST_F(OAuthTokensTest, KeepsATokenUntilAMinuteBeforeItsEnd) {
  grant("one", 3'600);
  grant("two", 3'600);
  EXPECT_EQ(token(), "one");
  clock_.advance(Duration{3'539'999});
  EXPECT_EQ(token(), "one");
  clock_.advance(Duration{1});
  EXPECT_EQ(token(), "two");
  EXPECT_EQ(client_.requests.size(), 2u);
  EXPECT_EQ(client_.requests[0].deadline, eventbus::testing::test_epoch() + Duration{5'000});
}

TEST_F(OAuthTokensTest, KeepsAShortTokenForMostOfItsLife) {
  grant("one", 10);
  grant("two", 10);
  EXPECT_EQ(token(), "one");
  clock_.advance(Duration{7'999});
  EXPECT_EQ(token(), "one");
  clock_.advance(Duration{1});
  EXPECT_EQ(token(), "two");
}

TEST_F(OAuthTokensTest, FetchesAnotherOnceItWasRefused) {
  grant("one", 3'600);
  grant("two", 3'600);
  EXPECT_EQ(token(), "one");
  tokens_.refused(auth_, "an older one");
  EXPECT_EQ(token(), "one");
  tokens_.refused(auth_, "one");
  EXPECT_EQ(token(), "two");
}

TEST_F(OAuthTokensTest, FetchesAnotherForOtherCredentialsAndForgetsTheOld) {
  grant("one", 3'600);
  grant("two", 3'600);
  EXPECT_EQ(token(), "one");
  auth_ = std::make_shared<const ConnectionAuth>(client());
  EXPECT_EQ(token(), "two");
  EXPECT_EQ(tokens_.size(), 1u);
}

asio::awaitable<void> ask(OAuthTokens& tokens, OAuthTokens::Auth auth, TimePoint deadline,
                          std::vector<std::string>& got) {
  auto token = co_await tokens.token(std::move(auth), deadline);
  got.push_back(token ? *token : "refused");
}

TEST_F(OAuthTokensTest, AsksOnceForAllWhoWait) {
  grant("one", 3'600);
  asio::io_context io{1};
  std::vector<std::string> got;
  for (int i = 0; i < 5; ++i) asio::co_spawn(io, ask(tokens_, auth_, clock_.now(), got), asio::detached);
  io.run();
  EXPECT_EQ(got, std::vector<std::string>(5, "one"));
  EXPECT_EQ(client_.requests.size(), 1u);
}

TEST_F(OAuthTokensTest, AFailureIsAFailureForAllWhoWaitedAndForNobodyElse) {
  client_.fail(net::ClientError::kConnect);
  grant("one", 3'600);
  asio::io_context io{1};
  std::vector<std::string> got;
  for (int i = 0; i < 5; ++i) asio::co_spawn(io, ask(tokens_, auth_, clock_.now(), got), asio::detached);
  io.run();
  EXPECT_EQ(got, std::vector<std::string>(5, "refused"));
  EXPECT_EQ(client_.requests.size(), 1u);
  EXPECT_EQ(token(), "one");
}

}  // namespace
}  // namespace eventbus::aws
