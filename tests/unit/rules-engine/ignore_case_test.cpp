#include "rules-engine/ignore_case.h"

#include "rules-engine/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace eventbus::rules {
namespace {

std::string utf8(std::uint32_t code_point) {
  std::string out;
  append_utf8(out, code_point);
  return out;
}

TEST(IgnoreCase, FormsNeverBeginOrEndEachOtherSoNoChoiceIsUndone) {
  for (std::uint32_t unit = 0; unit < 0x10000; ++unit) {
    if (unit >= 0xD800 && unit < 0xE000) continue;
    const CaseForms forms = case_forms(static_cast<char16_t>(unit));
    if (forms.lower == forms.upper) continue;
    for (const auto& [longer, shorter] : {std::pair{forms.lower, forms.upper}, std::pair{forms.upper, forms.lower}}) {
      EXPECT_FALSE(longer.starts_with(shorter)) << std::hex << unit;
      EXPECT_FALSE(longer.ends_with(shorter)) << std::hex << unit;
    }
  }
}

TEST(IgnoreCase, KnowsTheFormsOfUnicode) {
  const auto forms = [](char16_t unit) {
    const CaseForms both = case_forms(unit);
    return both.lower + "|" + both.upper;
  };
  EXPECT_EQ(forms(u'a'), "a|A");
  EXPECT_EQ(forms(u'Z'), "z|Z");
  EXPECT_EQ(forms(u'1'), "1|1");
  EXPECT_EQ(forms(u'ß'), "ß|SS");
  EXPECT_EQ(forms(u'İ'), "i\u0307|İ");
  EXPECT_EQ(forms(u'ŉ'), "ŉ|ʼN");
  EXPECT_EQ(forms(u'ǅ'), "ǆ|Ǆ");
  EXPECT_EQ(forms(u'ς'), "ς|Σ");
  EXPECT_EQ(forms(u'Σ'), "σ|Σ");
  EXPECT_EQ(forms(u'ⱥ'), "ⱥ|Ⱥ");
  EXPECT_EQ(forms(u'ΐ'), "ΐ|" + utf8(0x399) + utf8(0x308) + utf8(0x301));
  EXPECT_EQ(forms(u'\u212A'), "k|\u212A");
  EXPECT_EQ(forms(u'日'), "日|日");
}

// Runs of pairs are stored interleaved; a wrong look-up would show in letters whose neighbours have case.
TEST(IgnoreCase, MapsPairsBothWays) {
  for (std::uint32_t unit = 0; unit < 0x10000; ++unit) {
    if (unit >= 0xD800 && unit < 0xE000) continue;
    const CaseForms forms = case_forms(static_cast<char16_t>(unit));
    std::size_t at = 0;
    const std::uint32_t lower = decode_utf8(forms.lower, at);
    if (at != forms.lower.size() || lower == unit || lower >= 0x10000) continue;
    // An upper-case letter: its lower-case form has itself as lower-case form.
    EXPECT_EQ(case_forms(static_cast<char16_t>(lower)).lower, forms.lower) << std::hex << unit;
  }
}

}  // namespace
}  // namespace eventbus::rules
