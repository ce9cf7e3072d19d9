#include "bus/cron_calendar.h"

#include <bit>

namespace eventbus {

namespace {

using CronItem = ScheduleExpression::CronItem;
using CronField = ScheduleExpression::CronField;
using std::chrono::day;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year_month;

// Calls `found(value)` for each value of a range in a field that goes from `min` to `max`. A range whose end lies
// before its start wraps, steps included; a step of 0 names the start alone (behaviour §17).
template <typename Found>
void for_each_value(const CronItem& item, int min, int max, const Found& found) {
  const int size = max - min + 1;
  const int last = item.to >= item.from ? item.to : item.to + size;
  for (int value = item.from; value <= last; value += item.step) {
    found(min + (value - min) % size);
    if (item.step == 0) return;
  }
}

template <std::size_t Size>
std::bitset<Size> set_of(const CronField& field, int min, int max) {
  std::bitset<Size> set;
  for (const CronItem& item : field)
    for_each_value(item, min, max, [&](int value) { set.set(static_cast<std::size_t>(value)); });
  return set;
}

constexpr std::uint32_t bit(unsigned number) { return std::uint32_t{1} << number; }

unsigned last_day(year_month month) { return unsigned{(month / std::chrono::last).day()}; }

// 1 = Sunday, as cron counts.
unsigned cron_weekday(year_month month, unsigned of_month) {
  return weekday(sys_days(month / day(of_month))).c_encoding() + 1;
}

// The weekday (Monday to Friday) nearest to a day, within its month.
unsigned nearest_weekday(year_month month, unsigned of_month) {
  switch (cron_weekday(month, of_month)) {
    case 7:  // Saturday: the Friday before, unless that is in the month before
      return of_month == 1 ? 3 : of_month - 1;
    case 1:  // Sunday: the Monday behind, unless that is in the next month
      return of_month == last_day(month) ? of_month - 2 : of_month + 1;
    default:
      return of_month;
  }
}

std::uint32_t days_of_month(const CronItem& item, year_month month) {
  const unsigned last = last_day(month);
  std::uint32_t days = 0;
  switch (item.kind) {
    case CronItem::kLastDay:
      if (item.count < static_cast<int>(last)) days |= bit(last - static_cast<unsigned>(item.count));
      break;
    case CronItem::kLastWeekday:
      days |= bit(nearest_weekday(month, last));
      break;
    case CronItem::kNearestWeekday:
      if (const auto wanted = static_cast<unsigned>(item.from); wanted <= last)
        days |= bit(nearest_weekday(month, wanted));
      break;
    default:
      for_each_value(item, 1, 31, [&](int value) { days |= bit(static_cast<unsigned>(value)); });
      break;
  }
  return days & (~std::uint32_t{0} >> (31 - last));
}

std::uint32_t days_of_week(const CronItem& item, year_month month) {
  const unsigned last = last_day(month);
  std::uint32_t weekdays = 0;  // bit n: weekday n
  for_each_value(item, 1, 7, [&](int value) { weekdays |= bit(static_cast<unsigned>(value)); });
  std::uint32_t days = 0;
  for (unsigned of_month = 1; of_month <= last; ++of_month) {
    if ((weekdays & bit(cron_weekday(month, of_month))) == 0) continue;
    if (item.kind == CronItem::kLastOf && of_month + 7 <= last) continue;
    if (item.kind == CronItem::kNth && (of_month + 6) / 7 != static_cast<unsigned>(item.count)) continue;
    days |= bit(of_month);
  }
  return days;
}

// The first member of the set that is at least `from`.
template <std::size_t Size>
std::optional<unsigned> next_in(const std::bitset<Size>& set, unsigned from) {
  for (unsigned value = from; value < Size; ++value)
    if (set.test(value)) return value;
  return std::nullopt;
}

}  // namespace

CronCalendar::CronCalendar(const ScheduleExpression::Cron& cron)
    : minutes_(set_of<60>(cron.minutes, 0, 59)),
      hours_(set_of<24>(cron.hours, 0, 23)),
      months_(set_of<13>(cron.months, 1, 12)),
      days_(cron.days_of_week ? *cron.days_of_week : *cron.days_of_month),
      days_are_of_week_(cron.days_of_week.has_value()) {
  for (const CronItem& item : cron.years) {
    for (int year = kYearMin; year <= kYearMax; ++year) {
      const bool stepped = item.step == 0 ? year == item.from : (year - item.from) % item.step == 0;
      if (year >= item.from && year <= item.to && stepped) years_.set(static_cast<std::size_t>(year - kYearMin));
    }
  }
}

CronCalendar::Days CronCalendar::days_of(year_month month) const {
  Days days = 0;
  for (const CronItem& item : days_) days |= days_are_of_week_ ? days_of_week(item, month) : days_of_month(item, month);
  return days;
}

bool CronCalendar::contains(Minute minute) const { return next(minute - std::chrono::minutes(1)) == minute; }

std::optional<CronCalendar::Minute> CronCalendar::next(Minute after) const {
  // Of each part the first that may be: the part of `from` itself as long as all parts before it are those of `from`,
  // else the least.
  const Minute from = after + std::chrono::minutes(1);
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(from));
  if (int{date.year()} > kYearMax) return std::nullopt;
  const std::chrono::hh_mm_ss time(from - std::chrono::floor<std::chrono::days>(from));
  const auto first_year = static_cast<unsigned>(std::max(int{date.year()}, kYearMin) - kYearMin);
  bool same = int{date.year()} >= kYearMin;  // everything looked at so far is as in `from`

  for (std::optional<unsigned> year = next_in(years_, first_year); year; year = next_in(years_, *year + 1)) {
    same = same && *year == first_year;
    for (auto month = next_in(months_, same ? unsigned{date.month()} : 1); month;
         month = next_in(months_, *month + 1)) {
      same = same && *month == unsigned{date.month()};
      const year_month of_year = std::chrono::year(static_cast<int>(*year) + kYearMin) / std::chrono::month(*month);
      Days days = days_of(of_year);
      if (same) days &= ~(bit(unsigned{date.day()}) - 1);
      for (; days != 0; days &= days - 1) {
        const auto of_month = static_cast<unsigned>(std::countr_zero(days));
        same = same && of_month == unsigned{date.day()};
        for (auto hour = next_in(hours_, same ? static_cast<unsigned>(time.hours().count()) : 0); hour;
             hour = next_in(hours_, *hour + 1)) {
          same = same && *hour == static_cast<unsigned>(time.hours().count());
          const auto minute = next_in(minutes_, same ? static_cast<unsigned>(time.minutes().count()) : 0);
          same = false;
          if (minute)
            return sys_days(of_year / day(of_month)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute);
        }
        same = false;
      }
      same = false;
    }
    same = false;
  }
  return std::nullopt;
}

}  // namespace eventbus
