// Which texts `match` takes for events: compared with the reader of the reference matcher, which shares no code with
// the flattener, and with simdjson's DOM. The texts are random events of every kind, as they are and damaged, moved
// through the blocks of 64 bytes in which they are read; and all short texts of the bytes that matter.
//
//   EVENTBUS_RANDOM_CASES=1000000 build/release/bin/unit_rules_engine --gtest_filter='Validity.*'
#include "rules-engine/pattern_parser.h"
#include "rules-engine/reference_matcher.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/tools/vector_file.h"
#include "tests/unit/rules-engine/random_case.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::rules {
namespace {

constexpr std::uint64_t kFixedSeed = 20'261'124;
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t kDefaultCases = 5'000;
constexpr std::size_t kShortTextMax = 3;
#else
constexpr std::size_t kDefaultCases = 40'000;
constexpr std::size_t kShortTextMax = 4;
#endif

std::shared_ptr<const RuleSet> compile(const std::vector<std::string>& patterns) {
  std::vector<RuleInput> rules;
  for (const std::string& pattern : patterns) {
    rules.push_back({static_cast<RuleId>(rules.size()), *parse_event_pattern(pattern)});
  }
  return RuleSet::compile(rules);
}

// A text of what simdjson refuses and we, like EventBridge, take: long or huge numbers, and halves of surrogate pairs.
bool beyond_simdjson(std::string_view text) {
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits >= 17 || ((c == 'e' || c == 'E') && i > 0 && text[i - 1] >= '0' && text[i - 1] <= '9')) return true;
    if (c == 'u' && i + 1 < text.size() && (text[i + 1] | 0x20) == 'd') return true;
  }
  return false;
}

class Validity : public testing::Test {
 protected:
  Validity() {
    // Sets that read nearly nothing of an event, and nearly all of it.
    RandomCase random(3);
    std::vector<std::string> many = {R"({"a":{"a":[1],"b":{"a":[1]}},"t":[{"exists":false}]})"};
    for (int i = 0; i < 60; ++i) {
      many.push_back(random.pattern());
      many.push_back(random.array_pattern());
      many.push_back(random.table_pattern());
    }
    rule_sets_ = {compile({}), compile({R"({"a":{"b":[1]}})"}), compile({R"({"t":{"a":[1],"c":["ab"]}})"}),
                  compile(many)};
    any_ = *parse_event_pattern(R"({"a":[1]})");
  }

  bool expect_agreement(const std::string& text) {
    const bool valid = reference_match(*any_, text).has_value();
    const PaddedText event(text);
    for (const auto& rule_set : rule_sets_) {
      EXPECT_EQ(rule_set->match(event.view(), scratch_).has_value(), valid) << text;
    }
    const simdjson::padded_string padded(text);
    simdjson::dom::element document;
    const bool simdjson_takes = !simdjson_.parse(padded).get(document) && document.is_object();
    if (simdjson_takes) {
      EXPECT_TRUE(valid) << text;
    } else if (valid) {
      EXPECT_TRUE(beyond_simdjson(text)) << text;
    }
    ++cases_;
    valid_ += valid ? 1 : 0;
    return valid;
  }

  std::vector<std::shared_ptr<const RuleSet>> rule_sets_;
  std::shared_ptr<const EventPattern> any_;
  simdjson::dom::parser simdjson_{1 << 20};
  MatchScratch scratch_;
  std::size_t cases_ = 0;
  std::size_t valid_ = 0;
};

constexpr const char* kOddities[] = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    " ",
    "\t",
    "\n",
    "\r",
    "\f",
    "\v",
    "\x01",
    "\x7F",
    "0",
    "1",
    "9",
    "-",
    "+",
    ".",
    "e",
    "E",
    "t",
    "true",
    "false",
    "null",
    "tru",
    "nulll",
    "falſe",
    "NaN",
    "Infinity",
    "00",
    "01",
    "-0",
    "-01",
    "1.",
    ".1",
    "1.e1",
    "1e",
    "1e+",
    "1e+1",
    "1E-05",
    "--1",
    "1.2.3",
    "1e1e1",
    "1e1.5",
    "+1",
    "1-1",
    "0x1",
    "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
    "1e99999",
    "0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001e7",
    "\"\"",
    "\"a\"",
    "\"a\":1",
    "\"a\":",
    ":1",
    "{}",
    "[]",
    "[1]",
    "{\"a\":1}",
    "[1,]",
    "{\"a\":1,}",
    "{\"a\"}",
    "[}",
    "{]",
    "[\"a\":1]",
    "[[[[[[[[[[",
    "]]]]]]]]]]",
    "\\u0000",
    "\\ud800",
    "\\uDC00",
    "\\ud83d\\ude00",
    "\\u12",
    "\\u123g",
    "\\x",
    "\\\\",
    "\\\"",
    "\\/",
    "\\'",
    "/",
    "//",
    "'",
    "é",
    "😀",
    "\xC3",
    "\xA9",
    "\xC0\x80",
    "\xED\xA0\x80",
    "\xF4\x90\x80\x80",
    "\xFF",
    "\xEF\xBB\xBF",
    "\xC2\xA0",
    "\xE2\x80\xA8"};

