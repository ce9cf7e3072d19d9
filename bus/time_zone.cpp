#include "bus/time_zone.h"

#include <absl/time/time.h>
#include <algorithm>
#include <cstddef>
#include <string>

namespace eventbus {

struct TimeZone::Zone {
  absl::TimeZone zone;
};

namespace {

constexpr std::size_t kNameMax = 50;  // AWS: of ScheduleExpressionTimezone

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
         c == '-' || c == '+';
}

// What the library would open as a file must be a zone's name and nothing else: no path out of the database, none of
// its other files, and none of the library's own names.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > kNameMax || name.front() == '/' || name.back() == '/') return false;
  if (!std::ranges::all_of(name, is_name_character)) return false;
  for (const std::string_view not_ours : {"posix/", "right/", "Fixed/"})
    if (name.starts_with(not_ours)) return false;
  return name != "localtime" && name != "posixrules" && name != "Factory";
}

// Dates are worked out by <chrono>: in UTC the library's civil seconds are a count like ours.
absl::CivilSecond to_civil_second(TimeZone::Civil civil) {
  return absl::ToCivilSecond(absl::FromUnixSeconds(civil.time_since_epoch().count()), absl::UTCTimeZone());
}

TimeZone::Instant to_instant(absl::Time time) {
  return TimeZone::Instant(std::chrono::seconds(absl::ToUnixSeconds(time)));
}

}  // namespace

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  if (name == "UTC") return utc();
  if (!is_zone_name(name)) return std::nullopt;
  auto zone = std::make_shared<Zone>();
  if (!absl::LoadTimeZone(std::string(name), &zone->zone)) return std::nullopt;
  return TimeZone(std::move(zone));
}

TimeZone TimeZone::utc() { return TimeZone(std::make_shared<Zone>(Zone{absl::UTCTimeZone()})); }

TimeZone::Civil TimeZone::civil(Instant instant) const {
  const auto shown = zone_->zone.At(absl::FromUnixSeconds(instant.time_since_epoch().count()));
  return instant + std::chrono::seconds(shown.offset);
}

std::optional<TimeZone::Instant> TimeZone::first_instant(Civil civil) const {
  const absl::TimeZone::TimeInfo info = zone_->zone.At(to_civil_second(civil));
  if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) return std::nullopt;
  return to_instant(info.pre);
}

TimeZone::Instant TimeZone::instant_of(Civil civil) const {
  const absl::TimeZone::TimeInfo info = zone_->zone.At(to_civil_second(civil));
  return to_instant(info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre);
}

}  // namespace eventbus
