// Matching allocates nothing once its scratch is warm.
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/tools/vector_file.h"
#include "tests/unit/rules-engine/counted_allocations.h"
#include "tests/unit/rules-engine/random_case.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace eventbus::rules {
namespace {

TEST(Allocation, MatchingAllocatesNothingOnceWarm) {
  RandomCase random(7);
  std::vector<RuleInput> rules;
  for (RuleId id = 0; id < 400; ++id) {
    rules.push_back({id, *parse_event_pattern(random.pattern())});
    rules.push_back({1'000 + id, *parse_event_pattern(random.array_pattern())});
    rules.push_back({2'000 + id, *parse_event_pattern(random.table_pattern())});
  }
  const auto rule_set = RuleSet::compile(rules);
  std::vector<PaddedText> events;
  for (int i = 0; i < 200; ++i) {
    events.emplace_back(random.event());
    events.emplace_back(random.array_event());
    events.emplace_back(random.table_event());
  }
  MatchScratch scratch;
  std::size_t matched = 0;
  const auto match_all = [&] {
    for (const PaddedText& event : events) {
      matched += rule_set->match(event.view(), scratch)->size();
      matched += rule_set->match_valid(event.view(), scratch).size();
    }
  };
  match_all();
  const std::size_t before = CountedAllocations::now().calls;
  match_all();
  EXPECT_EQ(CountedAllocations::now().calls, before);
  EXPECT_GT(matched, 0U);
  if (CountedAllocations::counting()) EXPECT_GT(before, 0U) << "operator new is not counted";
}

}  // namespace
}  // namespace eventbus::rules
