#include "adapters/aws/targets/http_outcome.h"

#include "tests/support/manual_clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::aws {
namespace {

using eventbus::testing::test_epoch;
using namespace std::chrono_literals;
using Answer = Result<net::Response, net::ClientError>;

// test_epoch() is Fri, 02 Jan 2026 03:04:05 GMT and some milliseconds.
const TimePoint kNow = test_epoch();

AttemptOutcome after(unsigned status, std::string retry_after = "") {
  net::Response response;
  response.status = status;
  response.body = std::string(10'000, 'b');
  if (!retry_after.empty()) response.headers.push_back({"retry-after", std::move(retry_after)});
  return http_outcome(Answer(std::move(response)), kNow);
}

AttemptOutcome after(net::ClientError::Kind kind) { return http_outcome(Answer(net::ClientError{kind, "why"}), kNow); }

TEST(HttpOutcome, EverySuccessIsDelivered) {
  for (const unsigned status : {200u, 201u, 202u, 204u, 299u}) {
    EXPECT_EQ(after(status).kind, AttemptOutcome::kDelivered) << status;
    EXPECT_EQ(after(status).http_status, status);
    EXPECT_EQ(after(status).response_body.size(), kKeptBodyBytes);
  }
}

// AWS: API destinations are tried again after 401, 407, 409, 429 and 5xx, and after nothing else (behaviour §13).
TEST(HttpOutcome, RetriesExactlyTheStatusesThatAwsRetries) {
  for (unsigned status = 300; status < 600; ++status) {
    const bool retried = status == 401 || status == 407 || status == 409 || status == 429 || status >= 500;
    const AttemptOutcome outcome = after(status);
    EXPECT_EQ(outcome.kind, retried ? AttemptOutcome::kRetry : AttemptOutcome::kFailed) << status;
    EXPECT_EQ(outcome.failure.code, status == 429 ? "THROTTLING" : "ERROR_FROM_TARGET") << status;
    EXPECT_EQ(outcome.http_status, status);
    EXPECT_EQ(outcome.throttled, status == 429) << status;
  }
}

TEST(HttpOutcome, HonoursRetryAfterWhereItRetries) {
  EXPECT_EQ(after(503, "120").retry_after, Duration(120s));
  EXPECT_TRUE(after(503, "120").throttled);
  EXPECT_EQ(after(429, "0").retry_after, Duration(0));
  EXPECT_EQ(after(500, "Fri, 02 Jan 2026 03:05:05 GMT").retry_after, Duration(60s));
  EXPECT_EQ(after(404, "120").retry_after, std::nullopt);
}

TEST(HttpOutcome, ANegativeRetryAfterEndsTheRetries) {
  EXPECT_EQ(after(429, "-1").kind, AttemptOutcome::kFailed);
  EXPECT_EQ(after(503, "-120").kind, AttemptOutcome::kFailed);
}

TEST(HttpOutcome, TroubleOnTheWayIsRetriedUnlessTheRequestIsWrong) {
  using net::ClientError;
  const std::vector<std::pair<ClientError::Kind, std::string_view>> retried = {
      {ClientError::kResolve, "CONNECTION_FAILURE"},
      {ClientError::kConnect, "CONNECTION_FAILURE"},
      {ClientError::kTls, "CONNECTION_FAILURE"},
      {ClientError::kClosed, "CONNECTION_FAILURE"},
      {ClientError::kTimeout, "TIMEOUT"},
      {ClientError::kMalformed, "ERROR_FROM_TARGET"},
      {ClientError::kTooLarge, "ERROR_FROM_TARGET"},
      {ClientError::kCancelled, "INTERNAL_ERROR"}};
  for (const auto& [kind, code] : retried) {
    EXPECT_EQ(after(kind).kind, AttemptOutcome::kRetry) << kind;
    EXPECT_EQ(after(kind).failure.code, code) << kind;
    EXPECT_EQ(after(kind).failure.message, "why");
    EXPECT_EQ(after(kind).http_status, std::nullopt);
  }
  EXPECT_EQ(after(ClientError::kBadUrl).kind, AttemptOutcome::kFailed);
  EXPECT_EQ(after(ClientError::kBadUrl).failure.code, "INVALID_PARAMETER");
}

TEST(RetryAfter, TakesSecondsAndDates) {
  EXPECT_EQ(parse_retry_after(" 30 ", kNow).delay, Duration(30s));
  EXPECT_EQ(parse_retry_after("Fri, 02 Jan 2026 03:04:15 GMT", kNow).delay, Duration(10s));
  EXPECT_EQ(parse_retry_after("Friday, 02-Jan-26 03:04:15 GMT", kNow).delay, Duration(10s));
  EXPECT_EQ(parse_retry_after("Fri Jan  2 03:04:15 2026", kNow).delay, Duration(10s));
  EXPECT_EQ(parse_retry_after("Thu, 01 Jan 2026 00:00:00 GMT", kNow).delay, Duration(0)) << "the past is now";
}

TEST(RetryAfter, BoundsAbsurdDelays) {
  EXPECT_EQ(parse_retry_after("99999999999999999999999", kNow).delay, Duration(168h));
  EXPECT_EQ(parse_retry_after("9223372036854775807", kNow).delay, Duration(168h));
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", kNow).delay, Duration(168h));
}

TEST(RetryAfter, IgnoresWhatItDoesNotUnderstand) {
  for (const char* text :
       {"", "soon", "1.5", "+3", "--1", "-", "12s", "Fri, 02 Jan 2026", "Fri, 32 Jan 2026 03:04:15 GMT",
        "Fri, 02 Jan 2026 24:04:15 GMT", "Fri, 02 Jan 2026 03:04:15 CET", "Fri, 30 Feb 2026 00:00:00 GMT",
        "Fri, 02 Jan 2026 03:04:15 GMT ."}) {
    EXPECT_EQ(parse_retry_after(text, kNow).delay, std::nullopt) << text;
    EXPECT_FALSE(parse_retry_after(text, kNow).never) << text;
  }
}

}  // namespace
}  // namespace eventbus::aws
