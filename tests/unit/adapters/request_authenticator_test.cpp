#include "adapters/aws/request_authenticator.h"

#include "adapters/aws/query_protocol.h"
#include "adapters/aws/request_signer.h"
#include "tests/support/manual_clock.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <chrono>
#include <functional>

namespace eventbus::aws {
namespace {

using eventbus::testing::ManualClock;
using eventbus::testing::test_epoch;
using std::chrono::minutes;
using std::chrono::seconds;

std::shared_ptr<const AccessKeys> keys() {
  std::map<std::string, AccessKey, std::less<>> all;
  all["AKIDAPP"] = {"app-secret", "", "111122223333", "app", std::nullopt};
  all["ASIATEMP"] = {"temp-secret", "the-token", "111122223333", "temp", test_epoch() + minutes(10)};
  return std::make_shared<AccessKeys>(std::move(all));
}

const Credentials kApp{"AKIDAPP", "app-secret", "", {}};
const Credentials kTemporary{"ASIATEMP", "temp-secret", "the-token", {}};

class RequestAuthenticatorTest : public ::testing::Test {
 protected:
  static net::ClientRequest json_call() {
    return {.method = "POST",
            .url = "http://localhost:4566/",
            .headers = {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "AWSEvents.PutEvents"}},
            .body = R"({"Entries":[]})"};
  }
  static net::ClientRequest query_call() {
    return {.method = "POST",
            .url = "http://localhost:4566/",
            .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
            .body = "Action=GetCallerIdentity&Version=2011-06-15"};
  }

  // As it arrives.
  static net::Request received(const net::ClientRequest& sent, const std::string& url) {
    const UrlParts parts = UrlParts::of(url);
    net::Request request{sent.method, std::string(parts.path), sent.headers, sent.body, "127.0.0.1:1"};
    if (!parts.query.empty()) request.target += "?" + std::string(parts.query);
    if (request.header("host").empty()) request.headers.push_back({"Host", std::string(parts.host_header())});
    return request;
  }
  net::Request signed_request(net::ClientRequest call, const Credentials& credentials = kApp,
                              Duration ago = Duration(0)) {
    signer_.sign(call, credentials, {"eu-west-1", "events"}, clock_.now() - ago);
    return received(call, call.url);
  }
  net::Request presigned_request(const Credentials& credentials, Duration ago, seconds lifetime) {
    const net::ClientRequest call{.method = "GET",
                                  .url = "http://localhost:4566/?Action=ListQueues&QueueNamePrefix=a+b"};
    const std::string url = signer_.presign(call, credentials, {"eu-west-1", "sqs"}, clock_.now() - ago, lifetime);
    return received(call, url);
  }

  std::string error_of(const net::Request& request) {
    const auto caller = authenticator_.authenticate(request);
    return caller ? "accepted" : caller.error().type;
  }
  std::string message_of(const net::Request& request) {
    const auto caller = authenticator_.authenticate(request);
    return caller ? "accepted" : caller.error().message;
  }

