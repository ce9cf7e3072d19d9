#include "rules-engine/rule_set.h"

#include "rules-engine/pattern_parser.h"
#include "rules-engine/reference_matcher.h"
#include "rules-engine/tools/vector_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace eventbus::rules {
namespace {

std::shared_ptr<const EventPattern> parse(std::string_view text) {
  auto pattern = parse_event_pattern(text);
  EXPECT_TRUE(pattern) << text << ": " << pattern.error().message;
  return pattern ? *pattern : nullptr;
}

// Both matchers, which have to agree.
bool matches(std::string_view pattern_text, const std::string& event_text) {
  const auto pattern = parse(pattern_text);
  const RuleInput rule{0, pattern};
  MatchScratch scratch;
  const PaddedText event(event_text);
  const auto matched = RuleSet::compile({&rule, 1})->match(event.view(), scratch);
  const auto reference = reference_match(*pattern, event_text);
  EXPECT_EQ(matched.has_value(), reference.has_value()) << event_text;
  if (!matched || !reference) return false;
  EXPECT_EQ(!matched->empty(), *reference) << pattern_text << " on " << event_text;
  return !matched->empty();
}

bool is_valid_event(const std::string& event_text) {
  MatchScratch scratch;
  const RuleInput rule{0, parse(R"({"a":[1]})")};
  const PaddedText event(event_text);
  const bool valid = RuleSet::compile({&rule, 1})->match(event.view(), scratch).has_value();
  EXPECT_EQ(reference_match(*rule.pattern, event_text).has_value(), valid) << event_text;
  return valid;
}

TEST(RuleSet, ReportsIdsAscendingAndEachOnce) {
  const std::vector<RuleInput> rules = {
      {9, parse(R"({"a":["x"]})")}, {3, parse(R"({"$or":[{"a":["x"]},{"b":[1]}]})")}, {5, parse(R"({"a":["y"]})")}};
  const auto rule_set = RuleSet::compile(rules);
  EXPECT_EQ(rule_set->rule_count(), 3U);
  MatchScratch scratch;
  const PaddedText event(R"({"a":"x","b":1})");
  const auto matched = rule_set->match(event.view(), scratch);
  ASSERT_TRUE(matched);
  EXPECT_THAT(std::vector<RuleId>(matched->begin(), matched->end()), testing::ElementsAre(3, 9));
}

TEST(RuleSet, MatchesNothingWhenEmpty) {
  MatchScratch scratch;
  const PaddedText event(R"({"a":1})");
  const auto matched = RuleSet::compile({})->match(event.view(), scratch);
  ASSERT_TRUE(matched);
  EXPECT_TRUE(matched->empty());
}

TEST(RuleSet, KeepsOneScratchForManyRuleSets) {
  MatchScratch scratch;
  const PaddedText event(R"({"a":"x","b":"y"})");
  for (int round = 0; round < 3; ++round) {
    for (const char* pattern : {R"({"a":["x"]})", R"({"b":["z"]})", R"({"b":["y"],"a":[{"prefix":"x"}]})"}) {
      const RuleInput rule{0, parse(pattern)};
      const auto matched = RuleSet::compile({&rule, 1})->match(event.view(), scratch);
      ASSERT_TRUE(matched);
      EXPECT_EQ(matched->size(), std::string_view(pattern) == R"({"b":["z"]})" ? 0U : 1U);
    }
  }
}

TEST(RuleSet, ComparesKeysAfterUnescaping) {
  EXPECT_TRUE(matches(R"({"detail":{"state":["on"]}})", R"({"det\u0061il":{"st\u0061te":"\u006fn"}})"));
  EXPECT_TRUE(matches(R"({"a/b":["on"]})", R"({"a\/b":"on"})"));
  EXPECT_TRUE(matches(R"({"a\"b":["\\"]})", R"({"a\u0022b":"\u005c"})"));
}

TEST(RuleSet, TakesDotsInKeysForNesting) {
  for (const char* pattern : {R"({"a":{"b":{"c":[1]}}})", R"({"a.b":{"c":[1]}})", R"({"a.b.c":[1]})"}) {
    for (const char* event : {R"({"a":{"b":{"c":1}}})", R"({"a.b":{"c":1}})", R"({"a":{"b.c":1}})", R"({"a.b.c":1})"}) {
      EXPECT_TRUE(matches(pattern, event));
    }
    EXPECT_FALSE(matches(pattern, R"({"a":{"b":{"c":{"d":1}}}})"));
    EXPECT_FALSE(matches(pattern, R"({"a..b.c":1})"));
  }
  EXPECT_TRUE(matches(R"({"":{"a":[1]}})", R"({".a":1})"));
  EXPECT_TRUE(matches(R"({"a":{"":[1]}})", R"({"a.":1})"));
}

TEST(RuleSet, CountsBothValuesOfADuplicateKey) {
  EXPECT_TRUE(matches(R"({"a":[1]})", R"({"a":1,"a":2})"));
  EXPECT_TRUE(matches(R"({"a":[2]})", R"({"a":1,"a":2})"));
  EXPECT_TRUE(matches(R"({"a":{"b":[1],"c":[2]}})", R"({"a":{"b":1},"a":{"c":2}})"));
}

TEST(RuleSet, TakesValidJsonThatSimdjsonRefuses) {
  EXPECT_TRUE(matches(R"({"a":["x"]})", R"({"a":"x","n":123456789012345678901234567890})"));
  EXPECT_TRUE(matches(R"({"a":[12345678901234567890]})", R"({"a":12345678901234567890})"));
  EXPECT_FALSE(matches(R"({"a":[12345678901234567890]})", R"({"a":12345678901234567890.0})"));
  EXPECT_TRUE(matches(R"({"a":[1e400]})", R"({"a":1e400,"b":1e99999,"c":-1e-99999})"));
  EXPECT_TRUE(matches(R"({"a":[{"anything-but":[1]}]})", R"({"a":1e400})"));
  EXPECT_FALSE(matches(R"({"a":[{"numeric":[">",0]}]})", R"({"a":1e400})"));
  EXPECT_TRUE(matches(R"({"a":[{"prefix":"x"}]})", R"({"a":"x\ud800"})"));
  EXPECT_TRUE(matches(R"({"a":["\ud83d\ude00"]})", R"({"a":"\uD83D\uDE00"})"));
  EXPECT_FALSE(matches(R"({"a":["\ud83d\ude00"]})", R"({"a":"\ude00\ud83d"})"));
}

TEST(RuleSet, ComparesNumbersByValue) {
  for (const char* number : {"300", "300.0", "3e2", "3.0E+2", "30000e-2", "0.3e3"}) {
    for (const char* pattern : {R"({"a":[300]})", R"({"a":[3.00e2]})", R"({"a":[{"numeric":["=",300.0]}]})",
                                R"({"a":[{"numeric":[">=",300,"<",301]}]})"}) {
      EXPECT_TRUE(matches(pattern, std::string("{\"a\":") + number + "}"));
    }
  }
  EXPECT_TRUE(matches(R"({"a":[0]})", R"({"a":-0.0e5})"));
  EXPECT_TRUE(matches(R"({"a":[{"numeric":[">",0]}]})", R"({"a":5e-324})"));
  EXPECT_FALSE(matches(R"({"a":[300]})", R"({"a":"300"})"));
}

TEST(RuleSet, RefusesWhatIsNotOneJsonObject) {
  for (const char* event : {"",
                            " ",
                            "[]",
                            "1",
                            "\"a\"",
                            "null",
                            "{",
                            "}",
                            "{]",
                            "[}",
                            "{\"a\"}",
                            "{\"a\":}",
                            "{\"a\":1,}",
                            "{,}",
                            "{\"a\" 1}",
                            "{\"a\":1 2}",
                            "{\"a\":1}}",
                            "{\"a\":1} x",
                            "{\"a\":1}{}",
                            "{\"a\":[1,]}",
                            "{\"a\":[,1]}",
                            "{\"a\":[1 2]}",
                            "{a:1}",
                            "{'a':1}",
                            "{\"a\":01}",
                            "{\"a\":1.}",
                            "{\"a\":.5}",
                            "{\"a\":-}",
                            "{\"a\":1e}",
                            "{\"a\":+1}",
                            "{\"a\":0x1}",
                            "{\"a\":tru}",
                            "{\"a\":truee}",
                            "{\"a\":nul}",
                            "{\"a\":TRUE}",
                            "{\"a\":NaN}",
                            "{\"a\":\"x}",
                            "{\"a\":\"\\x\"}",
                            "{\"a\":\"\\u12g4\"}",
                            "{\"a\":\"\\u12\"}",
                            "{\"a\":\"\n\"}",
                            "{\"a\":\"\xff\"}",
                            "{\"a\":\"\xed\xa0\x80\"}",
                            "{\"b\":\"\\x\"}",
                            "{\"b\\x\":1}",
                            "\xEF\xBB\xBF{\"a\":1}",
                            "{\"a\":1}//",
                            "{\"a\":\"x\"y}",
                            "{\"a\":1:2}",
                            "{\"a\":{\"b\":[{\"c\":}]}}",
                            "{1:2}",
                            "{\"a\":\"b\":\"c\"}",
                            "{\"a\",\"b\"}",
                            "[{\"a\":1}]"}) {
    EXPECT_FALSE(is_valid_event(event)) << event;
  }
  for (const char* event : {"{}", " { } ", "{\"a\":1}\n", "\t{\"b\":[ ] , \"c\" : { } }\r\n", "{\"b\":[[],{},[[]]]}",
                            "{\"b\":\"\\u0000\\/\\b\\f\\n\\r\\t\"}", "{\"b\":-0.0e-0}", "{\"\":\"\"}"}) {
    EXPECT_TRUE(is_valid_event(event)) << event;
  }
}

TEST(RuleSet, FollowsAThousandLevelsAndNoMore) {
  const auto nested = [](std::size_t levels, const std::string& open, const std::string& leaf,
                         const std::string& close) {
    std::string event = R"({"a":)";
    for (std::size_t i = 1; i < levels; ++i) event += open;
    event += leaf;
    for (std::size_t i = 1; i < levels; ++i) event += close;
    return event + "}";
  };
  EXPECT_TRUE(matches(R"({"a":[1]})", nested(1'000, "[", "1", "]")));
  EXPECT_TRUE(is_valid_event(nested(1'000, R"({"b":)", "1", "}")));
  EXPECT_FALSE(is_valid_event(nested(1'001, "[", "1", "]")));
  EXPECT_FALSE(is_valid_event(nested(1'001, R"({"b":)", "1", "}")));
  EXPECT_FALSE(is_valid_event(nested(100'000, "[", "1", "]")));
}

TEST(Arrays, CombineOnlyValuesOfOneElement) {
  const char* both = R"({"a":{"b":[1],"c":[2]}})";
  EXPECT_FALSE(matches(both, R"({"a":[{"b":1},{"c":2}]})"));
  EXPECT_TRUE(matches(both, R"({"a":[{"b":1},{"b":1,"c":2}]})"));
  EXPECT_TRUE(matches(both, R"({"a":[[{"b":1,"c":2}]]})"));
  EXPECT_FALSE(matches(both, R"({"a":[[{"b":1}],[{"c":2}]]})"));
  EXPECT_TRUE(matches(both, R"({"a":[{"b":1},{"c":3}],"a":{"c":2}})"));
  EXPECT_TRUE(matches(both, R"({"a":[{"b":1},{"c":3}],"a.c":2})"));
  EXPECT_TRUE(matches(R"({"a":["x"],"b":["y"]})", R"({"a":["w","x"],"b":["y","z"]})"));
}

TEST(Arrays, CombineAcrossNestedAndIndependentArrays) {
  const char* pattern = R"({"o":{"x":[1],"i":{"y":[2],"z":[3]}},"p":{"q":[4],"r":[5]}})";
  EXPECT_TRUE(matches(pattern, R"({"o":[{"x":0},{"x":1,"i":[{"y":2},{"y":2,"z":3}]}],"p":[{"q":4,"r":5}]})"));
  EXPECT_FALSE(matches(pattern, R"({"o":[{"x":1,"i":[{"y":2},{"z":3}]},{"i":[{"y":2,"z":3}]}],"p":[{"q":4,"r":5}]})"));
  EXPECT_FALSE(matches(pattern, R"({"o":[{"x":1,"i":[{"y":2,"z":3}]}],"p":[{"q":4},{"r":5}]})"));
}

TEST(Arrays, JudgeAbsenceAgainstTheElementsChosenBefore) {
  EXPECT_TRUE(matches(R"({"d":{"x":[1],"y":[{"exists":false}]}})", R"({"d":[{"x":1},{"y":2}]})"));
  EXPECT_FALSE(matches(R"({"d":{"y":[1],"x":[{"exists":false}]}})", R"({"d":[{"y":1},{"x":2}]})"));
  EXPECT_FALSE(matches(R"({"d":{"y":[{"exists":false}]}})", R"({"d":[{"x":1},{"y":2}]})"));
  EXPECT_TRUE(matches(R"({"d":{"x":[1],"y":[5,{"exists":false}]}})", R"({"d":[{"x":1,"y":2},{"x":1,"y":5}]})"));
  EXPECT_FALSE(matches(R"({"d":{"x":[1],"y":[{"exists":false}]}})", R"({"d":[{"x":1,"y":1},{"y":2},{"x":1,"y":0}]})"));
}

TEST(Arrays, TreatEmptyContainersAsNoValue) {
  for (const char* event : {R"({"a":{}})", R"({"a":[]})", R"({"a":{"b":1}})", R"({"a":[{"b":1}]})", R"({})"}) {
    EXPECT_FALSE(matches(R"({"a":[{"exists":true}]})", event));
    EXPECT_TRUE(matches(R"({"a":[{"exists":false}]})", event));
    EXPECT_FALSE(matches(R"({"a":[{"anything-but":"x"}]})", event));
  }
  EXPECT_TRUE(matches(R"({"a":[{"exists":true}]})", R"({"a":null})"));
  EXPECT_TRUE(matches(R"({"a":[1]})", R"({"a":[[],[[1]]]})"));
}

TEST(Arrays, StayFastWhenManyIndependentArraysFail) {
  // k fields on k arrays of n elements, the last one failing: n^k for a matcher that tries every choice.
  std::string pattern = "{";
  std::string event = "{";
  for (int field = 0; field < 12; ++field) {
    const std::string name = "f" + std::to_string(field);
    if (field > 0) pattern += ',', event += ',';
    pattern += "\"" + name + "\":{\"a\":[1],\"b\":[" + (field == 11 ? "3" : "1") + "]}";
    event += "\"" + name + "\":[";
    for (int i = 0; i < 200; ++i) event += std::string(i > 0 ? "," : "") + R"({"a":1,"b":1},{"b":3})";
    event += "]";
  }
  const RuleInput rule{0, parse(pattern + "}")};
  const PaddedText padded(event + "}");
  MatchScratch scratch;
  const auto matched = RuleSet::compile({&rule, 1})->match(padded.view(), scratch);
  ASSERT_TRUE(matched);
  EXPECT_TRUE(matched->empty());
}

// 42 conditions on each of 40,000 elements: more steps than the search gives an event with duplicate keys.
TEST(Arrays, FindTheOneElementAmongManyHoweverManyFieldsMustBeAbsent) {
  for (const char* absent : {R"([{"exists":false}])", R"([{"exists":false},"q"])"}) {
    std::string pattern = R"({"l":{"a":[1])", first = R"({"c0":"r")";
    for (int i = 0; i < 40; ++i) pattern += ",\"c" + std::to_string(i) + "\":" + absent;
    for (int i = 1; i < 40; ++i) first += ",\"c" + std::to_string(i) + "\":\"q\"";
    const RuleInput rule{0, parse(pattern + R"(,"z":[1]}})")};
    std::string elements = "{\"l\":[" + first + "}";
    for (int i = 0; i < 40'000; ++i) elements += R"(,{"a":1})";
    const auto rule_set = RuleSet::compile({&rule, 1});
    MatchScratch scratch;
    for (const auto& [last, expected] :
         {std::pair(R"(,{"a":1,"z":1}]})", 1U), {R"(,{"a":1},{"z":1}]})", 0U}, {R"(,{"a":1,"z":1,"c39":7}]})", 0U}}) {
      const PaddedText event(elements + last);
      const auto matched = rule_set->match(event.view(), scratch);
      ASSERT_TRUE(matched);
      EXPECT_EQ(matched->size(), expected) << absent << last;
    }
  }
}

TEST(Operators, CompareIgnoringCaseByUtf16Unit) {
  const auto equal = [](const std::string& pattern, const std::string& value) {
    return matches("{\"a\":[{\"equals-ignore-case\":\"" + pattern + "\"}]}", "{\"a\":\"" + value + "\"}");
  };
  EXPECT_TRUE(equal("straße", "STRASSE"));
  EXPECT_TRUE(equal("straße", "straSSe"));
  EXPECT_FALSE(equal("straße", "strasse"));
  EXPECT_FALSE(equal("strasse", "straße"));
  EXPECT_FALSE(equal("k", "\u212A"));
  EXPECT_TRUE(equal("\u212A", "k"));
  EXPECT_FALSE(equal("ǅ", "ǅ"));
  EXPECT_TRUE(equal("ǅ", "ǆ"));
  EXPECT_TRUE(equal("ς", "Σ"));
  EXPECT_FALSE(equal("Σ", "ς"));
  EXPECT_TRUE(equal("\U0001F600", "\U0001F600"));
  EXPECT_FALSE(equal("\U00010400", "\U00010428"));
}

TEST(Operators, KeepFamiliesOfAddressesApart) {
  EXPECT_TRUE(matches(R"({"a":[{"cidr":"10.0.0.5/31"}]})", R"({"a":"10.0.0.4"})"));
  EXPECT_FALSE(matches(R"({"a":[{"cidr":"::/0"}]})", R"({"a":"1.2.3.4"})"));
  EXPECT_TRUE(matches(R"({"a":["10.0.0.1"]})", R"({"a":"::ffff:a00:1"})"));
  EXPECT_TRUE(matches(R"({"a":["::1"]})", R"({"a":"0:0:0:0:0:0:0:1"})"));
  EXPECT_FALSE(matches(R"({"a":[{"exactly":"10.0.0.1"}]})", R"({"a":"010.0.0.1"})"));
}

}  // namespace
}  // namespace eventbus::rules
