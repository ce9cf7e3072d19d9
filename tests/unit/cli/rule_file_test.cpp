#include "cli/rule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace eventbus::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names(const std::string& text) {
  const auto file = parse_rule_file(text, "rules.json");
  EXPECT_TRUE(file) << file.error().message;
  std::vector<std::string> out;
  if (!file) return out;
  for (const NamedRule& rule : file->rules) out.push_back(rule.name + ":" + rule.pattern->fields().front().path);
  for (const std::string& rule : file->left_out) out.push_back("-" + rule);
  return out;
}

std::string fault(const std::string& text) {
  const auto file = parse_rule_file(text, "rules.json");
  return file ? "" : file.error().message;
}

TEST(RuleFile, IsAnObjectOfNamesAndPatterns) {
  EXPECT_THAT(names(R"({"one":{"source":["a"]},"two":"{\"detail\":{\"x\":[1]}}"})"),
              ElementsAre("one:source", "two:detail.x"));
}

TEST(RuleFile, IsAListOfRecordsOrWhatListRulesPrints) {
  const std::string records = R"~([{"Name":"one","EventPattern":"{\"source\":[\"a\"]}","State":"ENABLED"},
    {"Name":"two","EventPattern":{"source":["b"]}},{"Name":"nightly","ScheduleExpression":"rate(1 day)"},
    {"Name":"off","EventPattern":{"source":["b"]},"State":"DISABLED"}])~";
  const auto expected =
      ElementsAre("one:source", "two:source", "-nightly: it has no event pattern", "-off: it is disabled");
  EXPECT_THAT(names(records), expected);
  EXPECT_THAT(names("{\"Rules\":" + records + ",\"NextToken\":\"x\"}"), expected);
}

TEST(RuleFile, RecordsMayHaveThePlainNames) {
  EXPECT_THAT(names(R"([{"name":"one","pattern":{"source":["a"]}},{"name":"two","pattern":"{\"id\":[1]}"}])"),
              ElementsAre("one:source", "two:id"));
  EXPECT_THAT(names("{\"name\":\"one\",\"pattern\":{\"a\":[1]}}\n{\"name\":\"two\",\"pattern\":{\"b\":[1]}}"),
              ElementsAre("one:a", "two:b"));
}

TEST(RuleFile, IsAPatternAlone) {
  EXPECT_THAT(names(R"({"source":["a"]})"), ElementsAre("pattern:source"));
  EXPECT_THAT(names(R"({"$or":[{"a":[1]},{"a":[2]}]})"), ElementsAre("pattern:a"));
  EXPECT_THAT(names(R"({"detail":{"state":["on"]}})"), ElementsAre("pattern:detail.state"));
  EXPECT_THAT(names(R"({"state":{"state":["on"]}})"), ElementsAre("state:state"));
}

TEST(RuleFile, MayBeJsonLinesOfAnyOfThem) {
  EXPECT_THAT(
      names("{\"source\":[\"a\"]}\n{\"Name\":\"one\",\"EventPattern\":\"{\\\"id\\\":[1]}\"}\n\n{\"two\":{\"a\":[1]}}\n"
            "{\"detail\":{\"x\":[2]}}"),
      ElementsAre("line-1:source", "one:id", "two:a", "line-5:detail.x"));
}

TEST(RuleFile, KeepsPatternsToTheLetter) {
  // A tree of JSON would lose the repeated key and the digits.
  const auto file = parse_rule_file(R"({"one":{"a":[1],"a":[12345678901234567890]}})", "rules.json");
  ASSERT_TRUE(file);
  ASSERT_EQ(file->rules.at(0).pattern->fields().size(), 1U);
  EXPECT_EQ(std::get<rules::NumberSpelling>(file->rules[0].pattern->fields()[0].conditions[0]).text,
            "12345678901234567890");
}

TEST(RuleFile, NamesEveryFaultWithItsLine) {
  EXPECT_EQ(
      fault(R"({"one":{"a":[]},
"two":{"a":"x"}})"),
      "rules.json:1: rule \"one\": event pattern is not valid. Reason: Empty arrays are not allowed\n at [Source: "
      "(String)\"{\"a\":[]}\"; line: 1, column: 8]\n"
      "rules.json:1: rule \"two\": event pattern is not valid. Reason: \"a\" must be an object or an array\n at "
      "[Source: (String)\"{\"a\":\"x\"}\"; line: 1, column: 7]");
  EXPECT_EQ(fault("{\"one\":{\"a\":[1]}}\n{\"one\":{\"a\":[1]}}"), "rules.json:2: two rules are called \"one\"");
  EXPECT_EQ(fault("\n{\"one\":"), "rules.json:2: this is not JSON");
  EXPECT_EQ(fault("[1]"), "rules.json:1: expected objects with Name and EventPattern");
  EXPECT_EQ(fault("\"x\""), "rules.json:1: expected an object or an array of rules");
  EXPECT_EQ(fault(""), "rules.json:1: there are no rules");
  EXPECT_THAT(fault(R"({"one":5})"), HasSubstr("its pattern is neither an object nor a string"));
}

}  // namespace
}  // namespace eventbus::cli
