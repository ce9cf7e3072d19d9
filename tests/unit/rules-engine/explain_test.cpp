// explain() against the matcher whose verdicts it explains, and against what a person would say.
#include "rules-engine/explain.h"

#include "rules-engine/condition_text.h"
#include "rules-engine/explanation_text.h"
#include "rules-engine/json_reader.h"
#include "rules-engine/pattern_parser.h"
#include "rules-engine/reference_matcher.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/tools/vector_file.h"
#include "tests/unit/rules-engine/random_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace eventbus::rules {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t kDefaultCases = 2'000;  // ten times slower there
#else
constexpr std::size_t kDefaultCases = 20'000;
#endif

using Verdict = FieldExplanation::Verdict;
using Failure = BranchExplanation::Failure;

Explanation explained(const std::string& pattern_text, const std::string& event, const ExplainLimits& limits = {}) {
  const auto pattern = parse_event_pattern(pattern_text);
  EXPECT_TRUE(pattern) << pattern_text;
  if (!pattern) return {};
  auto explanation = explain(**pattern, event, limits);
  EXPECT_TRUE(explanation) << event;
  return explanation ? std::move(*explanation) : Explanation{};
}

std::string text_of(const std::string& pattern, const std::string& event) {
  return explanation_text(explained(pattern, event));
}

// The one reason that the one value seen is given.
std::string reason(const std::string& alternative, const std::string& value) {
  const Explanation explanation = explained("{\"x\":[" + alternative + "]}", "{\"x\":" + value + "}");
  EXPECT_FALSE(explanation.matches) << alternative << " on " << value;
  if (explanation.fields.size() != 1 || explanation.fields[0].seen.size() != 1) return "";
  EXPECT_THAT(explanation.fields[0].seen[0].reasons, SizeIs(1));
  return explanation.fields[0].seen[0].reasons[0];
}

TEST(Explain, NamesTheFieldTheAlternativesAndTheValueSeen) {
  EXPECT_EQ(text_of(R"({"source":["shop"],"detail":{"state":["running",{"prefix":"r"}]}})",
                    R"({"source":"shop","detail":{"state":"stopped"}})"),
            "no match\n"
            "  detail.state: no value fits\n"
            "    asked for  \"running\" or {\"prefix\":\"r\"}\n"
            "    seen       \"stopped\" at detail.state\n"
            "               \"stopped\" is not \"running\"\n"
            "               \"stopped\" does not begin with \"r\"\n"
            "  holds: source\n");
}

TEST(Explain, TellsWhatSatisfiedEachFieldOfAMatch) {
  EXPECT_EQ(text_of(R"({"source":["shop"],"detail":{"tags":["b"],"gone":[{"exists":false}]}})",
                    R"({"source":"shop","detail":{"tags":["a","b"]}})"),
            "match\n"
            "  detail.gone: no value, as {\"exists\":false} asks\n"
            "  detail.tags: \"b\" fits \"b\"  (detail.tags[1])\n"
            "  source: \"shop\" fits \"shop\"\n");
}

