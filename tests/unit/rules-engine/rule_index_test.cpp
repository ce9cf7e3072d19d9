#include "rules-engine/rule_index.h"

#include "rules-engine/tools/vector_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace eventbus::rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string equals(const std::string& text) { return R"({"x":[")" + text + R"("]})"; }
std::string prefix(const std::string& text) { return R"({"x":[{"prefix":")" + text + R"("}]})"; }

class IndexOfRules : public ::testing::Test {
 protected:
  static std::vector<RuleId> matches(const RuleSet& rules, const std::string& value) {
    const PaddedText event(R"({"x":")" + value + R"("})");
    MatchScratch scratch;
    const auto checked = rules.match(event.view(), scratch);
    EXPECT_TRUE(checked);
    const std::vector<RuleId> found(checked->begin(), checked->end());
    const auto trusted = rules.match_valid(event.view(), scratch);
    EXPECT_EQ(std::vector<RuleId>(trusted.begin(), trusted.end()), found);
    return found;
  }
  std::vector<RuleId> matches(const std::string& value) const { return matches(*index_.rule_set(), value); }

  void put(RuleId id, const std::string& pattern) { ASSERT_TRUE(index_.put(id, pattern)); }
  // Rules `begin` to `end` match their number; a segment of their own.
  void put_numbers(RuleId begin, RuleId end) {
    std::vector<RuleIndex::Rule> rules;
    for (RuleId id = begin; id < end; ++id) rules.push_back({id, equals(std::to_string(id))});
    ASSERT_TRUE(index_.put_all(rules));
  }
  void merge_what_is_due() {
    while (const auto merge = index_.next_merge()) {
      merge->run();
      ASSERT_TRUE(index_.adopt(*merge));
    }
  }

  RuleIndex index_;
};

TEST_F(IndexOfRules, MatchesNothingWhenEmpty) {
  EXPECT_THAT(matches("a"), IsEmpty());
  EXPECT_EQ(index_.size(), 0U);
  EXPECT_FALSE(index_.next_merge());
  EXPECT_FALSE(index_.next_merge(true));
  EXPECT_FALSE(index_.remove(0));
}

TEST_F(IndexOfRules, AddsReplacesAndRemoves) {
  put(4, equals("a"));
  put(2, prefix("a"));
  EXPECT_THAT(matches("a"), ElementsAre(2, 4));
  put(4, equals("b"));
  EXPECT_THAT(matches("a"), ElementsAre(2));
  EXPECT_THAT(matches("b"), ElementsAre(4));
  EXPECT_TRUE(index_.remove(2));
  EXPECT_FALSE(index_.remove(2));
  EXPECT_THAT(matches("a"), IsEmpty());
  EXPECT_EQ(index_.size(), 1U);
  EXPECT_TRUE(index_.contains(4));
  EXPECT_FALSE(index_.contains(2));
}

TEST_F(IndexOfRules, RefusesAnInvalidPatternAndKeepsTheRuleThatWasThere) {
  put(1, equals("a"));
  const auto put = index_.put(1, R"({"x":[]})");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(put.error().message.starts_with("Empty arrays are not allowed"));
  EXPECT_FALSE(index_.put_all({{1, equals("b")}, {2, "{}"}}));
  EXPECT_THAT(matches("a"), ElementsAre(1));
  EXPECT_EQ(index_.size(), 1U);
}

TEST_F(IndexOfRules, TakesTheLastOfOneIdWhenManyArePut) {
  put(7, equals("old"));
  ASSERT_TRUE(index_.put_all({{9, equals("a")}, {7, equals("b")}, {9, equals("c")}, {1, equals("c")}}));
  EXPECT_EQ(index_.size(), 3U);
  EXPECT_THAT(matches("old"), IsEmpty());
  EXPECT_THAT(matches("a"), IsEmpty());
  EXPECT_THAT(matches("b"), ElementsAre(7));
  EXPECT_THAT(matches("c"), ElementsAre(1, 9));
}

