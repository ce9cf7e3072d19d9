// The compiled rule set, and an index that follows each change, against the reference matcher, on random rule sets that
// change between events.
//
//   EVENTBUS_RANDOM_CASES=10000000 build/release/bin/unit_rules_engine --gtest_filter='Differential.*'
//
// runs so many (rule, event) pairs from a fresh seed; EVENTBUS_RANDOM_SEED=N replays one.
#include "rules-engine/pattern_parser.h"
#include "rules-engine/reference_matcher.h"
#include "rules-engine/rule_index.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/tools/vector_file.h"
#include "tests/unit/rules-engine/random_case.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace eventbus::rules {
namespace {

constexpr std::uint64_t kFixedSeed = 20'240'921;
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t kDefaultCases = 10'000;  // ten times slower there
#else
constexpr std::size_t kDefaultCases = 100'000;
#endif

struct Live {
  std::string text;
  std::shared_ptr<const EventPattern> pattern;
};

class Differential : public testing::Test {
 protected:
  // Compares all live rules on one event.
  void compare(const std::map<RuleId, Live>& live, const RuleSet& rule_set, const RuleSet& indexed,
               const std::string& event_text) {
    const PaddedText event(event_text);
    const auto by_index = indexed.match(event.view(), scratch_);
    ASSERT_TRUE(by_index) << event_text;
    const std::vector<RuleId> from_index(by_index->begin(), by_index->end());
    const auto matched = rule_set.match(event.view(), scratch_);
    ASSERT_TRUE(matched) << event_text;
    const std::vector<RuleId> checked(matched->begin(), matched->end());
    ASSERT_EQ(from_index, checked) << "the index: " << event_text << "\n" << listing(live);
    const auto trusted = rule_set.match_valid(event.view(), scratch_);
    ASSERT_EQ(std::vector<RuleId>(trusted.begin(), trusted.end()), checked) << event_text << "\n" << listing(live);
    matches_ += checked.size();
    cases_ += live.size();
    std::vector<RuleId> expected;
    for (const auto& [id, rule] : live) {
      const auto reference = reference_match(*rule.pattern, event_text);
      ASSERT_TRUE(reference) << event_text;
      if (*reference) expected.push_back(id);
    }
    ASSERT_EQ(std::vector<RuleId>(matched->begin(), matched->end()), expected) << "event " << event_text << "\n"
                                                                               << listing(live);
  }

  // Random rule sets, three times changed, on four events each.
  void run(const std::string& name, std::string (RandomCase::*make_pattern)(),
           std::string (RandomCase::*make_event)()) {
    const char* cases_text = std::getenv("EVENTBUS_RANDOM_CASES");
    const char* seed_text = std::getenv("EVENTBUS_RANDOM_SEED");
    const std::size_t cases_max = cases_text != nullptr ? std::strtoull(cases_text, nullptr, 10) : kDefaultCases;
    std::uint64_t seed = cases_text != nullptr ? std::random_device{}() : kFixedSeed;
    if (seed_text != nullptr) seed = std::strtoull(seed_text, nullptr, 10);
    std::cout << "seed " << seed << "; replay: EVENTBUS_RANDOM_SEED=" << seed << " EVENTBUS_RANDOM_CASES=" << cases_max
              << " unit_rules_engine --gtest_filter='Differential." << name << "*'\n";
    RandomCase random(seed);
    while (cases_ < cases_max) {
      std::map<RuleId, Live> live;
      RuleIndex index;
      const std::uint32_t size = random.chance(10) ? 60 : 1 + random.below(8);
      for (std::uint32_t phase = 0; phase < 3; ++phase) {
        change(live, index, size, random, make_pattern);
        ASSERT_EQ(index.size(), live.size());
        const auto rule_set = compile(live);
        const auto indexed = index.rule_set();
        for (std::uint32_t i = 0; i < 4; ++i) {
          ASSERT_NO_FATAL_FAILURE(compare(live, *rule_set, *indexed, (random.*make_event)()));
        }
      }
    }
    // Cases that always or never match would prove nothing.
    EXPECT_GT(matches_, cases_ / 20);
    EXPECT_LT(matches_, cases_ / 2);
  }

  // Adds, replaces and removes some rules, and merges segments of the index meanwhile.
  static void change(std::map<RuleId, Live>& live, RuleIndex& index, std::uint32_t size, RandomCase& random,
                     std::string (RandomCase::*make_pattern)()) {
    std::optional<RuleMerge> merge;
    for (std::uint32_t i = 0; i < size; ++i) {
      if (random.chance(20)) merge = index.next_merge(random.chance(80));
      const RuleId id = random.below(size * 2);
      if (random.chance(20)) {
        ASSERT_EQ(index.remove(id), live.erase(id) == 1);
        continue;
      }
      const std::string text = (random.*make_pattern)();
      const auto pattern = parse_event_pattern(text);
      ASSERT_TRUE(pattern) << text << ": " << pattern.error().message;
      live[id] = {text, *pattern};
      if (random.chance(50)) {
        ASSERT_TRUE(index.put_all({{id, text}}));  // begins a segment
      } else {
        ASSERT_TRUE(index.put(id, text));
      }
      if (merge && random.chance(30)) {
        index.adopt(*merge);
        merge.reset();
      }
    }
  }

