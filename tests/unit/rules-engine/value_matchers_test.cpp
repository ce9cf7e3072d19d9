#include "rules-engine/value_matchers.h"

#include "rules-engine/interval_index.h"
#include "rules-engine/number.h"
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/tools/vector_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
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

TEST(Wildcards, FindsExactlyTheWildcardsThatMatch) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::pair<std::string, RuleId>> wildcards;
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
      wildcards.emplace_back(std::move(text), static_cast<RuleId>(wildcards.size()));
    }
    // Grouped by their first or last pieces, as a rule set does.
    std::vector<RuleInput> rules;
    for (const auto& [text, id] : wildcards) {
      std::string pattern = R"({"a":[{"wildcard":")";
      for (char c : text) pattern += c == '\\' ? "\\\\" : std::string(1, c);
      rules.push_back({id, *parse_event_pattern(pattern + "\"}]}")});
    }
    const auto rule_set = RuleSet::compile(rules);
    MatchScratch scratch;
    for (int i = 0; i < 30; ++i) {
      std::string value;
      for (std::size_t left = random() % 10; left > 0; --left) value += "aabb*"[random() % 5];
      std::vector<RuleId> expected;
      for (const auto& [text, id] : wildcards) {
        if (wildcard_means(text, value)) expected.push_back(id);
      }
      const PaddedText event(R"({"a":")" + value + "\"}");
      const auto matched = rule_set->match(event.view(), scratch);
      ASSERT_TRUE(matched);
      EXPECT_THAT(*matched, testing::ElementsAreArray(expected)) << value;
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

// The definition, by way of strings: the number's digits and exponent are those of the shortest form of its nearest
// double.
std::optional<double> comparable_by_definition(const std::string& text) {
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) return std::nullopt;
  const auto canonical = [](std::string number) {
    std::string digits;
    int exponent = 0;
    int point = -1;
    const std::size_t mark = number.find('e');
    if (mark != std::string::npos) exponent = std::stoi(number.substr(mark + 1));
    for (char c : number.substr(0, mark)) {
      if (c == '.') point = static_cast<int>(digits.size());
      if (c >= '0' && c <= '9') digits += c;
    }
    if (point >= 0) exponent -= static_cast<int>(digits.size()) - point;
    while (!digits.empty() && digits.back() == '0') digits.pop_back(), ++exponent;
    digits.erase(0, digits.find_first_not_of('0'));
    return digits.empty() ? "0" : digits + 'e' + std::to_string(exponent);
  };
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  if (canonical({buffer.data(), end.ptr}) != canonical(text)) return std::nullopt;
  return value;
}

TEST(ComparableNumber, AgreesWithItsDefinitionWhateverTheDigits) {
  std::mt19937_64 random(4);
  std::size_t comparable = 0;
  std::size_t others = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text;
    if (round % 3 == 0) {  // as a printer of doubles writes them, the last digit perhaps off by one or two
      const double value = std::ldexp(static_cast<double>(random() % (1ULL << 53)), -static_cast<int>(random() % 90));
      std::array<char, 400> buffer;
      const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
      text.assign(buffer.data(), end.ptr);
      if (random() % 2 == 0)
        text.back() = static_cast<char>('0' + (static_cast<unsigned char>(text.back() - '0') + random() % 3) % 10);
    } else {
      const std::size_t size = 1 + random() % 19;
      for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('0' + random() % 10);
      if (random() % 4 == 0) text.append(random() % 8, '0');
      const std::size_t point = random() % (text.size() + 1);
      if (point < text.size()) text.insert(point, point == 0 ? "0." : ".");
      const std::size_t zeros = std::min(text.find_first_not_of('0'), text.size() - 1);
      if (text[zeros] != '.') text.erase(0, zeros);
      if (text.starts_with('.')) text.insert(0, "0");
      if (random() % 8 == 0) text += "e-" + std::to_string(random() % 30);
    }
    if (random() % 2 == 0) text.insert(0, "-");
    const auto expected = comparable_by_definition(text);
    EXPECT_EQ(comparable_number(text), expected) << text;
    ++(expected ? comparable : others);
  }
  EXPECT_GT(comparable, 10'000U);
  EXPECT_GT(others, 10'000U);
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
