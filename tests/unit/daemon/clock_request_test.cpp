#include "daemon/clock_request.h"

#include "bus/iso_time.h"

#include <gtest/gtest.h>

#include <chrono>

namespace eventbus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(IsoDuration, IsRead) {
  EXPECT_EQ(parse_iso_duration("PT1H30M"), minutes(90));
  EXPECT_EQ(parse_iso_duration("P2D"), hours(48));
  EXPECT_EQ(parse_iso_duration("P1W"), hours(168));
  EXPECT_EQ(parse_iso_duration("P1W1DT1H1M1S"), hours(168 + 24 + 1) + minutes(1) + seconds(1));
  EXPECT_EQ(parse_iso_duration("PT0.5S"), Duration(500));
  EXPECT_EQ(parse_iso_duration("PT1.2345S"), Duration(1'234));
  EXPECT_EQ(parse_iso_duration("PT0S"), Duration(0));
  EXPECT_EQ(parse_iso_duration("PT90M"), minutes(90));
}

TEST(IsoDuration, NothingElseIsOne) {
  for (const char* text : {"",
                           "P",
                           "PT",
                           "1H",
                           "PT1",
                           "P1H",
                           "PT1D",
                           "P1M",
                           "P1Y",
                           "PT1M1H",
                           "PT1H1H",
                           "P1DT",
                           "PT-1S",
                           "PT1.5H",
                           "PT.5S",
                           "PT1.S",
                           "PT1S ",
                           " PT1S",
                           "pt1s",
                           "PT1TS",
                           "P9999999999999D",
                           "P999999999999W",
                           "PT1,5S"})
    EXPECT_EQ(parse_iso_duration(text), std::nullopt) << text;
}

TEST(ClockRequest, IsOneOfFour) {
  EXPECT_EQ(ClockRequest::parse(R"({"freeze": true})")->kind, ClockRequest::kFreeze);
  EXPECT_EQ(ClockRequest::parse(R"({"run": true})")->kind, ClockRequest::kRun);
  const auto set = ClockRequest::parse(R"({"set": "2026-03-29T02:59:50.5+02:00"})");
  ASSERT_TRUE(set);
  EXPECT_EQ(set->kind, ClockRequest::kSet);
  EXPECT_EQ(set->time, *parse_iso_time("2026-03-29T00:59:50.500Z"));
  EXPECT_EQ(ClockRequest::parse(R"({"advance": 90})")->by, seconds(90));
  EXPECT_EQ(ClockRequest::parse(R"({"advance": 0.25})")->by, Duration(250));
  EXPECT_EQ(ClockRequest::parse(R"({"advance": "P1D"})")->by, hours(24));
}

TEST(ClockRequest, HasLimitsOfRealTime) {
  const auto as_it_is = ClockRequest::parse(R"({"advance": 1})");
  EXPECT_EQ(as_it_is->patience, ClockRequest::kPatienceByDefault);
  EXPECT_EQ(as_it_is->limit, ClockRequest::kLimitByDefault);
  const auto given = ClockRequest::parse(R"({"limit": 1.5, "advance": 1, "patience": 0})");
  ASSERT_TRUE(given);
  EXPECT_EQ(given->patience, Duration(0));
  EXPECT_EQ(given->limit, Duration(1'500));
}

TEST(ClockRequest, AnythingElseIsRefused) {
  for (const char* body : {"",
                           "7",
                           "[]",
                           "{}",
                           R"({"freeze": true, "run": true})",
                           R"({"freeze": false})",
                           R"({"freeze": 1})",
                           R"({"advance": 1, "set": "2026-01-01T00:00:00Z"})",
                           R"({"advance": -1})",
                           R"({"advance": 1e300})",
                           R"({"advance": null})",
                           R"({"advance": "soon"})",
                           R"({"set": 1})",
                           R"({"set": "2026-01-01"})",
                           R"({"set": "1969-12-31T23:59:59Z"})",
                           R"({"set": "10000-01-01T00:00:00Z"})",
                           R"({"advance": 1, "limit": 0})",
                           R"({"advance": 1, "limit": 601})",
                           R"({"advance": 1, "patience": -1})",
                           R"({"advance": 1, "x": 1})",
                           R"({"patience": 1})"}) {
    const auto request = ClockRequest::parse(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().code, ErrorCode::kInvalid) << body;
  }
}

}  // namespace
}  // namespace eventbus
