// Matching allocates nothing once its scratch is warm: this program counts every call of operator new.
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/tools/vector_file.h"
#include "tests/unit/rules-engine/random_case.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

// The sanitizers bring their own operator new; there the test only shows that matching runs.
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define EVENTBUS_COUNTS_ALLOCATIONS 1
void* operator new(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace eventbus::rules {
namespace {

TEST(Allocation, MatchingAllocatesNothingOnceWarm) {
  RandomCase random(7);
  std::vector<RuleInput> rules;
  for (RuleId id = 0; id < 400; ++id) {
    rules.push_back({id, *parse_event_pattern(random.pattern())});
    rules.push_back({1'000 + id, *parse_event_pattern(random.array_pattern())});
  }
  const auto rule_set = RuleSet::compile(rules);
  std::vector<PaddedText> events;
  for (int i = 0; i < 200; ++i) {
    events.emplace_back(random.event());
    events.emplace_back(random.array_event());
  }
  MatchScratch scratch;
  std::size_t matched = 0;
  const auto match_all = [&] {
    for (const PaddedText& event : events) matched += rule_set->match(event.view(), scratch)->size();
  };
  match_all();
  const std::size_t before = allocations.load();
  match_all();
  EXPECT_EQ(allocations.load(), before);
  EXPECT_GT(matched, 0U);
#ifdef EVENTBUS_COUNTS_ALLOCATIONS
  EXPECT_GT(before, 0U) << "operator new is not counted";
#endif
}

}  // namespace
}  // namespace eventbus::rules