TEST(Explain, SaysWhichConditionFailedAndWhy) {
  EXPECT_EQ(reason(R"("Running")", R"("running")"), R"("running" is not "Running", it differs in case)");
  EXPECT_EQ(reason(R"("5")", "5"), "5 is a number, not a string");
  EXPECT_EQ(reason("5", R"("5")"), R"("5" is a string, not a number)");
  EXPECT_EQ(reason("5", "6.0"), "6.0 is not 5");
  EXPECT_EQ(reason("5", "null"), "null is not a number");
  EXPECT_EQ(reason("true", R"("true")"), R"("true" is a string, not true itself)");
  EXPECT_EQ(reason("null", "false"), "false is not null");
  EXPECT_EQ(reason(R"({"prefix":"a"})", R"("ba")"), R"("ba" does not begin with "a")");
  EXPECT_EQ(reason(R"({"suffix":"b"})", R"("ba")"), R"("ba" does not end with "b")");
  EXPECT_EQ(reason(R"({"wildcard":"a*b"})", R"("ba")"), R"("ba" does not have the form "a*b")");
  EXPECT_EQ(reason(R"({"equals-ignore-case":"AB"})", R"("ba")"), R"("ba" is not, in any case, "AB")");
  EXPECT_EQ(reason(R"({"numeric":[">",10,"<=",20]})", "10"), "10 is not > 10");
  EXPECT_EQ(reason(R"({"numeric":[">",10,"<=",20]})", "2.1e1"), "2.1e1 is not <= 20");
  EXPECT_EQ(reason(R"({"numeric":[">",10]})", "12345678901234567890"),
            "12345678901234567890 is a number that no double is exactly, so that only the same spelling equals it");
  EXPECT_EQ(reason("12345678901234567890", "12345678901234567891"),
            "12345678901234567891 is not spelled 12345678901234567890, and no double is exactly that number, so that "
            "only its spelling equals it");
  EXPECT_EQ(reason(R"({"cidr":"10.0.0.0/8"})", R"("11.0.0.1")"), R"("11.0.0.1" is not in 10.0.0.0/8)");
  EXPECT_EQ(reason(R"({"cidr":"10.0.0.0/8"})", R"("host")"), R"("host" is not an IP address)");
  EXPECT_EQ(reason(R"({"cidr":"2001:db8::/32"})", R"("10.0.0.1")"),
            R"("10.0.0.1" is an IPv4 address, 2001:db8::/32 holds IPv6 addresses)");
  EXPECT_EQ(reason(R"("10.0.0.1")", R"("10.0.0.2")"), R"("10.0.0.2" is not the address 10.0.0.1)");
  EXPECT_EQ(reason(R"({"anything-but":["a","b"]})", R"("b")"), R"("b" is "b", which anything-but excludes)");
  EXPECT_EQ(reason(R"({"anything-but":{"prefix":["x","st"]}})", R"("stopped")"),
            R"("stopped" begins with "st", which anything-but excludes)");
  EXPECT_EQ(reason(R"({"anything-but":[1,300]})", "3e2"), "3e2 is 300, which anything-but excludes");
}

TEST(Explain, TellsWhereTheWayToAMissingFieldEnds) {
  const std::string pattern = R"({"detail":{"order":{"state":["x"]}}})";
  EXPECT_THAT(text_of(pattern, R"({"source":"a"})"), HasSubstr("nothing: the event has no \"detail\"\n"));
  EXPECT_THAT(text_of(pattern, R"({"detail":{}})"), HasSubstr("detail is an object without \"order.state\"\n"));
  EXPECT_THAT(text_of(pattern, R"({"detail":{"order":"text"}})"),
              HasSubstr("detail.order is a string without \"state\""));
  EXPECT_THAT(text_of(pattern, R"({"detail":{"order":{"state":[]}}})"), HasSubstr("seen       an empty array: only"));
  EXPECT_THAT(text_of(pattern, R"({"detail":{"order":{"state":{"x":1}}}})"), HasSubstr("seen       an object: only"));
  EXPECT_THAT(text_of(pattern, R"({"detail":{"order":{"State":"x"}}})"),
              HasSubstr("the event has detail.order.State: is that meant?"));
}

TEST(Explain, ProposesThePathThatMayBeMeant) {
  EXPECT_THAT(text_of(R"({"detailType":["a"]})", R"({"detail-type":"a"})"),
              HasSubstr("has detail-type: is that meant?"));
  EXPECT_THAT(text_of(R"({"state":["a"]})", R"({"detail":{"state":"a"}})"),
              HasSubstr("has detail.state: is that meant?"));
}

TEST(Explain, TellsThatAFieldMustNotBeThere) {
  EXPECT_THAT(text_of(R"({"a":[{"exists":false}]})", R"({"a":null})"),
              HasSubstr("a: there is a value, and there must be none\n    asked for  {\"exists\":false}\n"
                        "    seen       null at a\n"));
}

TEST(Explain, ShowsElementsThatCannotBeCombined) {
  const Explanation explanation = explained(R"({"detail":{"items":{"price":[5],"sku":["a"]}}})",
                                            R"({"detail":{"items":[{"price":5,"sku":"b"},{"price":6,"sku":"a"}]}})");
  EXPECT_FALSE(explanation.matches);
  ASSERT_THAT(explanation.branches, SizeIs(1));
  const BranchExplanation& branch = explanation.branches[0];
  EXPECT_EQ(branch.failure, Failure::kArrays);
  EXPECT_EQ(explanation.fields[branch.failed].path, "detail.items.sku");
  ASSERT_THAT(branch.obstacles, SizeIs(1));
  EXPECT_EQ(branch.obstacles[0].value.place, "detail.items[1].sku");
  EXPECT_EQ(branch.obstacles[0].element, "detail.items[1]");
  EXPECT_EQ(branch.obstacles[0].chosen_element, "detail.items[0]");
  EXPECT_EQ(explanation_text(explanation),
            "no match\n"
            "  detail.items.sku: cannot hold in the same array element as the fields before it\n"
            "    asked for  \"a\"\n"
            "    \"a\" at detail.items[1].sku fits, but lies in detail.items[1], and detail.items.price holds in "
            "detail.items[0]\n"
            "  the fields before it hold together, for example, with\n"
            "    detail.items.price: 5 fits 5  (detail.items[0].price)\n"
            "  and no other choice of elements lets detail.items.sku hold as well\n");
}

