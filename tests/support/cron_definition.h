#pragma once

#include "base/rng.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::testing {

// What cron expressions mean, apart from the product's code and slowly, and expressions by chance.

using CronMinute = std::chrono::sys_time<std::chrono::minutes>;  // "sys" for the calendar only

// ---- An independent definition: does this minute belong to this text? Slow, and read off AWS's documentation. ----

struct Civil {
  int minute, hour, day, month, weekday /* 1 = Sunday */, year, days_in_month;
};

inline Civil civil(CronMinute when) {
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

inline std::vector<std::string> pieces(const std::string& text, char separator) {
  std::vector<std::string> all(1);
  for (const char c : text) {
    if (c == separator)
      all.emplace_back();
    else
      all.back() += c;
  }
  return all;
}

inline int number_of(const std::string& text) {
  static const std::map<std::string, int> kNames = {{"SUN", 1}, {"MON", 2},  {"TUE", 3},  {"WED", 4}, {"THU", 5},
                                                    {"FRI", 6}, {"SAT", 7},  {"JAN", 1},  {"FEB", 2}, {"MAR", 3},
                                                    {"APR", 4}, {"MAY", 5},  {"JUN", 6},  {"JUL", 7}, {"AUG", 8},
                                                    {"SEP", 9}, {"OCT", 10}, {"NOV", 11}, {"DEC", 12}};
  const auto name = kNames.find(text);
  return name != kNames.end() ? name->second : std::stoi(text);
}

// "a", "a-b", "a/s", "a-b/s", "*", "*/s".
inline bool in_range(const std::string& text, int value, int min, int max) {
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

inline int weekday_of(const Civil& civil, int day) { return (civil.weekday - 1 + (day - civil.day) + 70) % 7 + 1; }

inline bool workday(const Civil& civil, int day) {
  const int weekday = weekday_of(civil, day);
  return weekday != 1 && weekday != 7;
}

inline bool is_nearest_workday(const Civil& civil, int wanted) {
  if (wanted > civil.days_in_month) return false;
  for (const int distance : {0, -1, 1, -2, 2}) {
    const int day = wanted + distance;
    if (day >= 1 && day <= civil.days_in_month && workday(civil, day)) return day == civil.day;
  }
  return false;
}

inline bool day_belongs(const std::string& text, const Civil& civil) {
  if (text == "L") return civil.day == civil.days_in_month;
  if (text == "LW") return is_nearest_workday(civil, civil.days_in_month);
  if (text.starts_with("L-")) return civil.day == civil.days_in_month - std::stoi(text.substr(2));
  if (text.ends_with("W")) return is_nearest_workday(civil, std::stoi(text));
  return in_range(text, civil.day, 1, 31);
}

inline bool weekday_belongs(const std::string& text, const Civil& civil) {
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

inline bool belongs(const std::string& expression, CronMinute when) {
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

}  // namespace eventbus::testing
