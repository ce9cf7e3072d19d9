#include "adapters/aws/targets/api_destination_request.h"

#include "adapters/aws/targets/http_parameters.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <string>

namespace eventbus::aws {
namespace {

class ApiDestinationRequestTest : public ::testing::Test {
 protected:
  ApiDestinationRequestTest() {
    destination_.name = "orders";
    destination_.endpoint = "https://api.example/v1/orders";
    destination_.method = "POST";
    auth_.type = AuthorizationType::kApiKey;
    auth_.name = "X-Api-Key";
    auth_.secret = "swordfish";
    delivery_.input = R"({"version":"0","detail":{"id":7,"price":1.50}})";
  }

  void parameters(const char* json) { target_.parameters["HttpParameters"] = boost::json::parse(json); }
  net::ClientRequest request(bool http_allowed = false) {
    auto made = api_destination_request(destination_, auth_, "t0k3n", target_, delivery_, http_allowed);
    EXPECT_TRUE(made) << made.error().message;
    return *std::move(made);
  }
  std::string refusal(bool http_allowed = false) {
    auto made = api_destination_request(destination_, auth_, "t0k3n", target_, delivery_, http_allowed);
    EXPECT_FALSE(made);
    return made ? "" : std::string(made.error().code);
  }
  static std::string header(const net::ClientRequest& request, std::string_view name) {
    return std::string(net::find_header(request.headers, name));
  }

  ApiDestinationRecord destination_;
  ConnectionAuth auth_;
  Target target_;
  Delivery delivery_;
};

TEST_F(ApiDestinationRequestTest, HasTheFixedHeadersAndTheEventAsItIs) {
  const net::ClientRequest made = request();
  EXPECT_EQ(made.method, "POST");
  EXPECT_EQ(made.url, "https://api.example/v1/orders");
  EXPECT_EQ(made.body, delivery_.input);
  EXPECT_TRUE(made.close);
  EXPECT_EQ(header(made, "User-Agent"), "Amazon/EventBridge/ApiDestinations");
  EXPECT_EQ(header(made, "Content-Type"), "application/json; charset=utf-8");
  EXPECT_EQ(header(made, "Range"), "bytes=0-1048575");
  EXPECT_EQ(header(made, "Accept-Encoding"), "gzip,deflate");
  EXPECT_EQ(header(made, "X-Api-Key"), "swordfish");
}

TEST_F(ApiDestinationRequestTest, AuthorizesInThreeWays) {
  auth_.type = AuthorizationType::kBasic;
  auth_.name = "Aladdin";
  auth_.secret = "open sesame";
  EXPECT_EQ(header(request(), "Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  auth_.type = AuthorizationType::kOAuthClientCredentials;
  EXPECT_EQ(header(request(), "Authorization"), "Bearer t0k3n");
}

TEST_F(ApiDestinationRequestTest, MergesParametersAndTheConnectionsWin) {
  parameters(R"({"HeaderParameters":{"X-Team":"target","X-Own":"o"},
                 "QueryStringParameters":{"tenant":"target","page":"1 2"}})");
  auth_.invocation_parameters.emplace();
  auth_.invocation_parameters->headers = {{"x-team", "connection", false}};
  auth_.invocation_parameters->query = {{"tenant", "a&b", true}};
  auth_.invocation_parameters->body = {{"source", "eventbusd", false}, {"version", "9", true}};
  const net::ClientRequest made = request();
  EXPECT_EQ(header(made, "X-Team"), "connection");
  EXPECT_EQ(header(made, "X-Own"), "o");
  EXPECT_EQ(made.url, "https://api.example/v1/orders?tenant=a%26b&page=1%202");
  EXPECT_EQ(made.body, R"({"detail":{"id":7,"price":1.50},"source":"eventbusd","version":"9"})");
}

TEST_F(ApiDestinationRequestTest, TheAuthorizationWinsOverEveryParameter) {
  auth_.invocation_parameters.emplace().headers = {{"x-api-key", "other", false}};
  EXPECT_EQ(header(request(), "X-Api-Key"), "swordfish");
}

TEST_F(ApiDestinationRequestTest, DropsHeadersThatUsersCannotSetAndLetsThemChooseTheContentType) {
  parameters(R"({"HeaderParameters":{"User-Agent":"mine","Range":"bytes=0-1","Host":"evil","HTTP2-Settings":"x",
                                     "Transfer-Encoding":"chunked","content-length":"3","Content-Type":"text/plain"}})");
  const net::ClientRequest made = request();
  EXPECT_EQ(header(made, "User-Agent"), "Amazon/EventBridge/ApiDestinations");
  EXPECT_EQ(header(made, "Range"), "bytes=0-1048575");
  for (const char* name : {"Host", "HTTP2-Settings", "Transfer-Encoding", "Content-Length"})
    EXPECT_EQ(header(made, name), "") << name;
  EXPECT_EQ(header(made, "Content-Type"), "text/plain");
}

TEST_F(ApiDestinationRequestTest, FillsTheWildcardsOfThePathInOrder) {
  destination_.endpoint = "https://api.example/*/orders/*/x/*?filter=*";
  parameters(R"({"PathParameterValues":["a/b c","$.detail.id"]})");
  EXPECT_EQ(request().url, "https://api.example/a%2Fb%20c/orders/7/x/*?filter=*");
}

TEST_F(ApiDestinationRequestTest, ReadsParametersFromTheOriginalEvent) {
  delivery_.event = R"({"source":"shop","detail":{"text":"a\"b","list":[1, 2],"nothing":null,"on":true}})";
  delivery_.input = "\"transformed\"";
  parameters(R"({"QueryStringParameters":{"s":"$.source","l":"$.detail.list","n":"$.detail.nothing","m":"$.missing",
                                          "b":"$.detail.on","price":"$5"},
                 "HeaderParameters":{"X-Text":"$.detail.text"}})");
  const net::ClientRequest made = request();
  EXPECT_EQ(made.url, "https://api.example/v1/orders?s=shop&l=%5B1%2C2%5D&n=&m=&b=true&price=%245");
  EXPECT_EQ(header(made, "X-Text"), "a\"b");
  EXPECT_EQ(made.body, "\"transformed\"");
}

