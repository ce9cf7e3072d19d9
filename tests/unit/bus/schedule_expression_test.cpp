#include "bus/schedule_expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventbus {
namespace {

using testing::ElementsAre;
using CronItem = ScheduleExpression::CronItem;

class Accepted : public testing::TestWithParam<const char*> {};
class Rejected : public testing::TestWithParam<const char*> {};

TEST_P(Accepted, IsAScheduleAsOnAws) { EXPECT_TRUE(ScheduleExpression::parse(GetParam()).has_value()) << GetParam(); }
TEST_P(Rejected, IsRefusedAsOnAws) { EXPECT_FALSE(ScheduleExpression::parse(GetParam()).has_value()) << GetParam(); }

// Captured, behaviour §17.
INSTANTIATE_TEST_SUITE_P(Rate, Rejected,
                         testing::Values("rate(10 seconds)", "rate(10 years)", "rate(1 minutes)", "rate(1 hours)",
                                         "rate(1 days)", "rate(10 minute)", "rate(10 hour)", "rate(10 day)", "rate()",
                                         "rate(10)", "rate(10 minutess)", "rate(foo minutes)", "rate(0 minutes)",
                                         "rate(-10 minutes)", "rate(10 MINUTES)", "rate( 10 minutes )",
                                         " rate(10 minutes)", "rate(10  minutes)", "rate(10 minutes", "RATE(1 day)",
                                         "rate(99999999999999999999 days)", "", "rate", "5 minutes"));

INSTANTIATE_TEST_SUITE_P(Rate, Accepted,
                         testing::Values("rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "rate(12 hours)",
                                         "rate(1 day)", "rate(400 days)"));

INSTANTIATE_TEST_SUITE_P(
    Cron, Rejected,
    testing::Values("cron(7 20 * * NOT *)", "cron(INVALID)", "cron(0 dummy ? * MON-FRI *)", "cron(71 8 1 * ? *)",
                    "cron(0 12 * * *)", "cron(0 12 * * ? * *)", "cron(0 12 * * * *)", "cron(0 12 ? * ? *)",
                    "cron(0 12 1 * MON *)", "cron(0 12 ? * MON#0 *)", "cron(0 12 ? * MON#6 *)",
                    "cron(0 12 ? * MON#1,TUE#2 *)", "cron(0 12 ? * 2#1,3 *)", "cron(60 12 * * ? *)",
                    "cron(0 24 * * ? *)", "cron(0 12 0 * ? *)", "cron(0 12 32 * ? *)", "cron(0 12 * 0 ? *)",
                    "cron(0 12 ? * 8 *)", "cron(? 12 * * ? *)", "cron(0 ? * * ? *)", "cron(0 12 * ? ? *)",
                    "cron(0 12 * * ? ?)", "CRON(0 12 * * ? *)", "cron(0 12 * * ? 2030-2026)", "cron(0  12 * * ? *)",
                    "cron(0\t12 * * ? *)", "cron( 0 12 * * ? *)", "cron(0 12 * * ? * )", "cron (0 12 * * ? *)",
                    "cron(, 12 * * ? *)", "cron(0/ 12 * * ? *)", "cron(0- 12 * * ? *)", "cron(-5 12 * * ? *)",
                    "cron(0 12 ?,1 * ? *)"));

INSTANTIATE_TEST_SUITE_P(Cron, Accepted,
                         testing::Values("cron(0 12 * * ? *)", "cron(0/15 * ? * MON-FRI *)",
                                         "cron(*/5 8-17 1 * ? 2026)", "cron(33/0 * * * ? *)", "cron(33/61 * * * ? *)",
                                         "cron(0 20-2 * * ? *)", "cron(0 12 ? * FRI-MON *)", "cron(0 20-2/3 * * ? *)",
                                         "cron(0 12 L * ? *)", "cron(0 12 L-3 * ? *)", "cron(0 12 LW * ? *)",
                                         "cron(0 12 15W * ? *)", "cron(0 12 1-31W * ? *)", "cron(0 12 1-5W * ? *)",
                                         "cron(0 12 ? * 6L *)", "cron(0 12 ? * FRIL *)", "cron(0 12 ? * L *)",
                                         "cron(0 12 ? * 3#2 *)", "cron(0 12 ? * MON#5 *)", "cron(0 12 ? * TUESDAY *)",
                                         "cron(33x 12 * * ? *)", "cron(0 12 * * ? 1969)", "cron(0 12 * * ? 2200)",
                                         "cron(0 12 31 FEB ? *)", "cron(0 12 ? jan mon *)", "cron(0 12 L-15 * ? *)",
                                         "cron(0,10,20 1,2 1,15 JAN,JUL ? 2026-2030)"));

TEST(ScheduleExpression, ReadsRates) {
  const auto minutes = ScheduleExpression::parse("rate(5 minutes)");
  const auto day = ScheduleExpression::parse("rate(1 day)");
  EXPECT_EQ(minutes->rate()->interval, std::chrono::minutes(5));
  EXPECT_EQ(day->rate()->interval, std::chrono::hours(24));
}

TEST(ScheduleExpression, ReadsEveryFieldOfACron) {
  const auto schedule = ScheduleExpression::parse("cron(0/15 8-17 ? JAN TUESDAY,6 2026/2)");
  const ScheduleExpression::Cron& cron = *schedule->cron();
  EXPECT_THAT(cron.minutes, ElementsAre(CronItem{CronItem::kRange, 0, 59, 15}));
  EXPECT_THAT(cron.hours, ElementsAre(CronItem{CronItem::kRange, 8, 17}));
  EXPECT_FALSE(cron.days_of_month.has_value());
  EXPECT_THAT(cron.months, ElementsAre(CronItem{CronItem::kRange, 1, 1}));
  EXPECT_THAT(*cron.days_of_week, ElementsAre(CronItem{CronItem::kRange, 3, 3}, CronItem{CronItem::kRange, 6, 6}));
  EXPECT_THAT(cron.years, ElementsAre(CronItem{CronItem::kRange, 2026, 2199, 2}));
}

TEST(ScheduleExpression, ReadsTheSpecialDays) {
  const auto day_of_month = [](const char* text) {
    return ScheduleExpression::parse(text)->cron()->days_of_month->front();
  };
  const auto day_of_week = [](const char* text) {
    return ScheduleExpression::parse(text)->cron()->days_of_week->front();
  };
  EXPECT_EQ(day_of_month("cron(0 12 L-3 * ? *)"), (CronItem{CronItem::kLastDay, 0, 0, 1, 3}));
  EXPECT_EQ(day_of_month("cron(0 12 LW * ? *)"), (CronItem{CronItem::kLastWeekday}));
  EXPECT_EQ(day_of_month("cron(0 12 15W * ? *)"), (CronItem{CronItem::kNearestWeekday, 15, 15}));
  EXPECT_EQ(day_of_week("cron(0 12 ? * FRIL *)"), (CronItem{CronItem::kLastOf, 6, 6}));
  EXPECT_EQ(day_of_week("cron(0 12 ? * 3#2 *)"), (CronItem{CronItem::kNth, 3, 3, 1, 2}));
  EXPECT_EQ(day_of_week("cron(0 12 ? * L *)"), (CronItem{CronItem::kRange, 7, 7}));
}

TEST(ScheduleExpression, KeepsWrappingRangesAsTheyStand) {
  const auto schedule = ScheduleExpression::parse("cron(0 20-2/3 ? * FRI-MON *)");
  EXPECT_THAT(schedule->cron()->hours, ElementsAre(CronItem{CronItem::kRange, 20, 2, 3}));
  EXPECT_THAT(*schedule->cron()->days_of_week, ElementsAre(CronItem{CronItem::kRange, 6, 2}));
}

}  // namespace
}  // namespace eventbus
