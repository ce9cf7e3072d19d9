#include "bus/event.h"

#include "tests/support/manual_clock.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

Event members() {
  Event event;
  event.id = "6f0c2a7e-0000-4000-8000-000000000001";
  event.source = "shop.\"orders\"";
  event.detail_type = "Order\nPlaced";
  event.origin = {"111122223333", "eu-west-1"};
  event.time = TimePoint(Duration(1'767'323'045'999));
  return event;
}

TEST(Envelope, HasAwsFieldsInAwsOrder) {
  const std::vector<std::string_view> resources = {"arn:1", "a\"b"};
  EXPECT_EQ(make_envelope(members(), resources, R"({"a":1})"),
            R"({"version":"0","id":"6f0c2a7e-0000-4000-8000-000000000001","detail-type":"Order\nPlaced",)"
            R"("source":"shop.\"orders\"","account":"111122223333","time":"2026-01-02T03:04:05Z","region":"eu-west-1",)"
            R"("resources":["arn:1","a\"b"],"detail":{"a":1}})");
}

TEST(Envelope, KeepsOrderNumbersDuplicatesAndEscapesOfTheDetail) {
  const std::string detail = R"({"z":1.0,"a":1e2,"z":-0,"big":12345678901234567890123,"e":"\u00e4\/","s":"\ud800"})";
  const std::optional<std::string> json = make_envelope(members(), {}, " " + detail + "\n");
  ASSERT_TRUE(json);
  EXPECT_NE(json->find("\"resources\":[],\"detail\":" + detail + "}"), std::string::npos) << *json;
}

TEST(Envelope, DropsWhiteSpaceOfTheDetailOutsideStrings) {
  const std::optional<std::string> json = make_envelope(members(), {}, "{ \"a b\" :\n [ 1 , \" \" ] }");
  ASSERT_TRUE(json);
  EXPECT_TRUE(json->ends_with(R"("detail":{"a b":[1," "]}})")) << *json;
}

TEST(Envelope, LeavesReadableBytesBehind) {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::optional<std::string> json = make_envelope(members(), {}, "{\"a\":\"" + std::string(size, 'x') + "\"}");
    ASSERT_GE(json->capacity(), json->size() + 64);
  }
}

TEST(Envelope, TheDetailMustBeOneObject) {
  for (const char* detail : {"", "null", "[]", "\"{}\"", "1", "{", "{}{}", "{}x", "{'a':1}", "x{}"})
    EXPECT_EQ(make_envelope(members(), {}, detail), std::nullopt) << detail;
}

TEST(Envelope, TheWholeEventNestsAtMostAThousandLevels) {
  const auto nested = [](std::size_t arrays) {
    return "{\"a\":" + std::string(arrays, '[') + std::string(arrays, ']') + "}";
  };
  EXPECT_TRUE(make_envelope(members(), {}, nested(998)));
  EXPECT_FALSE(make_envelope(members(), {}, nested(999)));
}

constexpr const char* kNewId = "00000000-0000-4000-8000-00000000000f";

TEST(ReplayedEvent, HasAnotherIdAndTheReplaysNameAndIsElseTheSameToTheByte) {
  const std::vector<std::string_view> resources = {"arn:1", ",\"resources\":["};
  const std::string detail = R"({"id":"x","resources":[1],"replay-name":"y","z":1.0,"z":-0,"s":"\ud800"})";
  const std::string archived = *make_envelope(members(), resources, detail);
  const Result<Event> replayed = replayed_event(archived, kNewId, "again", testing::test_epoch());
  ASSERT_TRUE(replayed) << replayed.error().message;
  std::string expected = archived;
  expected.replace(expected.find(members().id), members().id.size(), kNewId);
  expected.insert(expected.find(R"("resources":["arn:1")"), R"("replay-name":"again",)");
  EXPECT_EQ(replayed->json, expected);
}

TEST(ReplayedEvent, CarriesWhatTheEnvelopeSaysAndBeginsAnew) {
  const std::string archived = *make_envelope(members(), {}, "{}");
  const Result<Event> replayed = replayed_event(archived, kNewId, "again", testing::test_epoch());
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->id, kNewId);
  EXPECT_EQ(replayed->source, members().source);
  EXPECT_EQ(replayed->detail_type, members().detail_type);
  EXPECT_EQ(replayed->origin, members().origin);
  EXPECT_EQ(format_iso_seconds(replayed->time), "2026-01-02T03:04:05Z");
  EXPECT_EQ(replayed->accepted_at, testing::test_epoch());
  EXPECT_EQ(replayed->trace_header, "");
  EXPECT_FALSE(replayed->hops.within_region || replayed->hops.between_regions);
  EXPECT_GE(replayed->json.capacity(), replayed->json.size() + 64);
}

TEST(ReplayedEvent, AMemberThatLooksLikeAnotherIsNotMistaken) {
  Event event = members();
  event.source = R"(","resources":["id":")";
  event.detail_type = R"(","id":"no)";
  const std::string archived = *make_envelope(event, {}, "{}");
  const Result<Event> replayed = replayed_event(archived, kNewId, "again", testing::test_epoch());
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->source, event.source);
  EXPECT_EQ(replayed->detail_type, event.detail_type);
  EXPECT_TRUE(replayed->json.ends_with(R"(,"region":"eu-west-1","replay-name":"again","resources":[],"detail":{}})"))
      << replayed->json;
}

TEST(ReplayedEvent, WhatIsNoEnvelopeIsRefused) {
  for (const char* text :
       {"", "{}", "[]", R"({"id":"1","time":"2026-01-02T03:04:05Z"})", R"({"id":"1","resources":[]})"})
    EXPECT_FALSE(replayed_event(text, kNewId, "again", testing::test_epoch())) << text;
}

}  // namespace
}  // namespace eventbus
