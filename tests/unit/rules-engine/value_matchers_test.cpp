#include "rules-engine/value_matchers.h"

#include "rules-engine/number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace eventbus::rules {
namespace {

std::string random_text(std::mt19937_64& random, std::size_t size_max) {
  std::string out;
  for (std::size_t left = random() % (size_max + 1); left > 0; --left) out += "ab\0\xFF"[random() % 4];
  return out;
}

TEST(AffixIndex, FindsExactlyTheTextsThatBeginOrEndTheValue) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::pair<std::string, AtomId>> texts;
    while (texts.size() < 1 + static_cast<std::size_t>(round) % 40) {
      std::string text = random_text(random, round % 2 == 0 ? 5 : 20);
      const bool known = std::ranges::any_of(texts, [&](const auto& other) { return other.first == text; });
      if (known && round % 2 != 0) continue;
      if (known) break;
      texts.emplace_back(std::move(text), static_cast<AtomId>(texts.size()));
    }
    const AffixIndex front(AffixIndex::End::kFront, texts);
    const AffixIndex back(AffixIndex::End::kBack, texts);
    for (int i = 0; i < 50; ++i) {
      const std::string value =
          i % 2 == 0 ? random_text(random, 24) : texts[random() % texts.size()].first + random_text(random, 3);
      Hits expected_front;
      Hits expected_back;
      for (const auto& [text, atom] : texts) {
        if (value.starts_with(text)) expected_front.push_back(atom);
        if (value.ends_with(text)) expected_back.push_back(atom);
      }
      Hits hits;
      front.find(value, hits);
      EXPECT_THAT(hits, testing::UnorderedElementsAreArray(expected_front));
      hits.clear();
      back.find(value, hits);
      EXPECT_THAT(hits, testing::UnorderedElementsAreArray(expected_back));
    }
  }
}

TEST(IntervalIndex, FindsExactlyTheIntervalsAroundThePoint) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 200; ++round) {
    std::vector<IntervalIndex<double>::Interval> intervals;
    for (AtomId atom = 0; atom < static_cast<AtomId>(round % 30); ++atom) {
      const auto bottom = static_cast<double>(random() % 20);
      intervals.push_back({bottom, bottom + static_cast<double>(random() % 6) - 1, atom});
    }
    const IntervalIndex<double> index(intervals);
    for (double point = -1; point < 27; point += 0.5) {
      Hits expected;
      for (const auto& interval : intervals) {
        if (interval.bottom <= point && point <= interval.top) expected.push_back(interval.atom);
      }
      Hits hits;
      index.find(point, hits);
      EXPECT_THAT(hits, testing::UnorderedElementsAreArray(expected));
    }
  }
}

// The plainest possible meaning of a wildcard, by recursion.
bool wildcard_means(std::string_view pattern, std::string_view value) {
  if (pattern.empty()) return value.empty();
  if (pattern[0] == '*') {
    return wildcard_means(pattern.substr(1), value) || (!value.empty() && wildcard_means(pattern, value.substr(1)));
  }
  if (pattern[0] == '\\') pattern.remove_prefix(1);
  return !value.empty() && value[0] == pattern[0] && wildcard_means(pattern.substr(1), value.substr(1));
}

TEST(WildcardIndex, FindsExactlyTheWildcardsThatMatch) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::pair<std::string, AtomId>> wildcards;
    while (wildcards.size() < 1 + static_cast<std::size_t>(round) % 60) {
      std::string text;
      for (std::size_t left = random() % 8; left > 0; --left) {
        const auto kind = random() % 8;
        if (kind < 3 && !text.ends_with('*')) {
          text += '*';
        } else {
          text += kind == 7 ? "\\*" : kind % 2 == 0 ? "a" : "b";
        }
      }
      wildcards.emplace_back(std::move(text), static_cast<AtomId>(wildcards.size()));
    }
    const WildcardIndex index(wildcards);
    Hits candidates;
    for (int i = 0; i < 30; ++i) {
      std::string value;
      for (std::size_t left = random() % 10; left > 0; --left) value += "aabb*"[random() % 5];
      Hits expected;
      for (const auto& [text, atom] : wildcards) {
        if (wildcard_means(text, value)) expected.push_back(atom);
      }
      Hits hits;
      index.find(value, candidates, hits);
      EXPECT_THAT(hits, testing::UnorderedElementsAreArray(expected)) << value;
    }
  }
}

TEST(ComparableNumber, IsWhatItsShortestFormSays) {
  for (const char* text :
       {"0", "-0", "0.0e999999999999", "1", "300", "3.0e2", "30000e-2", "0.1", "5e-324", "1.7976931348623157e308",
        "9007199254740992", "123456789012345680000", "-122.42916360922355", "2.1177978150482e17"}) {
    EXPECT_TRUE(comparable_number(text)) << text;
  }
  for (const char* text :
       {"9007199254740993", "12345678901234567890", "9223372036854775808", "1e400", "-1e400", "1e-400",
        "0.1000000000000000055511151231257827", "1.0000000000000001", "1e99999999999999999999"}) {
    EXPECT_FALSE(comparable_number(text)) << text;
  }
  EXPECT_EQ(comparable_number("-0.0"), 0.0);
  EXPECT_EQ(comparable_number("300"), comparable_number("30000e-2"));
}

TEST(Address, ReadsWhatJavaReads) {
  const auto same = [](std::string_view left, std::string_view right) {
    return parse_address(left) && parse_address(left) == parse_address(right);
  };
  EXPECT_TRUE(same("010.000.000.001", "10.0.0.1"));
  EXPECT_TRUE(same("::ffff:a00:1", "10.0.0.1"));
  EXPECT_TRUE(same("::1", "0:0:0:0:0:0:0:1"));
  EXPECT_TRUE(same("2001:DB8::", "2001:db8:0:0:0:0:0:0"));
  EXPECT_TRUE(same("02001:db8::00001", "2001:db8::1"));
  for (const char* text : {"", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::", "12345::", "::g", "::ffff:10.0.0.1", "1.2.3", "1.2.3.4.5", "256.1.1.1",
                           "1.2.3.4 ", "1..2.3", "0000000010.0.0.1", "abcd:", "12:30", ":1:2:3:4:5:6:7"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
}

}  // namespace
}  // namespace eventbus::rules
