#include "schemas/rfc3339.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace eventbus::schemas {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// `count` digits as a number; nullopt if they are not there. Takes them.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count || !std::ranges::all_of(text.substr(0, count), is_digit)) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, count)) value = value * 10 + (c - '0');
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

int days_of(int year, int month) {
  constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

bool take_date(std::string_view& text) {
  const std::optional<int> year = take_digits(text, 4);
  if (!year || !take(text, '-')) return false;
  const std::optional<int> month = take_digits(text, 2);
  if (!month || *month < 1 || *month > 12 || !take(text, '-')) return false;
  const std::optional<int> day = take_digits(text, 2);
  return day && *day >= 1 && *day <= days_of(*year, *month);
}

// Minutes east of UTC.
std::optional<int> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  const bool west = text.starts_with('-');
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const std::optional<int> hours = take_digits(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const std::optional<int> minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const int total = *hours * 60 + *minutes;
  return west ? -total : total;
}

}  // namespace

bool is_time(std::string_view text) {
  const std::optional<int> hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return false;
  const std::optional<int> minute = take_digits(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return false;
  const std::optional<int> second = take_digits(text, 2);
  if (!second || *second > 60) return false;
  if (take(text, '.')) {
    if (text.empty() || !is_digit(text.front())) return false;
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  }
  const std::optional<int> offset = take_offset(text);
  if (!offset || !text.empty()) return false;
  // A leap second comes at the end of a day in UTC, wherever the clock hangs.
  constexpr int kDay = 24 * 60;
  return *second < 60 || (*hour * 60 + *minute - *offset + kDay) % kDay == kDay - 1;
}

bool is_date(std::string_view text) { return take_date(text) && text.empty(); }

bool is_date_time(std::string_view text) {
  return take_date(text) && (take(text, 'T') || take(text, 't')) && is_time(text);
}

}  // namespace eventbus::schemas
