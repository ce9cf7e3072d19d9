#include "bus/json_text.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace eventbus {
namespace {

TEST(CompactJson, DropsWhiteSpaceBetweenTokensAndNothingElse) {
  EXPECT_EQ(compact_json(" { \"a b\" : [ 1 , 2.50 , -0.0e+10 ] ,\n\t\"c\":\"x  y\", \"d\" : { } ,\"e\":[ ]}\r\n "),
            R"({"a b":[1,2.50,-0.0e+10],"c":"x  y","d":{},"e":[]})");
  EXPECT_EQ(compact_json("null"), "null");
  EXPECT_EQ(compact_json(" \"\" "), "\"\"");
}

// What simdjson's two front ends refuse and EventBridge takes.
TEST(CompactJson, TakesNumbersAndEscapesBeyondMachineTypes) {
  for (const char* text : {"123456789012345678901234567890", "1e999999", "-1E-400", R"("\ud800")", R"("\udc00\ud800")",
                           R"({"\ud83d":1})", "1.0000000000000000000000001", R"("\u0000")", "-0"})
    EXPECT_EQ(compact_json(text), text);
}

TEST(CompactJson, RefusesWhatIsNotJson) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "]",
                           "[1",
                           "[1,",
                           "[1,]",
                           "[,1]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{1:2}",
                           "{\"a\":1 \"b\":2}",
                           "[1 2]",
                           "[1}",
                           "{]",
                           "01",
                           "-",
                           "+1",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "0x10",
                           "NaN",
                           "Infinity",
                           "tru",
                           "nul",
                           "falsee",
                           "nullx",
                           "1 2",
                           "\"",
                           "\"\\\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "'a'",
                           "\"a\nb\"",
                           "\"a\x01\"",
                           "// c\n1",
                           "\xef\xbb\xbf{}",
                           "\"\xff\"",
                           "\"\xed\xa0\x80\"",
                           "\x01",
                           "{} {}"}) {
    EXPECT_EQ(compact_json(text), std::nullopt) << text;
    EXPECT_FALSE(is_json(text)) << text;
  }
  EXPECT_EQ(compact_json(std::string_view("1\0", 2)), std::nullopt);
  EXPECT_EQ(compact_json(std::string_view("\0", 1)), std::nullopt);
}