TEST_F(ApiDestinationRequestTest, NeverSplitsAHeader) {
  delivery_.input = R"({"detail":{"text":"a\r\nX-Evil: 1"}})";
  parameters(R"({"HeaderParameters":{"X-Text":"$.detail.text"}})");
  EXPECT_EQ(refusal(), "INVALID_PARAMETER");
}

TEST_F(ApiDestinationRequestTest, CallsHttpsUnlessHttpIsAllowed) {
  destination_.endpoint = "http://127.0.0.1:8080/hook";
  EXPECT_EQ(refusal(), "INVALID_PARAMETER");
  EXPECT_EQ(request(true).url, "http://127.0.0.1:8080/hook");
  destination_.endpoint = "HTTP://127.0.0.1/";
  EXPECT_EQ(refusal(), "INVALID_PARAMETER");
  destination_.endpoint = "api.example/hook";
  EXPECT_EQ(request().url, "https://api.example/hook");
  destination_.endpoint = "ftp://api.example/hook";
  EXPECT_EQ(refusal(true), "INVALID_PARAMETER");
}

TEST(BodyParameters, GoIntoObjectsAlone) {
  const std::vector<ConnectionParameter> parameters = {{"a", "1", false}, {"b", "x\"y", false}, {"a", "2", false}};
  EXPECT_EQ(with_body_parameters("{}", parameters), R"({"b":"x\"y","a":"2"})");
  EXPECT_EQ(with_body_parameters(R"({ "a" : [1], "c":1e400 })", parameters), R"({"c":1e400,"b":"x\"y","a":"2"})");
  EXPECT_EQ(with_body_parameters(R"({"\u0061":1})", parameters), R"({"b":"x\"y","a":"2"})");
  for (const char* other : {"[1]", "\"text\"", "7", "not json", ""})
    EXPECT_EQ(with_body_parameters(other, parameters), other);
  EXPECT_EQ(with_body_parameters("{ }", {}), "{ }");
}

}  // namespace
}  // namespace eventbus::aws
