#include "base/persistent_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace eventbus {
namespace {

using Map = PersistentMap<std::string, int>;
using Reference = std::map<std::string, int, std::less<>>;

void expect_equal(const Map& map, const Reference& reference) {
  ASSERT_EQ(map.size(), reference.size());
  ASSERT_EQ(map.empty(), reference.empty());
  auto expected = reference.begin();
  for (const auto& [key, value] : map) {
    ASSERT_EQ(key, expected->first);
    ASSERT_EQ(value, expected->second);
    ++expected;
  }
  ASSERT_EQ(expected, reference.end());
}

TEST(PersistentMap, IsEmptyAtFirst) {
  Map map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.begin(), map.end());
  EXPECT_EQ(map.lower_bound("a"), map.end());
  EXPECT_FALSE(map.contains("a"));
  EXPECT_FALSE(map.erase("a"));
}

TEST(PersistentMap, DoesWhatAnOrderedMapDoes) {
  std::mt19937 random(5);
  Map map;
  Reference reference;
  for (int phase = 0; phase < 6; ++phase) {
    const bool growing = phase % 2 == 0;
    for (int i = 0; i < 3'000; ++i) {
      const std::string key = std::to_string(random() % 2'000);
      if (random() % 10 < (growing ? 8U : 2U)) {
        map.insert_or_assign(key, i);
        reference.insert_or_assign(key, i);
      } else {
        ASSERT_EQ(map.erase(key), reference.erase(key) == 1);
      }
      const std::string probe = std::to_string(random() % 2'000);
      const auto found = map.find(probe);
      const auto expected = reference.find(probe);
      ASSERT_EQ(found == map.end(), expected == reference.end());
      if (expected != reference.end()) ASSERT_EQ(found->second, expected->second);
      const auto bound = map.lower_bound(probe);
      const auto expected_bound = reference.lower_bound(probe);
      ASSERT_EQ(bound == map.end(), expected_bound == reference.end());
      if (expected_bound != reference.end()) ASSERT_EQ(bound->first, expected_bound->first);
    }
    ASSERT_NO_FATAL_FAILURE(expect_equal(map, reference));
    ASSERT_NO_FATAL_FAILURE(expect_equal(Map(reference), reference));
  }
  while (!reference.empty()) {
    const std::string key = reference.rbegin()->first;
    reference.erase(key);
    ASSERT_TRUE(map.erase(key));
  }
  ASSERT_NO_FATAL_FAILURE(expect_equal(map, reference));
}

TEST(PersistentMap, LeavesCopiesAsTheyWere) {
  Map map;
  for (int i = 0; i < 1'000; ++i) map.insert_or_assign(std::to_string(i), i);
  const Map copy = map;
  map.insert_or_assign("500", -1);
  map.insert_or_assign("new", 0);
  map.erase("1");
  EXPECT_EQ(copy.size(), 1'000U);
  EXPECT_EQ(copy.find("500")->second, 500);
  EXPECT_TRUE(copy.contains("1"));
  EXPECT_FALSE(copy.contains("new"));
  EXPECT_EQ(map.find("500")->second, -1);
}

// A snapshot of 100,000 entries that differs in one shares all but a chunk.
TEST(PersistentMap, SharesWhatDidNotChange) {
  PersistentMap<int, std::shared_ptr<int>> map;
  for (int i = 0; i < 2'000; ++i) map.insert_or_assign(i, std::make_shared<int>(i));
  const auto copy = map;
  map.insert_or_assign(1'000, nullptr);
  long copied = 0;
  for (const auto& [key, value] : copy) copied += value.use_count() - 1;
  EXPECT_GT(copied, 0);
  EXPECT_LE(copied, 128);
}

}  // namespace
}  // namespace eventbus
