#include "net/http_date.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace eventbus::net {
namespace {

TEST(HttpDate, ReadsTheExampleOfTheStandardInItsThreeForms) {
  constexpr std::int64_t kExample = 784111777;
  constexpr std::int64_t kThen = 800000000;
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", kThen), kExample);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", kThen), kExample);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", kThen), kExample);
}

TEST(HttpDate, TwoDigitsOfAYearMeanTheNearestOne) {
  constexpr std::int64_t kIn2026 = 1767323045;
  EXPECT_EQ(parse_http_date("Thursday, 01-Jan-70 00:00:00 GMT", kIn2026), 3155760000) << "2070 is within 50 years";
  EXPECT_EQ(parse_http_date("Saturday, 01-Jan-77 00:00:00 GMT", kIn2026), 220924800) << "2077 is not: 1977";
}

}  // namespace
}  // namespace eventbus::net
