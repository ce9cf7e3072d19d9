#include "bus/schedule_expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace eventbus {

namespace {

using CronItem = ScheduleExpression::CronItem;
using CronField = ScheduleExpression::CronField;

constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

enum class FieldKind { kPlain, kDayOfMonth, kDayOfWeek, kYear };

struct FieldRules {
  FieldKind kind = FieldKind::kPlain;
  int min = 0, max = 0;                     // of a value
  std::span<const std::string_view> names;  // of min, min + 1, …
  int all_from = min, all_to = max;         // what '*' stands for
};

constexpr FieldRules kMinutes{FieldKind::kPlain, 0, 59, {}};
constexpr FieldRules kHours{FieldKind::kPlain, 0, 23, {}};
constexpr FieldRules kDayOfMonth{FieldKind::kDayOfMonth, 1, 31, {}};
constexpr FieldRules kMonth{FieldKind::kPlain, 1, 12, kMonths};
constexpr FieldRules kDayOfWeek{FieldKind::kDayOfWeek, 1, 7, kWeekdays};
// AWS documents 1970–2199 and accepts years outside of it; they never come.
constexpr FieldRules kYear{FieldKind::kYear, 1, 9999, {}, 1970, 2199};

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool take(std::string_view& text, char c) {
  if (text.empty() || upper(text.front()) != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int> take_number(std::string_view& text) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || number < 0 || text.front() == '-') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<int> take_name(std::string_view& text, const FieldRules& rules) {
  for (std::size_t i = 0; i < rules.names.size(); ++i) {
    const std::string_view name = rules.names[i];
    const bool same = text.size() >= name.size() &&
                      std::equal(name.begin(), name.end(), text.begin(), [](char a, char b) { return a == upper(b); });
    if (!same) continue;
    text.remove_prefix(name.size());
    return rules.min + static_cast<int>(i);
  }
  return std::nullopt;
}

// A number or name within the field's bounds. Letters behind it stay in `text`: some of them mean something.
std::optional<int> take_value(std::string_view& text, const FieldRules& rules) {
  if (text.empty()) return std::nullopt;
  if (letter(text.front())) return take_name(text, rules);
  const std::optional<int> number = take_number(text);
  if (!number || *number < rules.min || *number > rules.max) return std::nullopt;
  return number;
}

// AWS: letters behind a value are passed over, "33x" is 33 and TUESDAY is TUE (behaviour §17).
void skip_letters(std::string_view& text) {
  while (!text.empty() && letter(text.front())) text.remove_prefix(1);
}

// "L", "LW", "L-3" of a day of month.
std::optional<CronItem> parse_last_day(std::string_view text) {
  if (text.empty()) return CronItem{CronItem::kLastDay};
  if (take(text, 'W') && text.empty()) return CronItem{CronItem::kLastWeekday};
  if (!take(text, '-')) return std::nullopt;
  const std::optional<int> before = take_number(text);
  if (!before || !text.empty()) return std::nullopt;
  CronItem item{CronItem::kLastDay};
  item.count = *before;
  return item;
}

// What may stand behind the first value of a day field alone: 15W, 6L, FRIL, 3#2.
std::optional<CronItem> parse_day_suffix(std::string_view text, int value, FieldKind kind) {
  CronItem item;
  item.from = item.to = value;
  if (kind == FieldKind::kDayOfMonth && (text == "W" || text == "w")) {
    item.kind = CronItem::kNearestWeekday;
    return item;
  }
  if (kind != FieldKind::kDayOfWeek) return std::nullopt;
  if (text == "L" || text == "l") {
    item.kind = CronItem::kLastOf;
    return item;
  }
  if (!take(text, '#')) return std::nullopt;
  const std::optional<int> nth = take_number(text);
  if (!nth || !text.empty() || *nth < 1 || *nth > 5) return std::nullopt;
  item.kind = CronItem::kNth;
  item.count = *nth;
  return item;
}

std::optional<CronItem> parse_item(std::string_view text, const FieldRules& rules) {
  CronItem item{CronItem::kRange, rules.all_from, rules.all_to};
  if (rules.kind == FieldKind::kDayOfMonth && !text.empty() && upper(text.front()) == 'L')
    return parse_last_day(text.substr(1));
  if (rules.kind == FieldKind::kDayOfWeek && (text == "L" || text == "l")) {
    item.from = item.to = rules.max;  // Saturday
    return item;
  }
  if (!take(text, '*')) {
    const std::optional<int> from = take_value(text, rules);
    if (!from) return std::nullopt;
    if (const std::optional<CronItem> day = parse_day_suffix(text, *from, rules.kind)) return day;
    item.from = *from;
    skip_letters(text);
    if (take(text, '-')) {
      const std::optional<int> to = take_value(text, rules);
      if (!to || (rules.kind == FieldKind::kYear && *to < *from)) return std::nullopt;
      item.to = *to;
      skip_letters(text);
    } else if (text.empty()) {
      item.to = *from;
    }
  }
  if (take(text, '/')) {
    const std::optional<int> step = take_number(text);
    if (!step) return std::nullopt;
    item.step = *step;
    skip_letters(text);
  }
  if (!text.empty()) return std::nullopt;
  return item;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<CronField> parse_field(std::string_view text, const FieldRules& rules) {
  CronField field;
  for (const std::string_view part : split(text, ',')) {
    const std::optional<CronItem> item = parse_item(part, rules);
    if (!item) return std::nullopt;
    field.push_back(*item);
  }
  const bool nth =
      std::any_of(field.begin(), field.end(), [](const CronItem& item) { return item.kind == CronItem::kNth; });
  if (nth && field.size() > 1) return std::nullopt;
  return field;
}

std::optional<ScheduleExpression::Cron> parse_cron(std::string_view text) {
  const std::vector<std::string_view> fields = split(text, ' ');
  if (fields.size() != 6) return std::nullopt;
  auto minutes = parse_field(fields[0], kMinutes);
  auto hours = parse_field(fields[1], kHours);
  auto months = parse_field(fields[3], kMonth);
  auto years = parse_field(fields[5], kYear);
  if (!minutes || !hours || !months || !years) return std::nullopt;
  ScheduleExpression::Cron cron;
  cron.minutes = *std::move(minutes);
  cron.hours = *std::move(hours);
  cron.months = *std::move(months);
  cron.years = *std::move(years);
  if (fields[2] != "?") {
    cron.days_of_month = parse_field(fields[2], kDayOfMonth);
    if (!cron.days_of_month) return std::nullopt;
  }
  if (fields[4] != "?") {
    cron.days_of_week = parse_field(fields[4], kDayOfWeek);
    if (!cron.days_of_week) return std::nullopt;
  }
  if (cron.days_of_month.has_value() == cron.days_of_week.has_value()) return std::nullopt;
  return cron;
}

std::optional<ScheduleExpression::Rate> parse_rate(std::string_view text, ScheduleExpression::Dialect dialect) {
  const std::optional<int> count = take_number(text);
  if (!count || *count == 0) return std::nullopt;
  constexpr std::array<std::pair<std::string_view, int>, 3> kUnits = {{{" minute", 1}, {" hour", 60}, {" day", 1'440}}};
  for (const auto& [unit, minutes] : kUnits) {
    if (!text.starts_with(unit)) continue;
    const std::string_view ending = text.substr(unit.size());
    const bool agrees = ending == (*count == 1 ? "" : "s");
    const bool may_disagree = dialect == ScheduleExpression::Dialect::kSchedule && (ending.empty() || ending == "s");
    if (!agrees && !may_disagree) return std::nullopt;
    return ScheduleExpression::Rate{std::chrono::minutes(std::int64_t{*count} * minutes)};
  }
  return std::nullopt;
}

// yyyy-mm-ddThh:mm:ss, every digit of it.
std::optional<ScheduleExpression::At> parse_at(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t from, std::size_t length) {
    int value = 0;
    std::from_chars(text.data() + from, text.data() + from + length, value);
    return value;
  };
  const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2))));
  const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return ScheduleExpression::At{std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                                std::chrono::seconds(second)};
}

// The text between "name(" and the closing ")".
std::optional<std::string_view> call_argument(std::string_view text, std::string_view name) {
  if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
  text.remove_prefix(name.size());
  text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<ScheduleExpression> ScheduleExpression::parse(std::string_view text, Dialect dialect) {
  if (const auto argument = call_argument(text, "rate(")) {
    if (const std::optional<Rate> rate = parse_rate(*argument, dialect)) return ScheduleExpression(*rate);
  } else if (const auto fields = call_argument(text, "cron(")) {
    if (std::optional<Cron> cron = parse_cron(*fields)) return ScheduleExpression(*std::move(cron));
  } else if (const auto time = call_argument(text, "at("); time && dialect == Dialect::kSchedule) {
    if (const std::optional<At> at = parse_at(*time)) return ScheduleExpression(*at);
  }
  return std::nullopt;
}

}  // namespace eventbus
