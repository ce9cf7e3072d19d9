#include "bus/recurrence.h"

#include <algorithm>

namespace eventbus {

std::optional<Recurrence> Recurrence::parse(std::string_view expression, TimeZone zone, Bounds bounds) {
  const auto parsed = ScheduleExpression::parse(expression, ScheduleExpression::Dialect::kSchedule);
  if (!parsed) return std::nullopt;
  if (const auto* at = parsed->at()) {
    const TimePoint when = zone.instant_of(at->time);
    return Recurrence(when, std::move(zone), bounds);
  }
  if (const auto* rate = parsed->rate()) return Recurrence(rate->interval, std::move(zone), bounds);
  return Recurrence(CronCalendar(*parsed->cron()), std::move(zone), bounds);
}

std::optional<TimePoint> Recurrence::next(TimePoint after) const {
  if (const auto* once = std::get_if<TimePoint>(&times_)) {
    if (*once > after) return *once;
    return std::nullopt;
  }
  if (bounds_.start) after = std::max(after, *bounds_.start - Duration(1));
  std::optional<TimePoint> found;
  if (const auto* interval = std::get_if<std::chrono::minutes>(&times_))
    found = next_of_rate(*interval, after);
  else
    found = next_of_cron(std::get<CronCalendar>(times_), after);
  if (found && bounds_.end && *found > *bounds_.end) return std::nullopt;
  return found;
}

TimePoint Recurrence::next_of_rate(std::chrono::minutes interval, TimePoint after) const {
  if (after < bounds_.anchor) return bounds_.anchor;
  const auto passed = (after - bounds_.anchor) / interval;
  return bounds_.anchor + (passed + 1) * interval;
}

std::optional<TimePoint> Recurrence::next_of_cron(const CronCalendar& calendar, TimePoint after) const {
  // Later civil times come at later instants (of those that come twice the first counts), so the search goes forward
  // only. In the second pass of an hour what is found first has been already.
  const TimeZone::Civil shown = zone_.civil(std::chrono::floor<std::chrono::seconds>(after));
  auto minute = calendar.next(std::chrono::floor<std::chrono::minutes>(shown));
  for (; minute; minute = calendar.next(*minute)) {
    const std::optional<TimeZone::Instant> instant = zone_.first_instant(*minute);
    if (instant && *instant > after) return *instant;
  }
  return std::nullopt;
}

}  // namespace eventbus
