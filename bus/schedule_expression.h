#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace eventbus {

// What a rule's ScheduleExpression says (behaviour §17). Parsing is pure and as tolerant as AWS's: "33x" is 33, TUESDAY
// is TUE, ranges wrap; and as strict: one space, lower case, no padding.
//   rate(5 minutes)            cron(0/15 8-17 ? * MON-FRI *)          cron(0 18 LW * ? *)
class ScheduleExpression {
 public:
  struct Rate {
    std::chrono::minutes interval{0};
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

  // nullopt for everything that AWS refuses with "Parameter ScheduleExpression is not valid."
  static std::optional<ScheduleExpression> parse(std::string_view text);

  const Rate* rate() const { return std::get_if<Rate>(&schedule_); }
  const Cron* cron() const { return std::get_if<Cron>(&schedule_); }

 private:
  explicit ScheduleExpression(std::variant<Rate, Cron> schedule) : schedule_(std::move(schedule)) {}

  std::variant<Rate, Cron> schedule_;
};

}  // namespace eventbus
