#include "adapters/aws/events/test_event_pattern.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace eventbus::aws {
namespace {

constexpr const char* kEvent =
    R"({"id":"1","account":"0","source":"shop","time":"2026-01-02T03:04:05Z","region":"r","resources":[],)"
    R"("detail-type":"t","detail":{"n":7}})";

std::string outcome(std::string_view pattern, std::string_view event) {
  boost::json::object input;
  input["EventPattern"] = pattern;
  input["Event"] = event;
  const AwsResult<boost::json::object> result = test_event_pattern(input);
  if (!result) return result.error().type + ": " + result.error().message;
  return result->at("Result").as_bool() ? "match" : "no match";
}

std::string with_time(std::string_view time) {
  std::string event = kEvent;
  return event.replace(event.find("\"2026-01-02T03:04:05Z\""), 22, time);
}

TEST(TestEventPattern, MatchesOrNot) {
  EXPECT_EQ(outcome(R"({"source":["shop"],"detail":{"n":[7]}})", kEvent), "match");
  EXPECT_EQ(outcome(R"({"source":["other"]})", kEvent), "no match");
  EXPECT_EQ(outcome(R"({"source":["shop"]})", "\n " + std::string(kEvent) + " "), "match");
}

TEST(TestEventPattern, PatternErrorsComeFirst) {
  EXPECT_EQ(outcome("[]", "x"),
            "InvalidEventPatternException: Event pattern is not valid. Reason: Filter is not an object\n at [Source: "
            "(String)\"[]\"; line: 1, column: 2]");
}

TEST(TestEventPattern, TheEventNeedsTheFieldsOfAnEnvelope) {
  for (const char* event : {"", "x", "[]", "\"s\"", "{}", "null", R"({"id":"1"})"})
    EXPECT_EQ(outcome(R"({"source":["shop"]})", event), "ValidationException: Parameter Event is not valid.") << event;
  for (const char* field : {"id", "account", "source", "time", "region", "detail-type"}) {
    boost::json::object event = boost::json::parse(kEvent).as_object();
    event.erase(field);
    EXPECT_EQ(outcome(R"({"source":["shop"]})", boost::json::serialize(event)),
              "ValidationException: Parameter Event is not valid.")
        << field;
  }
  for (const char* field : {"resources", "detail"}) {
    boost::json::object event = boost::json::parse(kEvent).as_object();
    event.erase(field);
    EXPECT_EQ(outcome(R"({"source":["shop"]})", boost::json::serialize(event)), "match") << field << " may be missing";
  }
}

TEST(TestEventPattern, OfTheTypesOnlyTimesIsChecked) {
  std::string event = kEvent;
  event.replace(event.find("\"1\""), 3, "{\"any\":1}");
  EXPECT_EQ(outcome(R"({"source":["shop"]})", event), "match");
  for (const char* time : {"\"2026-01-02T03:04:05.678Z\"", "\"2026-01-02T03:04:05+01:00\""})
    EXPECT_EQ(outcome(R"({"source":["shop"]})", with_time(time)), "match") << time;
  for (const char* time : {"1767323045", "null", "\"\"", "\"now\"", "\"2026-01-02\"", "\"2026-13-02T03:04:05Z\"",
                           "\"2026-02-30T03:04:05Z\"", "\"2026-01-02T25:04:05Z\"", "\"2026-01-02T03:04:05\"",
                           "\"2026-01-02T03:04:05.Z\"", "\"2026-01-02 03:04:05Z\"", "\"2026-01-02T03:04:05Zx\""})
    EXPECT_EQ(outcome(R"({"source":["shop"]})", with_time(time)),
              "ValidationException: Parameter Event is not valid. Reason: Invalid time.")
        << time;
}

}  // namespace
}  // namespace eventbus::aws
