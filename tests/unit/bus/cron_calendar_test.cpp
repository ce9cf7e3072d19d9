#include "bus/cron_calendar.h"

#include "tests/support/cron_definition.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace eventbus {
namespace {

using Minute = CronCalendar::Minute;
using std::chrono::sys_days;
using testing::belongs;
using testing::Chance;
using testing::pieces;

CronCalendar calendar(const std::string& expression) {
  const auto parsed = ScheduleExpression::parse(expression);
  EXPECT_TRUE(parsed && parsed->cron()) << expression;
  return CronCalendar(*parsed->cron());
}

Minute at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  return sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day)) +
         std::chrono::hours(hour) + std::chrono::minutes(minute);
}

// Every minute between `from` and `to` is due exactly when the slow definition says so.
void compare(const std::string& expression, Minute from, Minute to) {
  const CronCalendar fast = calendar(expression);
  std::optional<Minute> next = fast.next(from - std::chrono::minutes(1));
  for (Minute minute = from; minute < to; minute += std::chrono::minutes(1)) {
    const bool due = belongs(expression, minute);
    ASSERT_EQ(due, next == minute) << expression << " at " << minute.time_since_epoch().count();
    if (due) next = fast.next(minute);
  }
}

TEST(CronCalendar, AgreesWithItsSlowDefinitionMinuteByMinute) {
  Chance chance(20'261'124);
  for (int i = 0; i < 20; ++i) {
    // A month in each, leap days and the turns of years among them.
    const Minute from = at(2020 + chance.up_to(9), 1 + static_cast<unsigned>(chance.up_to(11)), 1);
    compare(chance.expression(), from, from + std::chrono::days(33));
    if (HasFatalFailure()) return;
  }
}

TEST(CronCalendar, AgreesWithItsSlowDefinitionDayByDayOverDecades) {
  Chance chance(17);
  for (int i = 0; i < 30; ++i) {
    const std::string text = chance.expression();
    std::vector<std::string> fields = pieces(text.substr(5, text.size() - 6), ' ');
    const std::string expression =
        "cron(30 12 " + fields[2] + " " + fields[3] + " " + fields[4] + " " + fields[5] + ")";
    const CronCalendar fast = calendar(expression);
    std::optional<Minute> next = fast.next(at(1999, 12, 31, 23, 59));
    for (Minute noon = at(2000, 1, 1, 12, 30); noon < at(2050, 1, 1); noon += std::chrono::days(1)) {
      const bool due = belongs(expression, noon);
      ASSERT_EQ(due, next == noon) << expression << " at day " << noon.time_since_epoch().count() / 1'440;
      if (due) next = fast.next(noon);
    }
  }
}

// ---- AWS's own examples and captures (behaviour §17) ----

TEST(CronCalendar, KnowsTheExamplesOfTheDocumentation) {
  EXPECT_EQ(calendar("cron(0 10 * * ? *)").next(at(2026, 11, 24, 10)), at(2026, 11, 25, 10));
  EXPECT_EQ(calendar("cron(15 12 * * ? *)").next(at(2026, 11, 24, 10)), at(2026, 11, 24, 12, 15));
  EXPECT_EQ(calendar("cron(0 18 ? * MON-FRI *)").next(at(2026, 11, 27, 18)), at(2026, 11, 30, 18));
  EXPECT_EQ(calendar("cron(0 8 1 * ? *)").next(at(2026, 12, 1, 8)), at(2027, 1, 1, 8));
  EXPECT_EQ(calendar("cron(0/15 * * * ? *)").next(at(2026, 11, 24, 10, 50)), at(2026, 11, 24, 11));
  EXPECT_EQ(calendar("cron(0/30 20-2 ? * MON-FRI *)").next(at(2026, 11, 24, 2, 30)), at(2026, 11, 24, 20));
  EXPECT_EQ(calendar("cron(0 9 ? * 2#1 *)").next(at(2026, 11, 24)), at(2026, 12, 7, 9)) << "the first Monday";
}

TEST(CronCalendar, FiresAsCapturedOnAws) {
  EXPECT_EQ(calendar("cron(33/0 * * * ? *)").next(at(2026, 1, 1, 0, 33)), at(2026, 1, 1, 1, 33));
  EXPECT_EQ(calendar("cron(33/61 * * * ? *)").next(at(2026, 1, 1, 0, 33)), at(2026, 1, 1, 1, 33));
  EXPECT_EQ(calendar("cron(33x 5 * * ? *)").next(at(2026, 1, 1)), at(2026, 1, 1, 5, 33));
  EXPECT_EQ(calendar("cron(0 5 ? * TUESDAY *)").next(at(2026, 11, 24)), at(2026, 11, 24, 5));
  EXPECT_EQ(calendar("cron(0 5 ? * TUE#3 *)").next(at(2026, 11, 1)), at(2026, 11, 17, 5));
  EXPECT_EQ(calendar("cron(0 5 15W * ? *)").next(at(2026, 11, 1)), at(2026, 11, 16, 5)) << "the 15th is a Sunday";
  EXPECT_EQ(calendar("cron(0 5 L-15 * ? *)").next(at(2026, 2, 1)), at(2026, 2, 13, 5));
}

TEST(CronCalendar, KnowsLeapDays) {
  EXPECT_EQ(calendar("cron(0 0 29 FEB ? *)").next(at(2026, 1, 1)), at(2028, 2, 29));
  EXPECT_EQ(calendar("cron(0 0 L 2 ? *)").next(at(2027, 1, 1)), at(2027, 2, 28));
  EXPECT_EQ(calendar("cron(0 0 29 FEB ? 2100)").next(at(2026, 1, 1)), std::nullopt) << "2100 is no leap year";
}

TEST(CronCalendar, EndsWhereNothingComesAnyMore) {
  EXPECT_EQ(calendar("cron(0 12 31 FEB ? *)").next(at(2026, 1, 1)), std::nullopt);
  EXPECT_EQ(calendar("cron(0 12 * * ? 2025)").next(at(2026, 1, 1)), std::nullopt);
  EXPECT_EQ(calendar("cron(0 12 * * ? 2200)").next(at(2026, 1, 1)), std::nullopt);
  EXPECT_EQ(calendar("cron(59 23 31 12 ? *)").next(at(2199, 12, 31, 23, 59)), std::nullopt);
  EXPECT_EQ(calendar("cron(0 0 1 1 ? *)").next(at(1900, 1, 1)), at(1970, 1, 1));
}

}  // namespace
}  // namespace eventbus
