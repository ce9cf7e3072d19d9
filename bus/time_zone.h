#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

namespace eventbus {

// A time zone of the system's database (/usr/share/zoneinfo): what its clocks show at an instant, and when they show
// something. Cheap to copy; immutable; safe to use from any thread. A zone that was found once is kept as it was then:
// a new release of the database counts after a restart.
class TimeZone {
 public:
  // What clocks show, as a count of seconds that knows no zone: "sys" for the calendar only.
  using Civil = std::chrono::sys_seconds;
  using Instant = std::chrono::sys_seconds;

  // By IANA name, "Europe/Berlin"; nullopt when the system has no such zone. UTC needs no database.
  static std::optional<TimeZone> find(std::string_view name);
  static TimeZone utc();

  Civil civil(Instant instant) const;
  // The first instant at which clocks show `civil`: of an hour that they show twice, the first pass. nullopt when they
  // skip it.
  std::optional<Instant> first_instant(Civil civil) const;
  // The first instant at which clocks show `civil` or, where they skip it, later.
  Instant instant_of(Civil civil) const;

 private:
  struct Zone;
  explicit TimeZone(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}

  std::shared_ptr<const Zone> zone_;
};

}  // namespace eventbus
