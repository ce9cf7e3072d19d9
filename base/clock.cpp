#include "base/clock.h"

#include "base/wall_clock_sleep.h"

#include <charconv>
#include <cstdint>

namespace eventbus {

TimePoint SystemClock::now() const { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

asio::awaitable<void> SystemClock::sleep_until(TimePoint when) {
  return sleep_by_wall_clock([this] { return now(); }, when);
}

namespace {

struct CivilTime {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<Duration> time;
};

CivilTime civil_time(TimePoint when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss<Duration>(when - day)};
}

// Appends `value` with at least `digits` digits, then `behind`. Every event has a time: printf is too slow.
void append_padded(std::string& text, std::int64_t value, std::size_t digits, char behind) {
  char decimal[24];
  if (value < 0) text += '-';
  const auto magnitude = static_cast<std::uint64_t>(value < 0 ? -value : value);
  const char* const end = std::to_chars(decimal, decimal + sizeof decimal, magnitude).ptr;
  const auto length = static_cast<std::size_t>(end - decimal);
  if (length < digits) text.append(digits - length, '0');
  text.append(decimal, length);
  text += behind;
}

std::string iso_seconds(const CivilTime& civil, char behind) {
  std::string text;
  text.reserve(sizeof "2026-01-02T03:04:05.678Z");
  append_padded(text, static_cast<int>(civil.date.year()), 4, '-');
  append_padded(text, static_cast<unsigned>(civil.date.month()), 2, '-');
  append_padded(text, static_cast<unsigned>(civil.date.day()), 2, 'T');
  append_padded(text, civil.time.hours().count(), 2, ':');
  append_padded(text, civil.time.minutes().count(), 2, ':');
  append_padded(text, civil.time.seconds().count(), 2, behind);
  return text;
}

}  // namespace

std::string format_iso_seconds(TimePoint when) { return iso_seconds(civil_time(when), 'Z'); }

std::string format_iso_milliseconds(TimePoint when) {
  const CivilTime civil = civil_time(when);
  std::string text = iso_seconds(civil, '.');
  append_padded(text, civil.time.subseconds().count(), 3, 'Z');
  return text;
}

}  // namespace eventbus
