#include "adapters/aws/gateway.h"

#include "adapters/aws/json_protocol.h"
#include "adapters/aws/query_protocol.h"
#include "adapters/aws/sts/sts_service.h"
#include "base/rng.h"
#include "tests/support/run_coroutine.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <array>

namespace eventbus::aws {
namespace {

constexpr const char* kSigned =
    "AWS4-HMAC-SHA256 Credential=AKID/20260102/eu-west-1/echo/aws4_request, SignedHeaders=host, Signature=00";

// A JSON service of two rows, to see what the codec hands to a handler and what it makes of its answers.
struct EchoApi {
  int calls = 0;
};

asio::awaitable<AwsResult<json::object>> echo(EchoApi& api, const RequestContext& context, json::object input) {
  ++api.calls;
  if (input.contains("Fail")) {
    AwsError error("QueueDoesNotExist", "The specified queue does not exist.");
    error.query_code = "AWS.SimpleQueueService.NonExistentQueue";
    co_return error;
  }
  if (input.contains("DiskFull")) co_return AwsError(unavailable("The disk is full."));
  input["Account"] = context.scope.account;
  input["Region"] = context.scope.region;
  co_return input;
}

asio::awaitable<AwsResult<std::string>> raw(EchoApi&, const RequestContext&, const net::Request& request) {
  co_return "[" + request.body + "]";
}

constexpr JsonProtocol kEcho{"echo", "Echo.", "application/x-amz-json-1.0", "com.amazonaws.echo#", true};
constexpr std::array kOperations = {
    Operation<EchoApi>{"Echo", echo},
    Operation<EchoApi>{"Later"},
    Operation<EchoApi>{"Raw", nullptr, raw},
};

class EchoService final : public Service {
 public:
  std::string_view name() const override { return "echo"; }
  bool claims(const RequestContext&, const net::Request& request) const override { return claims_json(kEcho, request); }
  asio::awaitable<net::Response> handle(RequestContext context, net::Request request) override {
    co_return co_await answer_json<EchoApi>(kEcho, kOperations, api_, context, request, check_);
  }

 private:
  EchoApi api_;
  const InputCheck check_ = [](std::string_view, json::object& input) -> std::optional<AwsError> {
    if (input.contains("Forbidden")) return validation("1 validation error detected: Forbidden");
    return std::nullopt;
  };
};

class GatewayTest : public ::testing::Test {
 protected:
  net::Response send(net::Request request) { return eventbus::testing::run(gateway_.handler()(std::move(request))); }

  static net::Request json_request(std::string target, std::string body) {
    net::Request request{"POST", "/", {}, std::move(body), "127.0.0.1:1"};
    request.headers = {{"Host", "localhost:4566"},
                       {"Content-Type", "application/x-amz-json-1.0"},
                       {"X-Amz-Target", std::move(target)},
                       {"Authorization", kSigned}};
    return request;
  }

  static net::Request form_request(std::string body, std::string authorization = "") {
    net::Request request{"POST", "/", {}, std::move(body), "127.0.0.1:1"};
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    if (!authorization.empty()) request.headers.push_back({"Authorization", std::move(authorization)});
    return request;
  }

  static std::string header(const net::Response& response, std::string_view name) {
    return std::string(net::find_header(response.headers, name));
  }

  SeededRng rng_{1};
  spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
  Gateway gateway_{services(), Gateway::Options{.rng = rng_, .log = log_}};

