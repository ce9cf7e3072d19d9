#include "base/result.h"

#include <gtest/gtest.h>

#include <string>

namespace eventbus {
namespace {

Result<int> parse_digit(char c) {
  if (c < '0' || c > '9') return invalid("not a digit");
  return c - '0';
}

Result<int> sum(char a, char b) {
  TRY(const int left, parse_digit(a));
  TRY(const int right, parse_digit(b));
  return left + right;
}

Result<void> check(char c) {
  TRY_VOID(parse_digit(c));
  return {};
}

struct WireError {
  explicit WireError(Error error) : text("wire: " + error.message) {}
  std::string text;
};

Result<std::string, WireError> on_the_wire(char c) {
  TRY(const int digit, parse_digit(c));
  return std::to_string(digit);
}

TEST(Result, TryPassesValuesOnAndReturnsTheFirstError) {
  EXPECT_EQ(*sum('2', '3'), 5);
  EXPECT_EQ(sum('2', 'x').error(), invalid("not a digit"));
  EXPECT_TRUE(check('1'));
  EXPECT_FALSE(check('x'));
}

TEST(Result, TryConvertsToTheErrorTypeOfTheCaller) {
  EXPECT_EQ(*on_the_wire('7'), "7");
  EXPECT_EQ(on_the_wire('x').error().text, "wire: not a digit");
}

}  // namespace
}  // namespace eventbus