  ManualClock clock_{test_epoch()};
  RequestSigner signer_;
  spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
  RequestAuthenticator authenticator_{keys(), clock_, log_};
};

std::string& header(net::Request& request, std::string_view name) {
  const auto found = std::ranges::find_if(request.headers, [&](const net::Header& h) {
    return net::find_header({h}, name).data() != nullptr && !net::find_header({h}, name).empty();
  });
  return found->value;
}

TEST_F(RequestAuthenticatorTest, ARightSignatureSaysWhoCallsAndForWhat) {
  const auto caller = authenticator_.authenticate(signed_request(json_call()));
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_EQ(caller->account, "111122223333");
  EXPECT_EQ(caller->name, "app");
  EXPECT_EQ(caller->region, "eu-west-1");
  EXPECT_EQ(caller->service, "events");
  EXPECT_EQ(error_of(signed_request(query_call())), "accepted");
}

TEST_F(RequestAuthenticatorTest, WhateverIsChangedAfterSigningIsRefused) {
  const std::vector<std::pair<const char*, std::function<void(net::Request&)>>> changes = {
      {"body", [](net::Request& r) { r.body += " "; }},
      {"method", [](net::Request& r) { r.method = "PUT"; }},
      {"path", [](net::Request& r) { r.target = "/other"; }},
      {"query", [](net::Request& r) { r.target += "?a=b"; }},
      {"target", [](net::Request& r) { header(r, "x-amz-target") = "AWSEvents.DeleteRule"; }},
      {"host", [](net::Request& r) { header(r, "host") = "elsewhere"; }},
      {"content type", [](net::Request& r) { header(r, "content-type") = "text/plain"; }},
      {"a second value",
       [](net::Request& r) {
         r.headers.push_back({"X-Amz-Target", "AWSEvents.DeleteRule"});
       }},
      {"date", [](net::Request& r) { header(r, "x-amz-date").replace(14, 1, "0"); }},
      {"region",
       [](net::Request& r) {
         std::string& text = header(r, "authorization");
         text.replace(text.find("eu-west-1"), 9, "us-east-1");
       }},
      {"service",
       [](net::Request& r) {
         std::string& text = header(r, "authorization");
         text.replace(text.find("/events/"), 8, "/sqs/");
       }},
      {"signature", [](net::Request& r) { header(r, "authorization").back() ^= 1; }},
      {"shorter signature", [](net::Request& r) { header(r, "authorization").pop_back(); }},
  };
  for (const auto& [what, change] : changes) {
    net::Request request = signed_request(json_call());
    change(request);
    EXPECT_EQ(error_of(request), "InvalidSignatureException") << what;
  }
}

TEST_F(RequestAuthenticatorTest, TheErrorSaysWhatShouldHaveBeenSigned) {
  net::Request request = signed_request(json_call());
  request.body = "{}";
  const std::string message = message_of(request);
  EXPECT_TRUE(message.starts_with(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
      "and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request "
      "should "
      "have "
      "been\n'POST\n/\n\ncontent-type:application/x-amz-json-1.1\nhost:localhost:4566\nx-amz-date:20260102T030405Z\n"))
      << message;
  EXPECT_EQ(message.find("app-secret"), std::string::npos);
}

TEST_F(RequestAuthenticatorTest, UnsignedHeadersThatMatterAreRefused) {
  net::Request request = signed_request(json_call());
  request.headers.push_back({"X-Amz-Extra", "1"});
  EXPECT_EQ(message_of(request), "'x-amz-extra' must be a 'SignedHeader' in the AWS Authorization.");
  request = signed_request(json_call());
  std::string& authorization = header(request, "authorization");
  authorization.replace(authorization.find(";host"), 5, "");
  EXPECT_EQ(message_of(request), "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  request = signed_request(json_call());
  request.headers.push_back({"X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678"});
  EXPECT_EQ(error_of(request), "accepted") << "proxies add it on the way";
}

TEST_F(RequestAuthenticatorTest, NamesErrorsAsTheProtocolDoes) {
  net::ClientRequest json = json_call(), query = query_call();
  EXPECT_EQ(error_of(received(json, json.url)), "MissingAuthenticationTokenException");
  EXPECT_EQ(message_of(received(json, json.url)), "Missing Authentication Token");
  EXPECT_EQ(error_of(received(query, query.url)), "MissingAuthenticationToken");
  EXPECT_EQ(message_of(received(query, query.url)), "Request is missing Authentication Token");
  EXPECT_EQ(authenticator_.authenticate(received(json, json.url)).error().http_status, 400u);
  EXPECT_EQ(authenticator_.authenticate(received(query, query.url)).error().http_status, 403u);

  const Credentials nobody{"AKIDNOBODY", "x", "", {}}, wrong{"AKIDAPP", "wrong", "", {}};
  EXPECT_EQ(error_of(signed_request(json, nobody)), "UnrecognizedClientException");
  EXPECT_EQ(error_of(signed_request(query, nobody)), "InvalidClientTokenId");
  EXPECT_EQ(message_of(signed_request(query, nobody)), "The security token included in the request is invalid.");
  EXPECT_EQ(error_of(signed_request(json, wrong)), "InvalidSignatureException");
  EXPECT_EQ(error_of(signed_request(query, wrong)), "SignatureDoesNotMatch");
  EXPECT_EQ(authenticator_.authenticate(signed_request(json, nobody)).error().query_code, "InvalidClientTokenId")
      << "SQS's JSON names it in x-amzn-query-error";
}

TEST_F(RequestAuthenticatorTest, TheClockMayDifferByFiveMinutes) {
  EXPECT_EQ(error_of(signed_request(json_call(), kApp, minutes(4))), "accepted");
  EXPECT_EQ(error_of(signed_request(json_call(), kApp, -minutes(4))), "accepted");
  EXPECT_EQ(message_of(signed_request(json_call(), kApp, minutes(6))),
            "Signature expired: 20260102T025805Z is now earlier than 20260102T025905Z (20260102T030405Z - 5 min.)");
  EXPECT_EQ(error_of(signed_request(query_call(), kApp, minutes(6))), "SignatureDoesNotMatch");
  EXPECT_EQ(
      message_of(signed_request(json_call(), kApp, -minutes(6))),
      "Signature not yet current: 20260102T031005Z is still later than 20260102T030905Z (20260102T030405Z + 5 min.)");
}

TEST_F(RequestAuthenticatorTest, TemporaryCredentialsNeedTheirTokenAndTheirTime) {
  EXPECT_EQ(error_of(signed_request(json_call(), kTemporary)), "accepted");
  EXPECT_EQ(error_of(signed_request(json_call(), {"ASIATEMP", "temp-secret", "another", {}})),
            "UnrecognizedClientException");
  EXPECT_EQ(error_of(signed_request(json_call(), {"ASIATEMP", "temp-secret", "", {}})), "UnrecognizedClientException");
  EXPECT_EQ(error_of(signed_request(json_call(), {"AKIDAPP", "app-secret", "a-token", {}})),
            "UnrecognizedClientException");
  clock_.advance(minutes(11));
  EXPECT_EQ(error_of(signed_request(json_call(), kTemporary)), "ExpiredTokenException");
}

TEST_F(RequestAuthenticatorTest, PresignedUrlsLiveAsLongAsTheySay) {
  EXPECT_EQ(error_of(presigned_request(kApp, Duration(0), seconds(60))), "accepted");
  EXPECT_EQ(error_of(presigned_request(kTemporary, Duration(0), seconds(60))), "accepted");
  EXPECT_EQ(error_of(presigned_request(kApp, minutes(59), seconds(3'600))), "accepted");
  EXPECT_EQ(error_of(presigned_request(kApp, minutes(61), seconds(3'600))), "RequestExpired");
  EXPECT_EQ(error_of(presigned_request(kApp, Duration(0), seconds(604'801))), "IncompleteSignature");
  net::Request tampered = presigned_request(kApp, Duration(0), seconds(60));
  tampered.target.replace(tampered.target.find("ListQueues"), 10, "PurgeQueue");
  EXPECT_EQ(error_of(tampered), "SignatureDoesNotMatch");
  tampered = presigned_request(kApp, Duration(0), seconds(60));
  tampered.target.replace(tampered.target.find("Expires=60"), 10, "Expires=99");
  EXPECT_EQ(error_of(tampered), "SignatureDoesNotMatch");
}

TEST_F(RequestAuthenticatorTest, SaysWhatIsMissing) {
  net::Request request = signed_request(json_call());
  header(request, "authorization") = "AWS4-HMAC-SHA256 Credential=AKIDAPP/20260102/eu-west-1/events/aws4_request";
  EXPECT_EQ(error_of(request), "IncompleteSignatureException");
  EXPECT_TRUE(
      message_of(request).starts_with("Authorization header requires 'Signature' parameter. Authorization header "
                                      "requires 'SignedHeaders' parameter. (Hashed with SHA-256"));
  header(request, "authorization") = "Bearer abc";
  EXPECT_EQ(message_of(request), "Unsupported AWS 'algorithm': 'Bearer'.");
  for (const char* credential : {"AKIDAPP", "AKIDAPP/20260102/eu-west-1/aws4_request", "/20260102/a/b/aws4_request"}) {
    header(request, "authorization") =
        "AWS4-HMAC-SHA256 Credential=" + std::string(credential) + ", SignedHeaders=host, Signature=0";
    EXPECT_EQ(error_of(request), "IncompleteSignatureException") << credential;
  }
  request = signed_request(json_call());
  header(request, "x-amz-date") = "yesterday";
  EXPECT_EQ(error_of(request), "IncompleteSignatureException");
  request = signed_request(json_call());
  header(request, "x-amz-date") = "20260103T000000Z";
  EXPECT_EQ(message_of(request),
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260102' != "
            "'20260103', from '20260103T000000Z'.");
}

TEST_F(RequestAuthenticatorTest, NewKeysCountFromTheNextRequestOn) {
  const net::Request request = signed_request(json_call());
  EXPECT_EQ(error_of(request), "accepted");
  std::map<std::string, AccessKey, std::less<>> changed;
  changed["AKIDAPP"] = {"another-secret", "", "111122223333", "app", std::nullopt};
  authenticator_.replace_keys(std::make_shared<AccessKeys>(std::move(changed)));
  EXPECT_EQ(error_of(request), "InvalidSignatureException");
  EXPECT_EQ(error_of(signed_request(json_call(), {"AKIDAPP", "another-secret", "", {}})), "accepted");
  authenticator_.replace_keys(std::make_shared<AccessKeys>());
  EXPECT_EQ(error_of(request), "UnrecognizedClientException");
}

TEST_F(RequestAuthenticatorTest, OnlyS3MayLeaveItsPayloadUnsigned) {
  net::ClientRequest call = json_call();
  call.headers.push_back({"X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"});
  net::Request request = signed_request(call);
  request.headers.push_back({"X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"});
  EXPECT_EQ(error_of(request), "InvalidSignatureException");
}

}  // namespace
}  // namespace eventbus::aws