// A text with some bytes less, more, elsewhere or others.
std::string damaged(std::string text, RandomCase& random) {
  const auto place = [&] { return random.below(static_cast<std::uint32_t>(text.size() + 1)); };
  for (std::uint32_t left = 1 + random.below(2); left > 0; --left) {
    switch (random.below(6)) {
      case 0:
        text.resize(place());
        break;
      case 1:
        text.erase(place(), 1 + random.below(3));
        break;
      case 2: {
        const std::uint32_t from = place();
        text.insert(place(), text.substr(from, random.below(80)));
        break;
      }
      case 3:
        if (!text.empty()) text[place() % text.size()] = static_cast<char>(random.below(256));
        break;
      case 4: {
        const std::uint32_t at = place();
        text.erase(at, 1);
        text.insert(at, kOddities[random.below(std::size(kOddities))]);
        break;
      }
      default:
        text.insert(place(), kOddities[random.below(std::size(kOddities))]);
    }
  }
  return text;
}

std::string random_event(RandomCase& random) {
  std::string text;
  switch (random.below(3)) {
    case 0:
      text = random.event();
      break;
    case 1:
      text = random.array_event();
      break;
    default:
      text = random.table_event();
  }
  // White space before it moves it through the blocks, a long string and a deep value go over several.
  if (random.chance(20))
    text.insert(1, "\"pad\":\"" + std::string(random.below(200), random.chance(50) ? 'x' : ',') + "\",");
  if (random.chance(10)) {
    const std::uint32_t depth = random.below(100);
    text.insert(1, "\"deep\":" + std::string(depth, '[') + std::string(depth, ']') + ",");
    if (depth == 0) text.erase(1, 8);
  }
  return std::string(random.below(70), ' ') + text + std::string(random.below(3), '\n');
}

TEST_F(Validity, OfRandomAndDamagedTextsIsAsOthersJudgeIt) {
  const char* cases_text = std::getenv("EVENTBUS_RANDOM_CASES");
  const char* seed_text = std::getenv("EVENTBUS_RANDOM_SEED");
  const std::size_t cases_max = cases_text != nullptr ? std::strtoull(cases_text, nullptr, 10) : kDefaultCases;
  std::uint64_t seed = cases_text != nullptr ? std::random_device{}() : kFixedSeed;
  if (seed_text != nullptr) seed = std::strtoull(seed_text, nullptr, 10);
  std::cout << "seed " << seed << '\n';
  RandomCase random(seed);
  while (cases_ < cases_max && !HasFailure()) {
    const std::string text = random_event(random);
    EXPECT_TRUE(expect_agreement(text)) << text;
    for (int i = 0; i < 6; ++i) expect_agreement(damaged(text, random));
  }
  // One in seven is as it was; of the others some are still valid.
  EXPECT_GT(valid_, cases_ / 5);
  EXPECT_LT(valid_, cases_ / 2);
}

// Every place in a block, with tokens across its end.
TEST_F(Validity, OfEachOddityIsTheSameWhereverItStandsInABlock) {
  for (const char* before : {"{\"a\":", "{\"b\":[0,", "{\"a\":{\"b\":[{\"c\":0,\"a\":", "{\"b\":\"", "{"}) {
    for (const char* oddity : kOddities) {
      for (const char* after : {"}", ",1]}", "}]}}", "\"}", ":[]}"}) {
        for (std::size_t spaces = 40; spaces < 66; ++spaces) {
          expect_agreement(std::string(spaces, ' ') + before + oddity + after);
          if (HasFailure()) return;
        }
      }
    }
  }
}

// All texts of up to four of the bytes that tokens are made of, as a value and as what follows one.
TEST_F(Validity, OfEveryShortTextIsAsOthersJudgeIt) {
  constexpr const char* kRows = "{\"t\":[{\"a\":1},{\"a\":1},{\"a\":";
  constexpr std::string_view kBytes = "01-+.e\"\\,:{}[] ";
  for (const auto& [before, end] : {std::pair("{\"a\":", "}"), {"{\"a\":[0", "]}"}, {kRows, "}]}"}}) {
    for (std::size_t size = 0; size <= kShortTextMax; ++size) {
      std::size_t count = 1;
      for (std::size_t i = 0; i < size; ++i) count *= kBytes.size();
      for (std::size_t number = 0; number < count; ++number) {
        std::string text = before;
        for (std::size_t i = 0, rest = number; i < size; ++i, rest /= kBytes.size())
          text += kBytes[rest % kBytes.size()];
        expect_agreement(text + end);
        if (HasFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace eventbus::rules
