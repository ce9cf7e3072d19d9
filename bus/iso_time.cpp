#include "bus/iso_time.h"

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace eventbus {

namespace {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool take(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  // `least` to `most` digits.
  std::optional<int> digits(std::size_t least, std::size_t most) {
    std::size_t length = 0;
    while (length < text_.size() && length < most && text_[length] >= '0' && text_[length] <= '9') ++length;
    if (length < least) return std::nullopt;
    int value = 0;
    std::from_chars(text_.data(), text_.data() + length, value);
    text_.remove_prefix(length);
    return value;
  }
  // The digits behind a '.', as milliseconds.
  std::optional<Duration> fraction() {
    int milliseconds = 0, unit = 100;
    std::size_t length = 0;
    for (; length < text_.size() && text_[length] >= '0' && text_[length] <= '9'; ++length, unit /= 10)
      milliseconds += (text_[length] - '0') * unit;
    if (length == 0) return std::nullopt;
    text_.remove_prefix(length);
    return Duration(milliseconds);
  }
  // 'Z', or how far the clock that showed the time is ahead of UTC.
  std::optional<Duration> offset() {
    if (take('Z')) return Duration(0);
    const bool behind = take('-');
    if (!behind && !take('+')) return std::nullopt;
    const std::optional<int> hours = digits(2, 2);
    take(':');
    const std::optional<int> minutes = digits(2, 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const Duration ahead = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return behind ? -ahead : ahead;
  }
  bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

}  // namespace

std::optional<TimePoint> parse_iso_time(std::string_view text) {
  Cursor cursor(text);
  const bool before_christ = cursor.take('-');
  const std::optional<int> year = cursor.digits(4, 6);
  if (!year || !cursor.take('-')) return std::nullopt;
  const std::optional<int> month = cursor.digits(2, 2);
  if (!month || !cursor.take('-')) return std::nullopt;
  const std::optional<int> day = cursor.digits(2, 2);
  if (!day || !cursor.take('T')) return std::nullopt;
  const std::optional<int> hour = cursor.digits(2, 2);
  if (!hour || *hour > 23 || !cursor.take(':')) return std::nullopt;
  const std::optional<int> minute = cursor.digits(2, 2);
  if (!minute || *minute > 59 || !cursor.take(':')) return std::nullopt;
  const std::optional<int> second = cursor.digits(2, 2);
  if (!second || *second > 59) return std::nullopt;
  std::optional<Duration> fraction = Duration(0);
  if (cursor.take('.')) fraction = cursor.fraction();
  if (!fraction) return std::nullopt;
  const std::optional<Duration> ahead = cursor.offset();
  const std::chrono::year_month_day date(std::chrono::year(before_christ ? -*year : *year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!ahead || !cursor.at_end() || !date.ok()) return std::nullopt;
  return TimePoint(std::chrono::sys_days(date).time_since_epoch()) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) + *fraction - *ahead;
}

}  // namespace eventbus
