#include "rules-engine/pattern_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace eventbus::rules {
namespace {

std::string reason(std::string_view pattern) {
  const auto parsed = parse_event_pattern(pattern);
  return parsed ? "valid" : parsed.error().message;
}

std::string at(const std::string& source, int line, int column) {
  return "\n at [Source: (String)\"" + source + "\"; line: " + std::to_string(line) +
         ", column: " + std::to_string(column) + "]";
}

TEST(PatternParser, ReportsTheColumnBehindTheOffendingToken) {
  EXPECT_EQ(reason("{}"), "Empty objects are not allowed" + at("{}", 1, 3));
  EXPECT_EQ(reason("[]"), "Filter is not an object" + at("[]", 1, 2));
  EXPECT_EQ(reason(R"({"a":[]})"), "Empty arrays are not allowed" + at(R"({"a":[]})", 1, 8));
}

TEST(PatternParser, ReportsAStringWhereItBeginsBecauseAwsReadsItLazily) {
  EXPECT_EQ(reason(R"({"a":"xyz"})"), "\"a\" must be an object or an array" + at(R"({"a":"xyz"})", 1, 7));
}

TEST(PatternParser, CountsLinesAndUtf16Columns) {
  const std::string pattern = "{\r\n \"\xF0\x9F\x98\x80\":\n[]}";
  EXPECT_EQ(reason(pattern), "Empty arrays are not allowed" + at(pattern, 3, 3));
  const std::string wide = "{\"\xF0\x9F\x98\x80\":[]}";
  EXPECT_EQ(reason(wide), "Empty arrays are not allowed" + at(wide, 1, 9));
}

TEST(PatternParser, ShowsControlCharactersEscapedAndLongPatternsTruncated) {
  EXPECT_EQ(reason("{\t}"), "Empty objects are not allowed" + at("{\\u0009}", 1, 4));
  const std::string head = R"({"a":[],"b":[")";
  const std::string pattern = head + std::string(600 - head.size(), 'x');
  EXPECT_EQ(reason(pattern), "Empty arrays are not allowed\n at [Source: (String)\"" + pattern.substr(0, 500) +
                                 "\"[truncated 100 chars]; line: 1, column: 8]");
}

TEST(PatternParser, RepeatsTheLocationOfErrorsInsideAnythingButLists) {
  const std::string pattern = R"({"a":[{"anything-but":[null]}]})";
  EXPECT_EQ(reason(pattern),
            "Inside anything but list, start|null|boolean is not supported." + at(pattern, 1, 28) + at(pattern, 1, 28));
}

TEST(PatternParser, GivesNoLocationWhereAwsGivesNone) {
  EXPECT_EQ(reason(R"({"a":[{"cidr":"10.0.0.0"}]})"), "Malformed CIDR, one '/' required");
  EXPECT_EQ(reason(R"({"a":[{"anything-but":1e400}]})"), "Cannot compare number : 1e400");
}

TEST(PatternParser, IgnoresTextBehindTheClosingBrace) {
  EXPECT_EQ(reason(R"({"a":[1]} trailing)"), "valid");
  EXPECT_EQ(reason(R"({"a":[1]}})"), "valid");
}

TEST(PatternParser, SpeaksJacksonAboutSyntax) {
  EXPECT_EQ(reason("this is no JSON"),
            "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
            "'false')" +
                at("this is no JSON", 1, 5));
  EXPECT_EQ(reason(R"({"id":[)"),
            "Unexpected end-of-input: expected close marker for Array (start marker at [Source: "
            "(String)\"{\"id\":[\"; line: 1, column: 7])" +
                at(R"({"id":[)", 1, 8));
  EXPECT_EQ(
      reason("{'a':[1]}"),
      "Unexpected character (''' (code 39)): was expecting double-quote to start field name" + at("{'a':[1]}", 1, 3));
}

TEST(PatternParser, BoundsNesting) {
  const auto nested = [](std::size_t levels) {
    std::string pattern;
    for (std::size_t i = 0; i + 1 < levels; ++i) pattern += R"({"a":)";
    pattern += "[1]";
    return pattern + std::string(levels - 1, '}');
  };
  EXPECT_EQ(reason(nested(1'000)), "valid");
  EXPECT_THAT(reason(nested(1'001)), testing::StartsWith("Document nesting depth (1001) exceeds the maximum allowed"));
  EXPECT_THAT(reason(nested(1'000'000)), testing::StartsWith("Document nesting depth (1001)"));
}

std::string or_of_pairs(int pairs) {
  std::string pattern = "{";
  for (int i = 0; i < pairs; ++i) {
    if (i > 0) pattern += ',';
    const std::string n = std::to_string(i);
    pattern += "\"$or\":[{\"a" + n + "\":[1]},{\"b" + n + "\":[1]}]";
  }
  return pattern + "}";
}

TEST(PatternParser, MultipliesOrUpToAThousandBranches) {
  const auto pattern = parse_event_pattern(or_of_pairs(9));
  ASSERT_TRUE(pattern);
  EXPECT_EQ((*pattern)->branches().size(), 512U);
  EXPECT_EQ(reason(or_of_pairs(10)), "Or operator is producing over 1000 rule combinations");
  EXPECT_EQ(reason(or_of_pairs(200)), "Or operator is producing over 1000 rule combinations");
}

TEST(PatternParser, LetsTheLaterOfAnOrBranchAndItsSiblingWin) {
  const auto branches_of = [](std::string_view text) {
    const auto pattern = parse_event_pattern(text);
    std::vector<std::vector<std::string>> out;
    for (const auto& branch : (*pattern)->branches()) {
      auto& fields = out.emplace_back();
      for (std::uint32_t index : branch) {
        const FieldPattern& field = (*pattern)->fields()[index];
        const double number = std::get<NumberEquals>(field.conditions.at(0)).value;
        fields.push_back(field.path + "=" + std::to_string(static_cast<int>(number)));
      }
    }
    return out;
  };
  using Branches = std::vector<std::vector<std::string>>;
  EXPECT_EQ(branches_of(R"({"a":[1],"$or":[{"a":[2]},{"b":[3]}]})"), (Branches{{"a=2"}, {"a=1", "b=3"}}));
  EXPECT_EQ(branches_of(R"({"$or":[{"a":[2]},{"b":[3]}],"a":[1]})"), (Branches{{"a=1"}, {"a=1", "b=3"}}));
}

TEST(PatternParser, KnowsRulesWithWildcards) {
  EXPECT_TRUE(uses_wildcard(**parse_event_pattern(R"({"a":{"b":[1,{"wildcard":"x"}]}})")));
  EXPECT_TRUE(uses_wildcard(**parse_event_pattern(R"({"a":[{"anything-but":{"wildcard":["x"]}}]})")));
  EXPECT_FALSE(uses_wildcard(**parse_event_pattern(R"({"a":[{"prefix":"x*"}]})")));
}

TEST(EventPattern, OrdersPathsAsJavaDoes) {
  EXPECT_TRUE(utf16_order("a", "ab") < 0);
  EXPECT_TRUE(utf16_order("a.b", "ab") < 0);
  EXPECT_TRUE(utf16_order("\xF0\x90\x90\x80", "\xEF\xBF\xBD") < 0);  // U+10400 is D801 DC00, before U+FFFD
  EXPECT_TRUE(utf16_order("\xF0\x90\x90\x80", "\xED\x9F\xBF") > 0);  // and after U+D7FF
  EXPECT_TRUE(utf16_order("x", "x") == 0);
}

}  // namespace
}  // namespace eventbus::rules