TEST(Explain, NamesTheOutermostArrayOfNestedOnesThatDiffers) {
  const Explanation explanation =
      explained(R"({"a":{"b":{"x":[1],"y":[1]}}})", R"({"a":[{"b":[{"x":1},{"y":2}]},{"b":[{"x":2},{"y":1}]}]})");
  ASSERT_EQ(explanation.branches[0].failure, Failure::kArrays);
  ASSERT_THAT(explanation.branches[0].obstacles, SizeIs(1));
  EXPECT_EQ(explanation.branches[0].obstacles[0].element, "a[1]");
  EXPECT_EQ(explanation.branches[0].obstacles[0].value.place, "a[1].b[1].y");
}

TEST(Explain, JudgesAbsenceAgainstTheElementsChosenBefore) {
  // README.md, semantics 7: d.x is judged first, so that d.y may be absent beside it; the other way round it may not.
  EXPECT_TRUE(explained(R"({"d":{"x":[1],"y":[{"exists":false}]}})", R"({"d":[{"x":1},{"y":2}]})").matches);
  const Explanation explanation = explained(R"({"d":{"x":[1],"y":[{"exists":false}]}})", R"({"d":[{"x":1,"y":2}]})");
  EXPECT_FALSE(explanation.matches);
  EXPECT_EQ(explanation.branches[0].failure, Failure::kArrays);
  ASSERT_THAT(explanation.branches[0].present, SizeIs(1));
  EXPECT_EQ(explanation.branches[0].present[0].place, "d[0].y");
  // Nothing has been chosen when x is judged: a failure of the field by itself.
  const Explanation first = explained(R"({"d":{"x":[{"exists":false}],"y":[1]}})", R"({"d":[{"x":1},{"y":1}]})");
  EXPECT_FALSE(first.matches);
  EXPECT_EQ(first.branches[0].failure, Failure::kField);
  EXPECT_EQ(first.fields[first.branches[0].failed].path, "d.x");
}

TEST(Explain, ShowsTheOwnFailureOfEachAlternativeOfOr) {
  EXPECT_EQ(text_of(R"({"s":["x"],"$or":[{"a":[1]},{"b":[2],"c":[3]}]})", R"({"s":"x","a":2,"b":2})"),
            "no match: none of the 2 alternatives of $or holds\n"
            "  alternative 1: a s\n"
            "    a: no value fits\n"
            "      asked for  1\n"
            "      seen       2 at a\n"
            "                 2 is not 1\n"
            "    holds: s\n"
            "  alternative 2: b c s\n"
            "    c: the event has no value here\n"
            "      asked for  3\n"
            "      seen       nothing: the event has no \"c\"\n"
            "    holds: b, s\n");
  EXPECT_THAT(text_of(R"({"$or":[{"a":[1]},{"b":[2]}]})", R"({"b":2})"), HasSubstr("match, by alternative 2 of 2\n"));
}

TEST(Explain, SaysOnceWhatEveryAlternativeOfOrLacks) {
  EXPECT_EQ(text_of(R"({"a":["x"],"$or":[{"b":[1]},{"c":[2]}]})", R"({"a":"y","b":2})"),
            "no match: every alternative of $or needs this field\n"
            "  a: no value fits\n"
            "    asked for  \"x\"\n"
            "    seen       \"y\" at a\n"
            "               \"y\" is not \"x\"\n");
}

TEST(Explain, ShowsTheFirstOfManyAndLongValues) {
  ExplainLimits limits;
  limits.shown_values = 2;
  limits.shown_bytes = 4;
  const Explanation explanation = explained(R"({"a":["x"]})", R"({"a":["aaé€","b","c"]})", limits);
  ASSERT_THAT(explanation.fields[0].seen, SizeIs(2));
  EXPECT_EQ(explanation.fields[0].seen_count, 3U);
  EXPECT_TRUE(explanation.fields[0].seen[0].clipped);
  EXPECT_EQ(explanation.fields[0].seen[0].json, "\"aaé\"");
  EXPECT_THAT(explanation.fields[0].seen[0].reasons, ElementsAre("\"aaé…\" is not \"x\""));
  EXPECT_THAT(explanation_text(explanation), HasSubstr("… and 1 more values"));
}

