#include "bus/cron_calendar.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <map>
#include <string>
#include <vector>

namespace eventbus {
namespace {

using Minute = CronCalendar::Minute;
using std::chrono::sys_days;

CronCalendar calendar(const std::string& expression) {
  const auto parsed = ScheduleExpression::parse(expression);
  EXPECT_TRUE(parsed && parsed->cron()) << expression;
  return CronCalendar(*parsed->cron());
}

Minute at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  return sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day)) +
         std::chrono::hours(hour) + std::chrono::minutes(minute);
}

// ---- An independent definition: does this minute belong to this text? Slow, and read off AWS's documentation. ----

struct Civil {
  int minute, hour, day, month, weekday /* 1 = Sunday */, year, days_in_month;
};

Civil civil(Minute when) {
  const auto days = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(days);
  const auto in_day = (when - days).count();
  const auto last = std::chrono::year_month_day_last(date.year() / date.month() / std::chrono::last).day();
  return {static_cast<int>(in_day % 60),
          static_cast<int>(in_day / 60),
          static_cast<int>(unsigned{date.day()}),
          static_cast<int>(unsigned{date.month()}),
          static_cast<int>(std::chrono::weekday(days).c_encoding()) + 1,
          int{date.year()},
          static_cast<int>(unsigned{last})};
}

std::vector<std::string> pieces(const std::string& text, char separator) {
  std::vector<std::string> all(1);
  for (const char c : text) {
    if (c == separator)
      all.emplace_back();
    else
      all.back() += c;
  }
  return all;
}

int number_of(const std::string& text) {
  static const std::map<std::string, int> kNames = {{"SUN", 1}, {"MON", 2},  {"TUE", 3},  {"WED", 4}, {"THU", 5},
                                                    {"FRI", 6}, {"SAT", 7},  {"JAN", 1},  {"FEB", 2}, {"MAR", 3},
                                                    {"APR", 4}, {"MAY", 5},  {"JUN", 6},  {"JUL", 7}, {"AUG", 8},
                                                    {"SEP", 9}, {"OCT", 10}, {"NOV", 11}, {"DEC", 12}};
  const auto name = kNames.find(text);
  return name != kNames.end() ? name->second : std::stoi(text);
}

// "a", "a-b", "a/s", "a-b/s", "*", "*/s".
bool in_range(const std::string& text, int value, int min, int max) {
  const std::vector<std::string> stepped = pieces(text, '/');
  const int step = stepped.size() == 2 ? std::stoi(stepped[1]) : 1;
  const std::vector<std::string> ends = pieces(stepped[0], '-');
  const bool any = stepped[0] == "*";
  const int from = any ? min : number_of(ends[0]);
  const int to = ends.size() == 2 ? number_of(ends[1]) : (any || stepped.size() == 2) ? max : from;
  const int size = max - min + 1;
  // Walk from `from` in single steps, round the end of the field, as far as `to`.
  for (int steps = 0, at = from;; ++steps, at = at == max ? min : at + 1) {
    if (at == value) return step == 0 ? steps == 0 : steps % step == 0;
    if (at == to || steps > size) return false;
  }
}

int weekday_of(const Civil& civil, int day) { return (civil.weekday - 1 + (day - civil.day) + 70) % 7 + 1; }

bool workday(const Civil& civil, int day) {
  const int weekday = weekday_of(civil, day);
  return weekday != 1 && weekday != 7;
}

bool is_nearest_workday(const Civil& civil, int wanted) {
  if (wanted > civil.days_in_month) return false;
  for (const int distance : {0, -1, 1, -2, 2}) {
    const int day = wanted + distance;
    if (day >= 1 && day <= civil.days_in_month && workday(civil, day)) return day == civil.day;
  }
  return false;
}

bool day_belongs(const std::string& text, const Civil& civil) {
  if (text == "L") return civil.day == civil.days_in_month;
  if (text == "LW") return is_nearest_workday(civil, civil.days_in_month);
  if (text.starts_with("L-")) return civil.day == civil.days_in_month - std::stoi(text.substr(2));
  if (text.ends_with("W")) return is_nearest_workday(civil, std::stoi(text));
  return in_range(text, civil.day, 1, 31);
}

