// The recorded verdicts of ../shared/vectors, through the compiled rule set and through the reference matcher.
#include "rules-engine/pattern_parser.h"
#include "rules-engine/reference_matcher.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/tools/vector_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace eventbus::rules {
namespace {

VectorFile load(const std::string& name) {
  auto file = read_vector_file(std::string(EVENTBUS_SHARED_DIR) + "/vectors/" + name);
  EXPECT_TRUE(file) << file.error().message;
  return file ? std::move(*file) : VectorFile{};
}

class Vectors : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(std::string(EVENTBUS_SHARED_DIR) + "/vectors")) {
      GTEST_SKIP() << "NOTICE: ../shared is not here, so the recorded verdicts are not checked";
    }
  }
};

TEST_F(Vectors, EveryPatternIsJudgedAsRecorded) {
  MatchScratch scratch;
  const VectorFile file = load("pattern-vectors.jsonl.gz");
  ASSERT_GE(file.patterns.size(), 4'000U);
  for (const PatternVector& vector : file.patterns) {
    SCOPED_TRACE(vector.id + " " + vector.pattern + " on " + vector.event);
    const auto pattern = parse_event_pattern(vector.pattern);
    ASSERT_EQ(pattern.has_value(), vector.valid);
    if (!pattern) {
      const std::string reason = pattern.error().message.substr(0, pattern.error().message.find("\n at [Source: "));
      if (vector.error_counts()) EXPECT_EQ(reason, vector.error);
      continue;
    }
    const auto reference = reference_match(**pattern, vector.event);
    ASSERT_TRUE(reference) << reference.error().message;
    EXPECT_EQ(*reference, vector.match) << "reference matcher";
    const RuleInput rule{7, *pattern};
    const PaddedText event(vector.event);
    const auto matched = RuleSet::compile({&rule, 1})->match(event.view(), scratch);
    ASSERT_TRUE(matched) << matched.error().message;
    EXPECT_EQ(matched->size(), vector.match ? 1U : 0U) << "rule set";
  }
}

TEST_F(Vectors, EveryRuleSetFindsTheRecordedRules) {
  MatchScratch scratch;
  const VectorFile file = load("rulesets.jsonl.gz");
  ASSERT_GE(file.rule_sets.size(), 30U);
  for (const RuleSetVector& vector : file.rule_sets) {
    std::map<std::string, std::shared_ptr<const EventPattern>> live;
    for (const RuleSetVector::Phase& phase : vector.phases) {
      for (const RuleSetVector::Operation& operation : phase.operations) {
        live.erase(operation.name);
        if (!operation.add) continue;
        const auto pattern = parse_event_pattern(operation.pattern);
        ASSERT_TRUE(pattern) << operation.pattern << ": " << pattern.error().message;
        live[operation.name] = *pattern;
      }
      std::vector<std::string> names;
      std::vector<RuleInput> rules;
      for (const auto& [name, pattern] : live) {
        rules.push_back({static_cast<RuleId>(names.size()), pattern});
        names.push_back(name);
      }
      const auto rule_set = RuleSet::compile(rules);
      for (const RuleSetVector::Event& recorded : phase.events) {
        SCOPED_TRACE(vector.id + " " + recorded.text);
        const PaddedText event(recorded.text);
        const auto matched = rule_set->match(event.view(), scratch);
        ASSERT_TRUE(matched) << matched.error().message;
        std::vector<std::string> by_set;
        for (RuleId id : *matched) by_set.push_back(names[id]);
        EXPECT_EQ(by_set, recorded.match) << "rule set";
        std::vector<std::string> by_reference;
        for (const auto& [name, pattern] : live) {
          if (*reference_match(*pattern, recorded.text)) by_reference.push_back(name);
        }
        EXPECT_EQ(by_reference, recorded.match) << "reference matcher";
      }
    }
  }
}

}  // namespace
}  // namespace eventbus::rules