TEST(Explain, RefusesWhatIsNoEvent) {
  const auto pattern = parse_event_pattern(R"({"a":[1]})");
  EXPECT_FALSE(explain(**pattern, "[1]"));
  EXPECT_FALSE(explain(**pattern, R"({"a":1)"));
  EXPECT_FALSE(explain(**pattern, R"({"a":1}{)"));
  EXPECT_FALSE(explain(**pattern, "{\"a\":\"\xff\"}"));
}

TEST(Explain, CostGrowsLinearlyWithElementsOfAnArray) {
  // 20,000 elements of which none satisfies all four fields: with a step for each pair this would be 400 million.
  std::string event = R"({"a":[)";
  for (int i = 0; i < 20'000; ++i) {
    if (i > 0) event += ',';
    event += i % 2 == 0 ? R"({"w":1,"x":1,"y":1,"z":2})" : R"({"w":1,"x":2,"y":1,"z":1})";
  }
  event += "]}";
  ExplainLimits limits;
  limits.search_steps = 0;  // nothing beyond the steps that grow with the event
  const Explanation explanation = explained(R"({"a":{"w":[1],"x":[1],"y":[1],"z":[1]}})", event, limits);
  EXPECT_EQ(explanation.branches[0].failure, Failure::kArrays);
}

TEST(Explain, GivesUpOnChoicesWithoutEnd) {
  // The key "a" repeated: each of its arrays is a choice between two elements, and all that is wrong, z in the last
  // array, is judged when all choices have been made. As `exists: false` is asked for, every one of them might matter
  // to it.
  std::string pattern = R"({"a":{)";
  std::string event = "{";
  for (char c = 'b'; c < 'x'; ++c) {
    const std::string key = std::string("\"") + c + "\"";
    pattern += key + ":[1],";
    event += "\"a\":[{" + key + ":1},{" + key + ":1,\"z\":2}],";
  }
  pattern += R"("y":[1],"z":[1,{"exists":false}]}})";
  event += R"("a":[{"y":1,"z":2},{"z":1}]})";
  ExplainLimits limits;
  limits.search_steps = 10'000;
  const Explanation explanation = explained(pattern, event, limits);
  EXPECT_FALSE(explanation.matches);
  EXPECT_EQ(explanation.branches[0].failure, Failure::kGaveUp);
  EXPECT_THAT(explanation_text(explanation), HasSubstr("given up"));
}

// --- agreement -------------------------------------------------------------------------------------------------------

// Do these fields alone match, as one branch?
bool match_together(const EventPattern& pattern, EventPattern::Branch fields, const std::string& event) {
  const auto verdict = reference_match(EventPattern(pattern.fields(), {std::move(fields)}), event);
  return verdict && *verdict;
}

// What the explanation claims must be so: a field said to fail by itself fails by itself, and a field said not to go
// with those before it goes without them.
void expect_true(const Explanation& explanation, const EventPattern& pattern, const std::string& event) {
  ASSERT_EQ(explanation.fields.size(), pattern.fields().size());
  ASSERT_EQ(explanation.branches.size(), pattern.branches().size());
  bool any = false;
  for (std::size_t i = 0; i < explanation.branches.size(); ++i) {
    const BranchExplanation& branch = explanation.branches[i];
    any = any || branch.failure == Failure::kNone;
    EXPECT_EQ(branch.fields, pattern.branches()[i]);
    EXPECT_NE(branch.failure, Failure::kGaveUp);
    const auto failed = std::ranges::find(branch.fields, branch.failed);
    switch (branch.failure) {
      case Failure::kNone:
        break;
      case Failure::kField:
        ASSERT_NE(failed, branch.fields.end());
        EXPECT_NE(explanation.fields[branch.failed].verdict, Verdict::kFits);
        EXPECT_FALSE(match_together(pattern, {branch.failed}, event));
        break;
      case Failure::kArrays:
        ASSERT_NE(failed, branch.fields.end());
        EXPECT_TRUE(match_together(pattern, {branch.fields.begin(), failed}, event));
        EXPECT_FALSE(match_together(pattern, {branch.fields.begin(), failed + 1}, event));
        if (i < ExplainLimits{}.shown_branches) {
          EXPECT_EQ(branch.chosen.size(), static_cast<std::size_t>(failed - branch.fields.begin()));
          EXPECT_FALSE(branch.obstacles.empty() && branch.present.empty());
        }
        break;
      case Failure::kGaveUp:
        break;
    }
  }
  EXPECT_EQ(explanation.matches, any);
  for (const FieldExplanation& field : explanation.fields) {
    for (const SeenValue& value : field.seen) {
      EXPECT_EQ(value.fits, field.verdict == Verdict::kFits) << field.path;
      EXPECT_EQ(value.reasons.empty(), value.fits || field.verdict == Verdict::kMustBeMissing) << field.path;
    }
  }
}

