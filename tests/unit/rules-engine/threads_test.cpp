// Readers match while a writer publishes new rule sets; meant for the thread sanitizer.
#include "base/published.h"
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/tools/vector_file.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace eventbus::rules {
namespace {

// Rules "generation" match {"n":N} for N below it, so a reader can tell a whole set from a torn one.
std::shared_ptr<const RuleSet> generation(RuleId size) {
  std::vector<RuleInput> rules;
  for (RuleId id = 0; id < size; ++id) {
    const std::string number = std::to_string(id);
    rules.push_back({id, *parse_event_pattern("{\"n\":[" + number + ",{\"wildcard\":\"*x" + number + "\"}]}")});
  }
  return RuleSet::compile(rules);
}

TEST(Threads, MatchWholeRuleSetsWhileTheyAreReplaced) {
  constexpr RuleId kGenerations = 60;
  Published<RuleSet> published(generation(1));
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  const auto read = [&] {
    MatchScratch scratch;
    while (!done.load()) {
      const auto rule_set = published.load();
      const auto size = static_cast<RuleId>(rule_set->rule_count());
      const PaddedText event("{\"n\":[" + std::to_string(size - 1) + "," + std::to_string(size) + ",\"aax0\"]}");
      const auto matched = rule_set->match(event.view(), scratch);
      const bool right = matched && matched->size() == (size == 1 ? 1U : 2U) && matched->back() == size - 1;
      if (!right) ++wrong;
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(read);
  for (RuleId size = 2; size < kGenerations; ++size) published.store(generation(size));
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace eventbus::rules