bool weekday_belongs(const std::string& text, const Civil& civil) {
  if (text == "L") return civil.weekday == 7;
  if (const std::size_t nth = text.find('#'); nth != std::string::npos)
    return civil.weekday == number_of(text.substr(0, nth)) &&
           (civil.day - 1) / 7 + 1 == std::stoi(text.substr(nth + 1));
  if (text.ends_with("L"))
    return civil.weekday == number_of(text.substr(0, text.size() - 1)) && civil.day + 7 > civil.days_in_month;
  return in_range(text, civil.weekday, 1, 7);
}

template <typename Belongs>
bool any_of_list(const std::string& field, const Belongs& belongs) {
  for (const std::string& item : pieces(field, ','))
    if (belongs(item)) return true;
  return false;
}

bool belongs(const std::string& expression, Minute when) {
  const std::vector<std::string> fields = pieces(expression.substr(5, expression.size() - 6), ' ');
  const Civil moment = civil(when);
  const auto plain = [&](std::size_t field, int value, int min, int max) {
    return any_of_list(fields[field], [&](const std::string& item) { return in_range(item, value, min, max); });
  };
  if (!plain(0, moment.minute, 0, 59) || !plain(1, moment.hour, 0, 23) || !plain(3, moment.month, 1, 12)) return false;
  if (!plain(5, moment.year, 1970, 2199)) return false;
  if (fields[2] != "?")
    return any_of_list(fields[2], [&](const std::string& item) { return day_belongs(item, moment); });
  return any_of_list(fields[4], [&](const std::string& item) { return weekday_belongs(item, moment); });
}

// ---- Expressions by chance ----

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : rng_(seed) {}
  int up_to(int most) { return static_cast<int>(rng_.next_u64() % static_cast<std::uint64_t>(most + 1)); }
  bool one_in(int many) { return up_to(many - 1) == 0; }

  std::string range(int min, int max, bool wraps) {
    const auto value = [&] { return min + up_to(max - min); };
    int from = value(), to = value();
    if (!wraps && to < from) std::swap(from, to);
    switch (up_to(5)) {
      case 0:
        return "*";
      case 1:
        return std::to_string(from) + "-" + std::to_string(to);
      case 2:
        return std::to_string(from) + "/" + std::to_string(up_to(max - min + 5));
      case 3:
        return "*/" + std::to_string(1 + up_to(max - min));
      case 4:
        return std::to_string(from) + "-" + std::to_string(to) + "/" + std::to_string(1 + up_to(5));
      default:
        return std::to_string(from);
    }
  }
  std::string list(int min, int max, bool wraps = true) {
    std::string text = range(min, max, wraps);
    while (one_in(3)) text += "," + range(min, max, wraps);
    return text;
  }
  std::string day_of_month() {
    switch (up_to(6)) {
      case 0:
        return "L";
      case 1:
        return "LW";
      case 2:
        return "L-" + std::to_string(1 + up_to(30));
      case 3:
        return std::to_string(1 + up_to(30)) + "W";
      default:
        return list(1, 31);
    }
  }
  std::string day_of_week() {
    switch (up_to(5)) {
      case 0:
        return "L";
      case 1:
        return std::to_string(1 + up_to(6)) + "#" + std::to_string(1 + up_to(4));
      case 2:
        return std::to_string(1 + up_to(6)) + "L";
      default:
        return list(1, 7);
    }
  }
  std::string expression() {
    const bool weekly = one_in(2);
    return "cron(" + list(0, 59) + " " + list(0, 23) + " " + (weekly ? "?" : day_of_month()) + " " + list(1, 12) + " " +
           (weekly ? day_of_week() : "?") + " " + (one_in(3) ? range(2020, 2030, false) : "*") + ")";
  }

 private:
  SeededRng rng_;
};

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
