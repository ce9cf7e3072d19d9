#pragma once

#include "bus/schedule_expression.h"

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>

namespace eventbus {

// The minutes in which a cron expression comes due: its fields as sets, so that the next minute is found by looking at
// years, months, days, hours and minutes in turn, never at all minutes between. Civil time: what zone it is in is the
// caller's business. Immutable.
class CronCalendar {
 public:
  using Minute = std::chrono::sys_time<std::chrono::minutes>;  // "sys" for the calendar only

  explicit CronCalendar(const ScheduleExpression::Cron& cron);

  bool contains(Minute minute) const;
  // The first minute after `after`; nullopt when there is none up to the year 2199, as with 31 FEB.
  std::optional<Minute> next(Minute after) const;

 private:
  static constexpr int kYearMin = 1970, kYearMax = 2199;  // AWS: the years of a cron expression
  using Days = std::uint32_t;                             // bit n: day n of the month

  Days days_of(std::chrono::year_month month) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<13> months_;  // 1–12
  std::bitset<kYearMax - kYearMin + 1> years_;
  ScheduleExpression::CronField days_;
  bool days_are_of_week_ = false;
};

}  // namespace eventbus
