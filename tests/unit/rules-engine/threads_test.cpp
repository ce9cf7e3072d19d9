// Readers match while rules change; meant for the thread sanitizer.
#include "base/published.h"
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_index.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/tools/vector_file.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
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

// One thread changes an index and publishes its rule set after each change, one merges its segments, three match.
TEST(Threads, MatchWhileAnIndexChangesAndMerges) {
  constexpr RuleId kStart = 600;  // more than one segment takes
  constexpr RuleId kAdded = 400;
  const auto pattern = [](RuleId id) { return "{\"n\":[" + std::to_string(id) + "]}"; };
  RuleIndex index;
  std::vector<RuleIndex::Rule> rules;
  for (RuleId id = 0; id < kStart; ++id) rules.push_back({id, pattern(id)});
  ASSERT_TRUE(index.put_all(rules));

  std::mutex mutex;  // of `index`
  Published<RuleSet> published(index.rule_set());
  std::atomic<RuleId> added{
      kStart};  // at least so many are published; of the first kStart every other one comes and goes
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::atomic<int> merges{0};
  const auto read = [&] {
    MatchScratch scratch;
    while (!done.load()) {
      const RuleId newest = added.load() - 1;
      const auto rule_set = published.load();
      const PaddedText event("{\"n\":[1," + std::to_string(newest) + ",1000000]}");
      const auto matched = rule_set->match(event.view(), scratch);
      if (!matched || matched->size() != 2 || matched->front() != 1 || matched->back() != newest) ++wrong;
    }
  };
  const auto merge = [&] {
    while (!done.load()) {
      std::unique_lock lock(mutex);
      const auto due = index.next_merge(merges.load() % 2 == 1);
      lock.unlock();
      if (!due) {
        std::this_thread::yield();
        continue;
      }
      due->run();
      lock.lock();
      if (!index.adopt(*due)) continue;
      published.store(index.rule_set());
      ++merges;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(read);
  threads.emplace_back(merge);
  for (RuleId id = kStart; id < kStart + kAdded; ++id) {
    const int merges_before = merges.load();
    {
      std::lock_guard lock(mutex);
      const RuleId flickering = id % kStart / 2 * 2;
      if (!index.remove(flickering)) EXPECT_TRUE(index.put(flickering, pattern(flickering)));
      EXPECT_TRUE(index.put(id, pattern(id)));
      published.store(index.rule_set());
      added = id + 1;
    }
    // Locks are not fair: now and then the others are let in, and a merge that is due gets the time it needs.
    for (int turn = 0; id % 40 == 0 && turn < 200 && merges.load() == merges_before; ++turn) std::this_thread::yield();
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace eventbus::rules
