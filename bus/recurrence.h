#pragma once

#include "base/clock.h"
#include "bus/cron_calendar.h"
#include "bus/schedule_expression.h"
#include "bus/time_zone.h"

#include <optional>
#include <string_view>
#include <utility>
#include <variant>

namespace eventbus {

// When a schedule of EventBridge Scheduler comes due. Immutable.
//
//   at    once: at that civil time. Where clocks skip it, when they jump; of a time that comes twice, the first.
//   rate  at `anchor`, and from there on in equal steps of real time. AWS: a day is 24 hours, whatever clocks do.
//   cron  at each civil minute of the calendar. AWS: "If a cron-based schedule falls on a non-existent date and time,
//         your schedule invocation is skipped", and of an hour that comes twice each minute counts once, the first time
//         (Scheduler user guide, Daylight savings time).
class Recurrence {
 public:
  // AWS: StartDate and EndDate bound what recurs, both included; one-time schedules have no use for them.
  struct Bounds {
    TimePoint anchor;  // of a rate: StartDate or, without one, when the schedule was made
    std::optional<TimePoint> start, end;
  };
  // nullopt: no expression of a schedule.
  static std::optional<Recurrence> parse(std::string_view expression, TimeZone zone, Bounds bounds);

  bool is_one_time() const { return std::holds_alternative<TimePoint>(times_); }
  // The first occurrence after `after`; nullopt: none comes any more.
  std::optional<TimePoint> next(TimePoint after) const;

 private:
  using Times = std::variant<TimePoint, std::chrono::minutes, CronCalendar>;
  Recurrence(Times times, TimeZone zone, Bounds bounds)
      : times_(std::move(times)), zone_(std::move(zone)), bounds_(bounds) {}

  TimePoint next_of_rate(std::chrono::minutes interval, TimePoint after) const;
  std::optional<TimePoint> next_of_cron(const CronCalendar& calendar, TimePoint after) const;

  Times times_;
  TimeZone zone_;
  Bounds bounds_;
};

}  // namespace eventbus