 private:
  static std::vector<std::unique_ptr<Service>> services() {
    std::vector<std::unique_ptr<Service>> all;
    all.push_back(std::make_unique<EchoService>());
    all.push_back(make_sts_service());
    return all;
  }
};

TEST_F(GatewayTest, AnswersAJsonOperationWithContentTypeAndRequestId) {
  const net::Response response = send(json_request("Echo.Echo", R"({"A":[1,null]})"));
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(header(response, "Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(header(response, "x-amzn-RequestId").size(), 36u);
  EXPECT_EQ(response.body, R"({"A":[1,null],"Account":"000000000000","Region":"eu-west-1"})");
}

TEST_F(GatewayTest, TakesAnEmptyBodyForAnEmptyObject) {
  EXPECT_EQ(send(json_request("Echo.Echo", "")).body, R"({"Account":"000000000000","Region":"eu-west-1"})");
}

TEST_F(GatewayTest, HandsTheUntouchedBodyToARawHandler) {
  EXPECT_EQ(send(json_request("Echo.Raw", "{ \"a\" : 1.0 }")).body, "[{ \"a\" : 1.0 }]");
}

TEST_F(GatewayTest, TheLastOfDuplicateKeysWins) {
  EXPECT_EQ(json::parse(send(json_request("Echo.Echo", R"({"A":1,"A":2})")).body).at("A").as_int64(), 2);
}

TEST_F(GatewayTest, MalformedBodiesAreSerializationExceptions) {
  const std::string deep = "{\"a\":" + std::string(1'001, '[') + std::string(1'001, ']') + "}";
  for (const std::string& body : {std::string("{"), std::string("[]"), std::string("null"), std::string("\"x\""),
                                  std::string("{} x"), std::string("{\"a\":\"\xff\"}"), std::string("{\"a\":01}"),
                                  std::string("{'a':1}"), std::string("\xef\xbb\xbf{}"), deep, std::string(3, '\0')}) {
    const net::Response response = send(json_request("Echo.Echo", body));
    EXPECT_EQ(response.status, 400u) << body.substr(0, 20);
    EXPECT_EQ(header(response, "x-amzn-ErrorType"), "SerializationException") << body.substr(0, 20);
    EXPECT_EQ(json::parse(response.body).at("__type"), "com.amazonaws.echo#SerializationException");
    EXPECT_TRUE(json::parse(response.body).at("message").is_string());
  }
}

TEST_F(GatewayTest, TakesAThousandLevelsOfNesting) {
  const std::string deep = "{\"a\":" + std::string(999, '[') + std::string(999, ']') + "}";
  EXPECT_EQ(send(json_request("Echo.Echo", deep)).status, 200u);
}

TEST_F(GatewayTest, ConstraintsAreCheckedBeforeTheHandlerRuns) {
  const net::Response response = send(json_request("Echo.Echo", R"({"Forbidden":1,"Fail":1})"));
  EXPECT_EQ(header(response, "x-amzn-ErrorType"), "ValidationException");
}

// AWS: boto3 and the CLI put the header's code into Error.Code (client-calls §2, sqs).
TEST_F(GatewayTest, ErrorsOfFormerQueryServicesCarryTheOlderCode) {
  const net::Response response = send(json_request("Echo.Echo", R"({"Fail":1})"));
  EXPECT_EQ(response.status, 400u);
  EXPECT_EQ(header(response, "x-amzn-query-error"), "AWS.SimpleQueueService.NonExistentQueue;Sender");
  EXPECT_EQ(response.body,
            R"({"__type":"com.amazonaws.echo#QueueDoesNotExist","message":"The specified queue does not exist."})");
}

TEST_F(GatewayTest, UnavailableStorageIsARetryable503) {
  const net::Response response = send(json_request("Echo.Echo", R"({"DiskFull":1})"));
  EXPECT_EQ(response.status, 503u);
  EXPECT_EQ(header(response, "x-amzn-query-error"), "ServiceUnavailable;Receiver");
  EXPECT_EQ(json::parse(response.body).at("message"), "The disk is full.");
}

TEST_F(GatewayTest, UnknownOperationsAreNamedInA400OfTheSameProtocol) {
  for (const char* target : {"Echo.Later", "Echo.NoSuchThing", "Echo.", "Nobody_20200101.DoIt"}) {
    const net::Response response = send(json_request(target, "{}"));
    EXPECT_EQ(response.status, 400u) << target;
    EXPECT_EQ(header(response, "x-amzn-ErrorType"), "UnknownOperationException") << target;
    EXPECT_EQ(header(response, "Content-Type"), "application/x-amz-json-1.0") << target;
    const std::string name = std::string(target).starts_with("Echo.") ? std::string(target).substr(5) : target;
    EXPECT_NE(json::parse(response.body).at("message").as_string().find(name), std::string::npos) << response.body;
  }
}

TEST_F(GatewayTest, ATwelveDigitAccessKeySelectsTheAccount) {
  net::Request request = json_request("Echo.Echo", "{}");
  request.headers.back().value =
      "AWS4-HMAC-SHA256 Credential=111122223333/20260102/us-east-2/echo/aws4_request, SignedHeaders=h, Signature=0";
  EXPECT_EQ(send(request).body, R"({"Account":"111122223333","Region":"us-east-2"})");
}

TEST_F(GatewayTest, UnsignedRequestsGetTheDefaults) {
  net::Request request = json_request("Echo.Echo", "{}");
  request.headers.pop_back();
  EXPECT_EQ(send(request).body, R"({"Account":"000000000000","Region":"us-east-1"})");
  request.headers.push_back({"Authorization", "Basic eDp5"});
  EXPECT_EQ(send(request).body, R"({"Account":"000000000000","Region":"us-east-1"})");
}

TEST_F(GatewayTest, APresignedUrlNamesAccountAndRegion) {
  net::Request request = json_request("Echo.Echo", "{}");
  request.headers.pop_back();
  request.target = "/?X-Amz-Credential=111122223333%2F20260102%2Fap-south-1%2Fecho%2Faws4_request&X-Amz-Signature=0";
  EXPECT_EQ(send(request).body, R"({"Account":"111122223333","Region":"ap-south-1"})");
}

TEST_F(GatewayTest, ASignatureForASetOfRegionsTakesTheFirst) {
  net::Request request = json_request("Echo.Echo", "{}");
  request.headers.back().value = "AWS4-ECDSA-P256-SHA256 Credential=AKID/20260102/echo/aws4_request, Signature=0";
  EXPECT_EQ(send(request).body, R"({"Account":"000000000000","Region":"us-east-1"})");
  request.headers.push_back({"X-Amz-Region-Set", "eu-north-1,eu-west-1"});
  EXPECT_EQ(send(request).body, R"({"Account":"000000000000","Region":"eu-north-1"})");
}

// Regions become parts of storage keys and ARNs.
TEST_F(GatewayTest, RefusesCredentialsThatNameNoPossibleRegion) {
  for (const char* credential :
       {"AKID/20260102/../events/aws4_request", "AKID/20260102/us:east/events/aws4_request", "AKID/20260102/us/x",
        "AKID", "/20260102/us-east-1/events/aws4_request", "a/b/c/d/e/aws4_request"}) {
    net::Request request = json_request("Echo.Echo", "{}");
    request.headers.back().value = std::string("AWS4-HMAC-SHA256 Credential=") + credential + ", Signature=0";
    const net::Response response = send(request);
    EXPECT_EQ(response.status, 400u) << credential;
    EXPECT_EQ(header(response, "x-amzn-ErrorType"), "IncompleteSignature") << credential;
  }
}

TEST_F(GatewayTest, StsSaysWhoAsksInXml) {
  const net::Response response =
      send(form_request("Action=GetCallerIdentity&Version=2011-06-15",
                        "AWS4-HMAC-SHA256 Credential=111122223333/20260102/us-east-1/sts/aws4_request, Signature=0"));
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(header(response, "Content-Type"), "text/xml");
  const std::string begin =
      "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>"
      "<UserId>AIDAEVENTBUSD11112222</UserId><Account>111122223333</Account>"
      "<Arn>arn:aws:iam::111122223333:user/eventbusd</Arn></GetCallerIdentityResult><ResponseMetadata><RequestId>";
  EXPECT_TRUE(response.body.starts_with(begin)) << response.body;
}

TEST_F(GatewayTest, StsAnswersGetAndJsonToo) {
  net::Request get{"GET", "/?Version=2011-06-15&Action=GetCallerIdentity", {}, "", ""};
  EXPECT_NE(send(get).body.find("<Account>000000000000</Account>"), std::string::npos);
  EXPECT_EQ(
      json::parse(send(json_request("AWSSecurityTokenServiceV20110615.GetCallerIdentity", "{}")).body).at("Account"),
      "000000000000");
}

TEST_F(GatewayTest, UnknownQueryActionsAre400InXml) {
  const char* sts = "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/sts/aws4_request, Signature=0";
  const char* iam = "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/iam/aws4_request, Signature=0";
  for (const auto& [action, authorization] :
       {std::pair("AssumeRole", sts), std::pair("NoSuchThing", sts), std::pair("CreateRole", iam)}) {
    const net::Response response = send(form_request("Action=" + std::string(action), authorization));
    EXPECT_EQ(response.status, 400u);
    EXPECT_EQ(header(response, "Content-Type"), "text/xml");
    EXPECT_NE(response.body.find("<ErrorResponse"), std::string::npos);
    EXPECT_NE(response.body.find("<Code>UnknownOperationException</Code>"), std::string::npos) << response.body;
    EXPECT_NE(response.body.find(action), std::string::npos);
  }
}

TEST_F(GatewayTest, UnknownRestCallsAre400InRestJson) {
  for (const char* target : {"/v1/registries/name/x", "/", "/2015-03-31/functions", "/%zz?%"}) {
    const net::Response response = send(net::Request{"GET", target, {}, "", ""});
    EXPECT_EQ(response.status, 400u) << target;
    EXPECT_EQ(header(response, "Content-Type"), "application/json");
    EXPECT_EQ(header(response, "x-amzn-ErrorType"), "UnknownOperationException");
    EXPECT_EQ(json::parse(response.body).at("__type"), "UnknownOperationException");
  }
}

TEST_F(GatewayTest, S3GetsItsOwnXml) {
  net::Request request{"PUT", "/bucket/key", {{"Authorization", kSigned}}, "", ""};
  request.headers[0].value = "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/s3/aws4_request, Signature=0";
  const net::Response response = send(request);
  EXPECT_EQ(response.status, 400u);
  EXPECT_TRUE(response.body.starts_with("<Error><Code>UnknownOperationException</Code>")) << response.body;
}

TEST_F(GatewayTest, BrowsersMayAskFromAnyOrigin) {
  const net::Response preflight = send(net::Request{
      "OPTIONS",
      "/",
      {{"Origin", "http://localhost:3000"}, {"Access-Control-Request-Headers", "x-amz-target,authorization"}},
      "",
      ""});
  EXPECT_EQ(preflight.status, 200u);
  EXPECT_EQ(header(preflight, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(header(preflight, "Access-Control-Allow-Headers"), "x-amz-target,authorization");

  net::Request request = json_request("Echo.Echo", "{}");
  request.headers.push_back({"Origin", "http://localhost:3000"});
  EXPECT_EQ(header(send(request), "Access-Control-Allow-Origin"), "*");
  request.headers.pop_back();
  EXPECT_EQ(header(send(request), "Access-Control-Allow-Origin"), "");
}

TEST_F(GatewayTest, RendersTheServersOwnRefusalsInTheProtocolOfTheRequest) {
  const net::ErrorRenderer render = gateway_.error_renderer();
  const net::Response json = render(413, "The body is too large.", json_request("Echo.Echo", ""));
  EXPECT_EQ(json.status, 413u);
  EXPECT_EQ(json.body, R"({"__type":"RequestEntityTooLarge","message":"The body is too large."})");
  EXPECT_NE(render(413, "x", form_request("Action=A")).body.find("<Code>RequestEntityTooLarge</Code>"),
            std::string::npos);
  const net::Response internal = render(500, "std::bad_alloc", net::Request{});
  EXPECT_EQ(internal.status, 500u);
  EXPECT_EQ(internal.body.find("bad_alloc"), std::string::npos) << "what went wrong inside is for the log";
}

}  // namespace
}  // namespace eventbus::aws