TEST(CompactJson, BoundsDepthWithoutRecursion) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(compact_json(nested(1'000)));
  EXPECT_FALSE(compact_json(nested(1'001)));
  EXPECT_TRUE(compact_json(nested(3), 3));
  EXPECT_FALSE(compact_json(nested(4), 3));
  EXPECT_TRUE(compact_json("1", 0));
  EXPECT_FALSE(compact_json(std::string(5'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 1'000; ++i) objects += "{\"a\":";
  EXPECT_TRUE(compact_json(objects + "1" + std::string(1'000, '}')));
}

TEST(JsonCursor, StandsAtTheTokenThatIsWrong) {
  for (const auto& [text, offset] :
       {std::pair("hello null", 0), {"{\"a\": hello}", 6}, {"[1, 02]", 5}, {"{\"a\":1", 6}, {"[\"ab\nc\"]", 1}}) {
    JsonCursor cursor(text);
    EXPECT_FALSE(cursor.value());
    EXPECT_EQ(cursor.offset(), static_cast<std::size_t>(offset)) << text;
  }
}

TEST(JsonCursor, WalksAnObjectMemberByMember) {
  std::vector<std::string> seen;
  for_each_member(R"( {"a" : [1, 2], "b\"" :"x" , "c":{}} )", [&](std::string_view key, std::string_view value) {
    seen.push_back(std::string(key) + "=" + std::string(value));
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"a=[1, 2]", "b\\\"=\"x\"", "c={}"}));
  seen.clear();
  for_each_element("[ 1 ,[2,3], \"]\"]", [&](std::string_view value) { seen.emplace_back(value); });
  EXPECT_EQ(seen, (std::vector<std::string>{"1", "[2,3]", "\"]\""}));
  for_each_element("[]", [&](std::string_view) { FAIL(); });
  for_each_member("{}", [&](std::string_view, std::string_view) { FAIL(); });
}

TEST(JsonStrings, UnescapeWhatTheStandardEscapes) {
  EXPECT_EQ(unescaped(R"(a\"\\\/\b\f\n\r\t\u0041\u00e4\u20ac\ud83d\ude00z)"),
            "a\"\\/\b\f\n\r\tA\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z");
  EXPECT_EQ(unescaped(R"(\ud800)"), "\xef\xbf\xbd");
  EXPECT_EQ(unescaped(R"(\ud800\ud800x)"), "\xef\xbf\xbd\xef\xbf\xbdx");
  EXPECT_EQ(unescaped(R"(\udc00)"), "\xef\xbf\xbd");
  EXPECT_EQ(unescaped(R"(\ud800\n)"), "\xef\xbf\xbd\n");
  EXPECT_EQ(unescaped(R"(\ud83d\u0041)"),
            "\xef\xbf\xbd"
            "A");
}

TEST(JsonStrings, EscapeAndUnescapeAreInverse) {
  std::mt19937 engine(7);
  for (int round = 0; round < 2'000; ++round) {
    std::string text(engine() % 40, ' ');
    for (char& c : text) c = static_cast<char>(engine() % 128);
    std::string json;
    append_json_string(json, text);
    ASSERT_TRUE(is_json(json)) << json;
    ASSERT_EQ(unescaped(std::string_view(json).substr(1, json.size() - 2)), text);
    ASSERT_EQ(boost::json::parse(json).as_string(), text);
  }
}

// The decoder that copies as it reads, against the one that takes the string first: on everything that strings are made
// of, cut off anywhere, and nothing is written beyond what it may overwrite.
TEST(JsonStrings, AreUnescapedWhileReadAsWhenTakenFirst) {
  const std::vector<std::string> good = {"a",       "plain text ", "\\\"",           "\\\\",
                                         "\\/",     "\\n",         "\\u0041",        "\\ud83d",
                                         "\\ude00", "\xc3\xa4",    "\\ud83d\\ude00", "\\u20ac\\b"};
  const std::vector<std::string> bad = {"\\u", "\\u12g4", "\"", "\n", "\\x", "\\", "\x01"};
  std::mt19937 engine(42);
  int accepted = 0, accepted_long = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = "\"";
    for (auto count = engine() % (round % 2 == 0 ? 12 : 60); count > 0; --count) text += good[engine() % good.size()];
    if (engine() % 2 == 0) text.insert(1 + engine() % text.size(), bad[engine() % bad.size()]);
    if (engine() % 4 != 0) text += "\" :";
    JsonCursor slow(text), fast(text);
    const std::optional<std::string_view> content = slow.string();
    std::vector<char> room(text.size() + JsonCursor::kRoomBehind + 1, '#');
    const std::optional<std::string_view> copied = fast.unescaped_string(room.data());
    ASSERT_EQ(copied.has_value(), content.has_value()) << text;
    ASSERT_EQ(fast.offset(), slow.offset()) << text;
    ASSERT_EQ(room.back(), '#') << text;
    if (!content) continue;
    ++accepted;
    if (content->size() > 100) ++accepted_long;
    ASSERT_EQ(*copied, unescaped(*content)) << text;
    const std::string token = text.substr(0, slow.offset());
    boost::system::error_code failure;
    const boost::json::value value = boost::json::parse(token, failure);
    if (!failure) ASSERT_EQ(*copied, value.as_string()) << text;
  }
  EXPECT_GT(accepted, 5'000);
  EXPECT_GT(accepted_long, 5'000);
}

// A second opinion: Boost.JSON on mutated documents. It takes the same language, but for numbers beyond its exponents
// and lone surrogates, neither of which these mutations make.
TEST(CompactJson, AgreesWithAnotherParserOnMutatedDocuments) {
  const std::string seed = R"({"k":[1,-2.5e3,true,false,null,"s\"\\\n\u0041"],"o":{"a":{},"b":[]},"t":"\u00e4 xyz"} )";
  std::mt19937 engine(20'260'102);
  int accepted = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text = seed;
    for (unsigned edits = 1 + engine() % 2; edits > 0; --edits) {
      const std::size_t at = engine() % text.size();
      switch (engine() % 3) {
        case 0:
          text.erase(at, 1 + engine() % 3);
          break;
        case 1:
          text.insert(at, 1, seed[engine() % seed.size()]);
          break;
        default:
          text[at] = static_cast<char>(engine() % 256);
      }
    }
    boost::system::error_code failure;
    const boost::json::value other = boost::json::parse(text, failure);
    const std::optional<std::string> ours = compact_json(text);
    ASSERT_EQ(ours.has_value(), !failure) << text << " " << failure.message();
    if (!ours) continue;
    ++accepted;
    ASSERT_EQ(boost::json::parse(*ours), other) << text;
    ASSERT_EQ(compact_json(*ours), ours);
  }
  EXPECT_GT(accepted, 1'000);
}

TEST(JsonLocation, PrintsLikeJackson) {
  EXPECT_EQ(json_location("hello null", 0), R"j([Source: (String)"hello null"; line: 1, column: 1])j");
  EXPECT_EQ(json_location("{\n \xc3\xa4\xf0\x9f\x98\x80x", 9),
            "[Source: (String)\"{\n \xc3\xa4\xf0\x9f\x98\x80x\"; line: 2, column: 5]");
  EXPECT_EQ(json_location(std::string(600, 'x'), 0),
            "[Source: (String)\"" + std::string(500, 'x') + "\"[truncated 100 chars]; line: 1, column: 1]");
}

}  // namespace
}  // namespace eventbus