  static std::string listing(const std::map<RuleId, Live>& live) {
    std::string out;
    for (const auto& [id, rule] : live) out += "rule " + std::to_string(id) + " " + rule.text + "\n";
    return out;
  }

  static std::shared_ptr<const RuleSet> compile(const std::map<RuleId, Live>& live) {
    std::vector<RuleInput> rules;
    for (const auto& [id, rule] : live) rules.push_back({id, rule.pattern});
    return RuleSet::compile(rules);
  }

  MatchScratch scratch_;
  std::size_t cases_ = 0;
  std::size_t matches_ = 0;
};

TEST_F(Differential, RandomRuleSetsAndEventsAgreeWithTheReference) {
  run("RandomRuleSets", &RandomCase::pattern, &RandomCase::event);
}

TEST_F(Differential, ArraysWithinArraysAgreeWithTheReference) {
  run("Arrays", &RandomCase::array_pattern, &RandomCase::array_event);
}

TEST_F(Differential, LongArraysOfObjectsAgreeWithTheReference) {
  run("LongArrays", &RandomCase::table_pattern, &RandomCase::table_event);
}

// Faults of engines that merge patterns into one automaton show where two operators meet on one field.
TEST_F(Differential, EveryOrderedPairOfOperatorsOnTwoLettersAgreesWithTheReference) {
  std::vector<std::string> operators;
  const std::vector<std::string> texts = {"", "a", "b", "ab", "ba", "aab", "B"};
  for (const std::string& text : texts) {
    const std::string quoted = "\"" + text + "\"";
    operators.insert(operators.end(),
                     {quoted, "{\"prefix\":" + quoted + "}", "{\"suffix\":" + quoted + "}",
                      "{\"equals-ignore-case\":" + quoted + "}", "{\"prefix\":{\"equals-ignore-case\":" + quoted + "}}",
                      "{\"suffix\":{\"equals-ignore-case\":" + quoted + "}}", "{\"anything-but\":" + quoted + "}",
                      "{\"anything-but\":{\"equals-ignore-case\":" + quoted + "}}"});
    if (!text.empty()) {
      operators.push_back("{\"anything-but\":{\"prefix\":" + quoted + "}}");
      operators.push_back("{\"anything-but\":{\"suffix\":" + quoted + "}}");
    }
  }
  for (const char* wildcard : {"*", "a*", "*a", "*a*", "a*b", "*ab", "*a*b*", "b*a*b"}) {
    operators.push_back(std::string("{\"wildcard\":\"") + wildcard + "\"}");
    operators.push_back(std::string("{\"anything-but\":{\"wildcard\":\"") + wildcard + "\"}}");
  }
  operators.insert(operators.end(), {"{\"exists\":true}", "{\"exists\":false}", "null"});

  std::vector<std::string> events = {"{}", R"({"x":null})", R"({"x":1})", R"({"x":[]})", R"({"x":["a","b"]})"};
  for (std::uint32_t bits = 1; bits < 1U << 5; ++bits) {  // every text of a and b of up to four letters
    std::string value;
    for (std::uint32_t rest = bits; rest > 1; rest >>= 1) value += (rest & 1) != 0 ? 'b' : 'a';
    events.push_back("{\"x\":\"" + value + "\"}");
  }
  events.push_back(R"({"x":"AB"})");
  std::vector<Live> rules;
  for (const std::string& op : operators) {
    const std::string text = "{\"x\":[" + op + "]}";
    rules.push_back({text, *parse_event_pattern(text)});
  }
  std::vector<std::vector<bool>> alone;  // by rule and event
  for (const Live& rule : rules) {
    std::vector<bool>& row = alone.emplace_back();
    for (const std::string& event : events) row.push_back(*reference_match(*rule.pattern, event));
  }
  std::vector<PaddedText> padded(events.begin(), events.end());
  for (std::size_t first = 0; first < rules.size(); ++first) {
    for (std::size_t second = 0; second < rules.size(); ++second) {
      const std::vector<RuleInput> pair = {{0, rules[first].pattern}, {1, rules[second].pattern}};
      const auto rule_set = RuleSet::compile(pair);
      for (std::size_t event = 0; event < events.size(); ++event) {
        const auto matched = rule_set->match(padded[event].view(), scratch_);
        ASSERT_TRUE(matched);
        std::vector<RuleId> expected;
        if (alone[first][event]) expected.push_back(0);
        if (alone[second][event]) expected.push_back(1);
        ASSERT_EQ(std::vector<RuleId>(matched->begin(), matched->end()), expected)
            << rules[first].text << " then " << rules[second].text << " on " << events[event];
      }
    }
  }
}

}  // namespace
}  // namespace eventbus::rules
