#include "bus/foreign_text.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

constexpr std::size_t kLots = 1'000;
const std::string kNone = "\xEF\xBF\xBD";

TEST(ForeignText, TextStaysAsItIs) {
  for (const char* text : {"", "plain, with\ttabs\r\n", "na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x98\x80 \xEF\xBF\xBD"})
    EXPECT_EQ(foreign_text(text, kLots), text);
}

TEST(ForeignText, WhatIsNoUtf8IsReplacedByteByByte) {
  EXPECT_EQ(foreign_text("caf\xE9", kLots), "caf" + kNone);
  EXPECT_EQ(foreign_text("a\xFF\xFEz", kLots), "a" + kNone + kNone + "z");
  EXPECT_EQ(foreign_text("\xE2\x82", kLots), kNone + kNone) << "cut off in a character";
  EXPECT_EQ(foreign_text("\xC0\xAF", kLots), kNone + kNone) << "longer than need be";
  EXPECT_EQ(foreign_text("\xED\xA0\x80", kLots), kNone + kNone + kNone) << "a surrogate";
  EXPECT_EQ(foreign_text("\xF4\x90\x80\x80", kLots), kNone + kNone + kNone + kNone) << "beyond Unicode";
}

TEST(ForeignText, CharactersThatNoMessageMayHoldAreReplaced) {
  EXPECT_EQ(foreign_text(std::string_view("a\0b", 3), kLots), "a" + kNone + "b");
  EXPECT_EQ(foreign_text("\x1B[31m", kLots), kNone + "[31m");
  EXPECT_EQ(foreign_text("\xEF\xBF\xBE", kLots), kNone);
}

TEST(ForeignText, IsCutBetweenCharacters) {
  EXPECT_EQ(foreign_text("abcdef", 3), "abc");
  EXPECT_EQ(foreign_text("ab\xE2\x82\xAC", 4), "ab");
  EXPECT_EQ(foreign_text("ab\xE2\x82\xAC", 5), "ab\xE2\x82\xAC");
  EXPECT_EQ(foreign_text("ab\xFF", 4), "ab");
}

}  // namespace
}  // namespace eventbus