bool is_json(const std::string& text) {
  JsonReader reader(text);
  while (true) {
    const auto token = reader.next();
    if (!token) return false;
    if (*token == JsonToken::kEndOfInput) return true;
  }
}

void expect_renders(const Explanation& explanation) {
  EXPECT_FALSE(explanation_text(explanation).empty());
  const std::string json = explanation_json(explanation);
  EXPECT_TRUE(is_json(json)) << json;
  EXPECT_EQ(json.find('\n'), std::string::npos);
}

void expect_agreement(const std::string& pattern_text, const std::string& event, bool expected) {
  SCOPED_TRACE(pattern_text + " on " + event);
  const auto pattern = parse_event_pattern(pattern_text);
  ASSERT_TRUE(pattern);
  const auto explanation = explain(**pattern, event);
  ASSERT_TRUE(explanation) << explanation.error().message;
  ASSERT_EQ(explanation->matches, expected) << explanation_text(*explanation);
  ASSERT_NO_FATAL_FAILURE(expect_true(*explanation, **pattern, event));
  expect_renders(*explanation);
}

class ExplainAgreement : public testing::Test {
 protected:
  void run(std::string (RandomCase::*make_pattern)(), std::string (RandomCase::*make_event)()) {
    const char* cases_text = std::getenv("EVENTBUS_RANDOM_CASES");
    const std::size_t cases = cases_text != nullptr ? std::strtoull(cases_text, nullptr, 10) : kDefaultCases;
    const std::uint64_t seed = cases_text != nullptr ? std::random_device{}() : 7;
    std::cout << "seed " << seed << '\n';
    RandomCase random(seed);
    std::size_t matches = 0;
    for (std::size_t i = 0; i < cases; ++i) {
      const std::string pattern_text = (random.*make_pattern)();
      const std::string event = (random.*make_event)();
      const auto pattern = parse_event_pattern(pattern_text);
      ASSERT_TRUE(pattern) << pattern_text;
      const auto expected = reference_match(**pattern, event);
      ASSERT_TRUE(expected);
      ASSERT_NO_FATAL_FAILURE(expect_agreement(pattern_text, event, *expected));
      if (*expected) ++matches;
    }
    EXPECT_GT(matches, cases / 20);
    EXPECT_LT(matches, cases / 2);
  }
};

TEST_F(ExplainAgreement, SaysMatchExactlyWhereTheReferenceMatches) { run(&RandomCase::pattern, &RandomCase::event); }

TEST_F(ExplainAgreement, SaysMatchExactlyWhereTheReferenceMatchesArraysWithinArrays) {
  run(&RandomCase::array_pattern, &RandomCase::array_event);
}

TEST_F(ExplainAgreement, SaysMatchExactlyWhereTheRecordedVerdictsDo) {
  const std::string folder = std::string(EVENTBUS_SHARED_DIR) + "/vectors/";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "NOTICE: ../shared is not here, so the recorded verdicts are not checked";
  }
  const auto file = read_vector_file(folder + "pattern-vectors.jsonl.gz");
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_GE(file->patterns.size(), 4'000U);
  for (const PatternVector& vector : file->patterns) {
    if (vector.valid) ASSERT_NO_FATAL_FAILURE(expect_agreement(vector.pattern, vector.event, vector.match));
  }
}

// What is shown of a condition is the condition: read again, it says the same of every value.
TEST(ConditionText, IsThePatternAgain) {
  RandomCase random(11);
  for (int i = 0; i < 5'000; ++i) {
    const std::string text = random.pattern();
    const auto pattern = parse_event_pattern(text);
    ASSERT_TRUE(pattern) << text;
    for (const FieldPattern& field : (*pattern)->fields()) {
      for (const Condition& condition : field.conditions) {
        const std::string json = condition_json(condition);
        const auto again = parse_event_pattern("{\"x\":[" + json + "]}");
        ASSERT_TRUE(again) << json << " of " << text;
        EXPECT_EQ(condition_json((*again)->fields()[0].conditions[0]), json);
        EXPECT_EQ((*again)->fields()[0].conditions[0].index(), condition.index()) << json;
      }
    }
  }
}

}  // namespace
}  // namespace eventbus::rules
