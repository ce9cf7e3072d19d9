#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace eventbus {

// What the ScheduleExpression of a rule (behaviour §17) or of a schedule says. Parsing is pure and as tolerant as
// AWS's: "33x" is 33, TUESDAY is TUE, ranges wrap; and as strict: one space, lower case, no padding.
//   rate(5 minutes)            cron(0/15 8-17 ? * MON-FRI *)          cron(0 18 LW * ? *)
// Schedules know one more, and take any unit with any number:
//   at(2026-11-24T09:30:00)    rate(1 hours)
class ScheduleExpression {
 public:
  struct Rate {
    std::chrono::minutes interval{0};
  };

  // A civil time, in whatever zone the schedule has.
  struct At {
    std::chrono::sys_seconds time;
  };

  // One comma-separated part of a cron field.
  struct CronItem {
    enum Kind {
      kRange,           // from, from + step, … up to `to`; wraps when from > to; step 0 means only `from`
      kLastDay,         // of the month, less `count` days: L, L-3
      kLastWeekday,     // of the month: LW
      kNearestWeekday,  // to day `from` within the month: 15W
      kLastOf,          // the last weekday `from` of the month: 6L
      kNth,             // the `count`-th weekday `from` of the month: 3#2
    };
    Kind kind = kRange;
    int from = 0, to = 0, step = 1, count = 0;

    friend bool operator==(const CronItem&, const CronItem&) = default;
  };
  using CronField = std::vector<CronItem>;

  struct Cron {
    CronField minutes, hours, months, years;
    std::optional<CronField> days_of_month, days_of_week;  // exactly one has a value: the other one is '?'
  };

  enum class Dialect { kRule, kSchedule };
  // nullopt for everything that AWS refuses with "Parameter ScheduleExpression is not valid.", of schedules with
  // "Invalid Schedule Expression …".
  static std::optional<ScheduleExpression> parse(std::string_view text, Dialect dialect = Dialect::kRule);

  const Rate* rate() const { return std::get_if<Rate>(&schedule_); }
  const Cron* cron() const { return std::get_if<Cron>(&schedule_); }
  const At* at() const { return std::get_if<At>(&schedule_); }

 private:
  explicit ScheduleExpression(std::variant<Rate, Cron, At> schedule) : schedule_(std::move(schedule)) {}

  std::variant<Rate, Cron, At> schedule_;
};

}  // namespace eventbus