TEST_F(IndexOfRules, KeepsOldRuleSetsAndCopiesAsTheyWere) {
  put_numbers(0, 2'000);
  const RuleIndex copy = index_;
  const auto before = index_.rule_set();
  put(0, equals("new"));
  index_.remove(1);
  EXPECT_THAT(matches(*before, "0"), ElementsAre(0));
  EXPECT_THAT(matches(*before, "1"), ElementsAre(1));
  EXPECT_THAT(matches(*copy.rule_set(), "1"), ElementsAre(1));
  EXPECT_EQ(copy.size(), 2'000U);
  EXPECT_THAT(matches("0"), IsEmpty());
  EXPECT_THAT(matches("1"), IsEmpty());
  EXPECT_THAT(matches("new"), ElementsAre(0));
  EXPECT_EQ(index_.rule_set()->rule_count(), 1'999U);
}

TEST_F(IndexOfRules, KeepsASmallSetInOneSegment) {
  for (RuleId id = 0; id < 500; ++id) put(id, equals(std::to_string(id)));
  for (RuleId id = 0; id < 200; ++id) put(id, equals("b"));
  EXPECT_EQ(index_.segment_count(), 1U);
  EXPECT_FALSE(index_.next_merge());
}

TEST_F(IndexOfRules, RefusesAnEventThatIsNotJson) {
  put_numbers(0, 600);
  put(0, equals("a"));
  ASSERT_EQ(index_.segment_count(), 2U);
  MatchScratch scratch;
  EXPECT_FALSE(index_.rule_set()->match(PaddedText("[1]").view(), scratch));
}

// --- merging
// -----------------------------------------------------------------------------------------------------------

TEST_F(IndexOfRules, MergesWhenEnoughIsNew) {
  put_numbers(0, 3'200);
  put_numbers(3'200, 3'399);
  EXPECT_FALSE(index_.next_merge()) << "less than a sixteenth is not worth it";
  put_numbers(3'399, 3'440);
  const auto merge = index_.next_merge();
  ASSERT_TRUE(merge);
  EXPECT_EQ(merge->rule_count(), 3'440U);
  EXPECT_TRUE(index_.adopt(*merge));
  EXPECT_EQ(index_.segment_count(), 1U);
  EXPECT_FALSE(index_.next_merge());
  EXPECT_THAT(matches("3199"), ElementsAre(3'199));
  EXPECT_THAT(matches("3439"), ElementsAre(3'439));
}

TEST_F(IndexOfRules, MergesASegmentOfWhichMostIsGone) {
  put_numbers(0, 1'000);
  for (RuleId id = 0; id < 500; ++id) index_.remove(id);
  EXPECT_FALSE(index_.next_merge());
  index_.remove(500);
  const auto merge = index_.next_merge();
  ASSERT_TRUE(merge);
  EXPECT_EQ(merge->rule_count(), 499U);
  EXPECT_TRUE(index_.adopt(*merge));
  EXPECT_EQ(index_.size(), 499U);
  EXPECT_THAT(matches("500"), IsEmpty());
  EXPECT_THAT(matches("501"), ElementsAre(501));
}

TEST_F(IndexOfRules, MergesAllOnRequest) {
  put_numbers(0, 5'000);
  put(5'000, equals("a"));
  index_.remove(0);
  EXPECT_FALSE(index_.next_merge());
  const auto merge = index_.next_merge(true);
  ASSERT_TRUE(merge);
  EXPECT_TRUE(index_.adopt(*merge));
  EXPECT_EQ(index_.segment_count(), 1U);
  EXPECT_EQ(index_.size(), 5'000U);
  EXPECT_FALSE(index_.next_merge(true));
  EXPECT_THAT(matches("a"), ElementsAre(5'000));
  EXPECT_THAT(matches("0"), IsEmpty());
}

TEST_F(IndexOfRules, KeepsWhatChangedWhileAMergeRan) {
  put_numbers(0, 1'000);
  put_numbers(1'000, 1'100);
  index_.remove(3);
  const auto merge = index_.next_merge();
  ASSERT_TRUE(merge);
  index_.remove(4);
  index_.remove(1'004);
  put(5, equals("new"));
  put(1'005, equals("new"));
  put(3, equals("again"));
  merge->run();
  ASSERT_TRUE(index_.adopt(*merge));
  EXPECT_EQ(index_.segment_count(), 2U);
  EXPECT_EQ(index_.size(), 1'098U);
  for (const char* gone : {"3", "4", "5", "1004", "1005"}) EXPECT_THAT(matches(gone), IsEmpty()) << gone;
  EXPECT_THAT(matches("new"), ElementsAre(5, 1'005));
  EXPECT_THAT(matches("again"), ElementsAre(3));
  EXPECT_THAT(matches("6"), ElementsAre(6));
  EXPECT_THAT(matches("1006"), ElementsAre(1'006));
}

TEST_F(IndexOfRules, RefusesAMergeWhoseSegmentsAreGone) {
  put_numbers(0, 1'000);
  put_numbers(1'000, 1'100);
  const auto first = index_.next_merge();
  const auto second = index_.next_merge();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(index_.adopt(*first));
  index_.remove(7);
  EXPECT_FALSE(index_.adopt(*second));
  EXPECT_THAT(matches("7"), IsEmpty());
  EXPECT_EQ(index_.size(), 1'099U);
}

TEST_F(IndexOfRules, AdoptsAMergeOnAChangedCopy) {
  put_numbers(0, 1'000);
  put_numbers(1'000, 1'100);
  const auto merge = index_.next_merge();
  RuleIndex next = index_;
  next.remove(2);
  EXPECT_TRUE(index_.adopt(*merge));
  EXPECT_TRUE(next.adopt(*merge));
  EXPECT_THAT(matches("2"), ElementsAre(2));
  EXPECT_THAT(matches(*next.rule_set(), "2"), IsEmpty());
}

TEST_F(IndexOfRules, StaysFewSegmentsWhileItGrows) {
  put_numbers(0, 600);
  std::size_t most = 0;
  std::size_t rewritten = 0;
  constexpr RuleId kRules = 20'000;
  for (RuleId id = 600; id < kRules; ++id) {
    put(id, equals(std::to_string(id)));
    while (const auto merge = index_.next_merge()) {
      rewritten += merge->rule_count();
      ASSERT_TRUE(index_.adopt(*merge));
    }
    most = std::max(most, index_.segment_count());
  }
  EXPECT_LE(most, 4U);
  EXPECT_LT(rewritten, 40U * kRules) << "rules compiled again for each rule added";
  EXPECT_EQ(index_.size(), kRules);
  EXPECT_THAT(matches("19999"), ElementsAre(19'999));
  EXPECT_THAT(matches("0"), ElementsAre(0));
}

TEST_F(IndexOfRules, StaysFewSegmentsWhenNobodyMerges) {
  put_numbers(0, 600);
  for (RuleId id = 600; id < 6'000; ++id) {
    put(id, equals(std::to_string(id)));
    ASSERT_LE(index_.segment_count(), 16U);
  }
  EXPECT_EQ(index_.size(), 6'000U);
  EXPECT_THAT(matches("600"), ElementsAre(600));
  merge_what_is_due();
  EXPECT_LE(index_.segment_count(), 3U);
  EXPECT_THAT(matches("600"), ElementsAre(600));
}

// A level that was struck may come to be the last and open.
TEST_F(IndexOfRules, DoesNotBringStruckRulesBack) {
  put_numbers(0, 10);
  put_numbers(10, 20);
  index_.remove(3);
  for (RuleId id = 10; id < 20; ++id) index_.remove(id);
  ASSERT_EQ(index_.segment_count(), 1U);
  put(30, equals("a"));
  EXPECT_THAT(matches("3"), IsEmpty());
  EXPECT_EQ(index_.size(), 10U);
  index_.remove(4);
  EXPECT_EQ(index_.size(), 9U);
  EXPECT_THAT(matches("3"), IsEmpty());
}

TEST_F(IndexOfRules, KeepsNothingWhenAllRulesAreRemoved) {
  put_numbers(0, 5'000);
  put_numbers(5'000, 5'100);
  for (RuleId id = 0; id < 5'100; ++id) ASSERT_TRUE(index_.remove(id));
  EXPECT_EQ(index_.segment_count(), 0U);
  EXPECT_THAT(matches("0"), IsEmpty());
}

}  // namespace
}  // namespace eventbus::rules
