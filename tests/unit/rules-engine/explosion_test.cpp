// Nothing explodes: sets made to be hard take work and memory in proportion to their size, counted in allocations and
// never in time; and a single pattern is bounded, or refused.
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/wildcard_complexity.h"
#include "tests/unit/rules-engine/adversarial_patterns.h"
#include "tests/unit/rules-engine/counted_allocations.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace eventbus::rules {
namespace {

constexpr const char* kTooComplex =
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard "
    "character";

std::string reason(const std::string& pattern) {
  const auto parsed = parse_event_pattern(pattern);
  return parsed ? "valid" : parsed.error().message;
}

struct Cost {
  double calls = 0;   // of operator new
  double bytes = 0;   // ever asked for
  double memory = 0;  // of the rule set when it is done
};

Cost cost_of(const std::vector<std::string>& patterns) {
  const CountedAllocations before = CountedAllocations::now();
  std::shared_ptr<const RuleSet> rule_set;
  {
    std::vector<RuleInput> rules;
    for (const std::string& text : patterns) {
      auto pattern = parse_event_pattern(text);
      EXPECT_TRUE(pattern) << text << ": " << pattern.error().message;
      rules.push_back({static_cast<RuleId>(rules.size()), *pattern});
    }
    rule_set = RuleSet::compile(rules);
  }
  const CountedAllocations after = CountedAllocations::now();
  return {static_cast<double>(after.calls - before.calls), static_cast<double>(after.bytes - before.bytes),
          static_cast<double>(after.live) - static_cast<double>(before.live)};
}

TEST(Explosion, SetsCostInProportionToTheirSize) {
  constexpr std::size_t kSmall = 100;
  constexpr std::size_t kTimes = 16;
  // Tables double when they are full, so one step of twice is allowed on the way; quadratic would be 16 times more.
  constexpr double kSlack = 2.2;
  for (const AdversarialFamily& family : kAdversarialFamilies) {
    SCOPED_TRACE(family.name);
    const Cost small = cost_of(family.make(kSmall));
    const Cost large = cost_of(family.make(kSmall * kTimes));
    EXPECT_LE(large.calls, small.calls * kTimes * kSlack);
    EXPECT_LE(large.bytes, small.bytes * kTimes * kSlack);
    EXPECT_LE(large.memory, small.memory * kTimes * kSlack);
  }
}

TEST(Explosion, ARuleIsSmallHoweverHard) {
  if (!CountedAllocations::counting()) GTEST_SKIP() << "allocations are not counted in this build";
  for (const AdversarialFamily& family : kAdversarialFamilies) {
    SCOPED_TRACE(family.name);
    const std::vector<std::string> patterns = family.make(1'000);
    std::size_t text = 0;
    for (const std::string& pattern : patterns) text += pattern.size();
    EXPECT_GT(cost_of(patterns).memory, 0);
    EXPECT_LE(cost_of(patterns).memory, 60.0 * static_cast<double>(text)) << "bytes for a byte of pattern";
  }
}

// --- one pattern
// -------------------------------------------------------------------------------------------------------

TEST(WildcardComplexity, CountsStarsAndWhatOverlapsItselfBehindThem) {
  EXPECT_EQ(wildcard_complexity(""), 0U);
  EXPECT_EQ(wildcard_complexity("plain"), 1U);
  EXPECT_EQ(wildcard_complexity("*"), 1U);
  EXPECT_EQ(wildcard_complexity("img/*"), 2U);
  EXPECT_EQ(wildcard_complexity("img/*.png"), 3U);
  EXPECT_EQ(wildcard_complexity("*a*aa*"), 6U);
  EXPECT_EQ(wildcard_complexity("*abab"), 3U);
  EXPECT_EQ(wildcard_complexity("*aabaaab"), 4U);
  EXPECT_EQ(wildcard_complexity("aaaa*"), 2U) << "before the first star there is one place only";
  EXPECT_EQ(wildcard_complexity(R"(*\*\*\*)"), 4U) << "literal stars are characters";
}

TEST(WildcardComplexity, IsTheMostBeginningsOfAPieceThatEndAtOneByte) {
  for (std::uint32_t bits = 2; bits < 1U << 9; ++bits) {  // every word of up to eight letters of two
    std::string piece;
    for (std::uint32_t rest = bits; rest > 1; rest >>= 1) piece += (rest & 1) != 0 ? 'b' : 'a';
    std::size_t most = 0;
    for (std::size_t end = 1; end <= piece.size(); ++end) {
      std::size_t beginnings = 0;
      const std::string read = piece.substr(0, end);
      for (std::size_t size = 1; size <= end; ++size) beginnings += read.ends_with(piece.substr(0, size)) ? 1 : 0;
      most = std::max(most, beginnings);
    }
    EXPECT_EQ(wildcard_complexity("*" + piece), 1 + most) << piece;
  }
}

TEST(WildcardComplexity, IsBoundedForAField) {
  EXPECT_EQ(reason(wildcard_pattern(repeated("*a", 256))), "valid");
  EXPECT_EQ(reason(wildcard_pattern(repeated("*a", 256) + "*")), kTooComplex);
  EXPECT_EQ(reason(wildcard_pattern("*" + repeated("a", 511))), "valid");
  EXPECT_EQ(reason(wildcard_pattern("*" + repeated("a", 512))), kTooComplex);
  EXPECT_EQ(reason(wildcard_pattern(repeated("a", 5'000) + "*")), "valid") << "nothing repeats behind a star";
}

TEST(WildcardComplexity, CountsAlternativesExclusionsAndOrBranchesOfOneField) {
  const std::string half = "\"" + repeated("*a", 128) + "\"";
  const std::string more = "\"" + repeated("*a", 128) + "*\"";
  const std::string wildcard = R"({"wildcard":)";
  const std::string but = R"({"anything-but":{"wildcard":[)";
  EXPECT_EQ(reason(R"({"a":[)" + wildcard + half + "}," + wildcard + half + "}]}"), "valid");
  EXPECT_EQ(reason(R"({"a":[)" + wildcard + half + "}," + wildcard + more + "}]}"), kTooComplex);
  EXPECT_EQ(reason(R"({"a":[)" + but + half + "," + half + "]}}]}"), "valid");
  EXPECT_EQ(reason(R"({"a":[)" + but + half + "," + more + "]}}]}"), kTooComplex);
  EXPECT_EQ(reason(R"({"$or":[{"a":[)" + wildcard + half + R"(}]},{"a":[)" + wildcard + more + "}]}]}"), kTooComplex);
  EXPECT_EQ(reason(R"({"a":[)" + wildcard + half + R"(}],"b":[)" + wildcard + more + "}]}"), "valid")
      << "each field has its own";
  EXPECT_EQ(reason(R"({"a":[)" + wildcard + more + R"(}],"a":[)" + wildcard + half + "}]}"), "valid")
      << "what a later one replaces does not count";
}

TEST(WildcardComplexity, IsLinearInThePattern) {
  const auto bytes_of = [](std::size_t length) {
    const std::string pattern = wildcard_pattern("*" + repeated("ab", length / 2) + "*");
    const CountedAllocations before = CountedAllocations::now();
    EXPECT_EQ(reason(pattern), kTooComplex);
    return CountedAllocations::now().bytes - before.bytes;
  };
  EXPECT_LE(bytes_of(160'000), bytes_of(10'000) * 40);
}

// The hardest single patterns that are accepted.
TEST(Explosion, AcceptedPatternsAreBounded) {
  if (!CountedAllocations::counting()) GTEST_SKIP() << "allocations are not counted in this build";
  // 972 branches, and 200 fields in each: $or at its worst.
  std::string product = or_product(5, 3);
  product.back() = ',';
  product += R"("$or":[{"g":[0]},{"g":[1]},{"g":[2]},{"g":[3]}])";
  for (int i = 0; i < 200; ++i) product += R"(,"x)" + std::to_string(i) + R"(":[1])";
  const Cost branches = cost_of({product + "}"});
  EXPECT_LE(branches.memory, 4e6);
  EXPECT_LE(branches.bytes, 40e6);
  const Cost stars = cost_of({wildcard_pattern(repeated("*a", 256))});
  EXPECT_LE(stars.memory, 100e3);
}

TEST(Explosion, RefusedPatternsAreRefusedCheaply) {
  if (!CountedAllocations::counting()) GTEST_SKIP() << "allocations are not counted in this build";
  const auto bytes_of = [](const std::string& pattern, const std::string& why) {
    const CountedAllocations before = CountedAllocations::now();
    EXPECT_EQ(reason(pattern), why);
    return static_cast<double>(CountedAllocations::now().bytes - before.bytes);
  };
  constexpr const char* kTooMany = "Or operator is producing over 1000 rule combinations";
  EXPECT_LE(bytes_of(or_product(12, 2), kTooMany), 2e6);
  EXPECT_LE(bytes_of(or_product(300, 10), kTooMany), 20e6) << "10 to the power of 300";
  std::string wide = or_product(6, 3);
  wide.back() = ',';
  for (int i = 0; i < 20'000; ++i) wide += R"("x)" + std::to_string(i) + R"(":[1],)";
  wide.back() = '}';
  EXPECT_LE(bytes_of(wide, "Too many fields in the pattern: at most 256 are allowed"), 40e6);
}

}  // namespace
}  // namespace eventbus::rules
