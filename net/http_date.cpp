#include "net/http_date.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace eventbus::net {

namespace {

// Takes the parts of a date from the front of a text; the first that does not fit makes all of it fail.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return fail();
    rest_.remove_prefix(expected.size());
  }
  void letters() {
    const auto end = std::ranges::find_if(rest_, [](char c) { return (c | 0x20) < 'a' || (c | 0x20) > 'z'; });
    if (end == rest_.begin()) return fail();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
  }
  // Exactly so many digits.
  int number(std::size_t digits) {
    int value = 0;
    const std::string_view text = rest_.substr(0, digits);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + digits || text.front() == '-') return fail(), 0;
    rest_.remove_prefix(digits);
    return value;
  }
  // "06" or " 6".
  int padded_number() {
    if (!rest_.starts_with(' ')) return number(2);
    rest_.remove_prefix(1);
    return number(1);
  }
  unsigned month() {
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto found = std::ranges::find(kMonths, rest_.substr(0, 3));
    if (found == kMonths.end()) return fail(), 0;
    rest_.remove_prefix(3);
    return static_cast<unsigned>(found - kMonths.begin()) + 1;
  }
  std::chrono::seconds time_of_day() {
    const int hour = number(2);
    literal(":");
    const int minute = number(2);
    literal(":");
    const int second = number(2);
    constexpr int kLeapSecond = 60;
    if (hour > 23 || minute > 59 || second > kLeapSecond) fail();
    return std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  }
  bool rest_begins_with(std::string_view text) const { return rest_.starts_with(text); }
  bool complete() const { return good_ && rest_.empty(); }

 private:
  void fail() { good_ = false; }

  std::string_view rest_;
  bool good_ = true;
};

// RFC 9110 §5.6.7: two digits that would lie more than 50 years ahead are of the past.
int full_year(int two_digits, std::int64_t now_seconds) {
  const std::chrono::sys_seconds now{std::chrono::seconds(now_seconds)};
  const int this_year =
      static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now)).year());
  const int year = this_year / 100 * 100 + two_digits;
  return year > this_year + 50 ? year - 100 : year;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now_seconds) {
  DateReader reader(text);
  int day = 0;
  int year = 0;
  unsigned month = 0;
  std::chrono::seconds time{};
  reader.letters();
  if (reader.rest_begins_with(",")) {
    reader.literal(", ");
    day = reader.number(2);
    const bool is_rfc_850 = reader.rest_begins_with("-");
    const std::string_view separator = is_rfc_850 ? "-" : " ";
    reader.literal(separator);
    month = reader.month();
    reader.literal(separator);
    year = is_rfc_850 ? full_year(reader.number(2), now_seconds) : reader.number(4);
    reader.literal(" ");
    time = reader.time_of_day();
    reader.literal(" GMT");
  } else {
    reader.literal(" ");
    month = reader.month();
    reader.literal(" ");
    day = reader.padded_number();
    reader.literal(" ");
    time = reader.time_of_day();
    reader.literal(" ");
    year = reader.number(4);
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!reader.complete() || !date.ok()) return std::nullopt;
  return (std::chrono::sys_days(date).time_since_epoch() + time) / std::chrono::seconds(1);
}

}  // namespace eventbus::net
