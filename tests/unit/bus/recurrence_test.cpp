// The property test runs with a small budget; longer, and from another seed:
//   EVENTBUS_RANDOM_CASES=5000 EVENTBUS_RANDOM_SEED=7 build/release/bin/unit_bus --gtest_filter='Recurrence.*'

#include "bus/recurrence.h"

#include "base/rng.h"
#include "bus/iso_time.h"
#include "tests/support/cron_definition.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

namespace eventbus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::belongs;
using testing::Chance;
using testing::CronMinute;

TimePoint utc(const std::string& text) { return parse_iso_time(text).value(); }

Recurrence recurrence(const std::string& expression, const std::string& zone = "UTC", Recurrence::Bounds bounds = {}) {
  const auto found = TimeZone::find(zone);
  EXPECT_TRUE(found) << zone;
  const auto parsed = Recurrence::parse(expression, *found, bounds);
  EXPECT_TRUE(parsed) << expression;
  return *parsed;
}

std::string next(const Recurrence& recurrence, const std::string& after) {
  const auto found = recurrence.next(utc(after));
  return found ? format_iso_seconds(*found) : "none";
}

// ---- at ----

TEST(Recurrence, AtIsOnceInItsZone) {
  EXPECT_EQ(next(recurrence("at(2026-11-24T09:30:15)"), "2026-01-01T00:00:00Z"), "2026-11-24T09:30:15Z");
  EXPECT_EQ(next(recurrence("at(2026-07-01T09:30:00)", "America/New_York"), "2026-01-01T00:00:00Z"),
            "2026-07-01T13:30:00Z");
  EXPECT_EQ(next(recurrence("at(2026-11-24T09:30:15)"), "2026-11-24T09:30:15Z"), "none");
  EXPECT_TRUE(recurrence("at(2026-11-24T09:30:15)").is_one_time());
}

TEST(Recurrence, AtInASkippedHourIsWhenClocksJumpAndInARepeatedOneTheFirst) {
  EXPECT_EQ(next(recurrence("at(2026-03-29T02:30:00)", "Europe/Berlin"), "2026-01-01T00:00:00Z"),
            "2026-03-29T01:00:00Z");
  EXPECT_EQ(next(recurrence("at(2026-10-25T02:30:00)", "Europe/Berlin"), "2026-01-01T00:00:00Z"),
            "2026-10-25T00:30:00Z");
}

TEST(Recurrence, AtKnowsNoBounds) {
  const Recurrence::Bounds bounds{utc("2026-01-01T00:00:00Z"), utc("2027-01-01T00:00:00Z"),
                                  utc("2027-02-01T00:00:00Z")};
  EXPECT_EQ(next(recurrence("at(2026-11-24T09:30:00)", "UTC", bounds), "2026-01-01T00:00:00Z"), "2026-11-24T09:30:00Z");
}

TEST(Recurrence, RefusesWhatIsNoTime) {
  for (const char* text :
       {"at(2026-11-24)", "at(2026-11-24T09:30)", "at(2026-02-29T00:00:00)", "at(2026-11-24T24:00:00)",
        "at(2026-11-24T00:60:00)", "at(2026-11-24 09:30:00)", "at(2026-11-24T09:30:00Z)", "at(2026-13-01T00:00:00)",
        "at()", "AT(2026-11-24T09:30:00)", "at(+026-11-24T09:30:00)"}) {
    EXPECT_FALSE(Recurrence::parse(text, TimeZone::utc(), {})) << text;
  }
  EXPECT_FALSE(ScheduleExpression::parse("at(2026-11-24T09:30:00)")) << "rules have no at()";
}

// ---- rate ----

TEST(Recurrence, ARateBeginsAtItsAnchor) {
  const Recurrence every = recurrence("rate(90 minutes)", "UTC", {utc("2026-01-01T00:00:30Z"), {}, {}});
  EXPECT_EQ(next(every, "2025-12-31T00:00:00Z"), "2026-01-01T00:00:30Z");
  EXPECT_EQ(next(every, "2026-01-01T00:00:30Z"), "2026-01-01T01:30:30Z");
  EXPECT_EQ(next(every, "2026-01-01T01:30:29Z"), "2026-01-01T01:30:30Z");
  EXPECT_EQ(next(every, "2026-03-01T00:00:00Z"), "2026-03-01T00:00:30Z");
}

TEST(Recurrence, ADayOfARateHas24HoursWhateverClocksDo) {
  const Recurrence daily = recurrence("rate(1 day)", "Europe/Berlin", {utc("2026-03-28T12:00:00Z"), {}, {}});
  EXPECT_EQ(next(daily, "2026-03-28T12:00:00Z"), "2026-03-29T12:00:00Z");
}

TEST(Recurrence, TakesAnyUnitWithAnyNumberUnlikeRules) {
  for (const char* text : {"rate(1 minutes)", "rate(5 minute)", "rate(1 hours)", "rate(3 day)"}) {
    EXPECT_TRUE(Recurrence::parse(text, TimeZone::utc(), {})) << text;
    EXPECT_FALSE(ScheduleExpression::parse(text)) << text;
  }
  for (const char* text : {"rate(0 minutes)", "rate(5 seconds)", "rate(5 minutess)", "rate(-1 minutes)", "rate(5)"})
    EXPECT_FALSE(Recurrence::parse(text, TimeZone::utc(), {})) << text;
}

// ---- cron ----

TEST(Recurrence, CronFollowsTheClocksOfItsZone) {
  const Recurrence nine = recurrence("cron(0 9 * * ? *)", "America/New_York");
  EXPECT_EQ(next(nine, "2026-03-07T00:00:00Z"), "2026-03-07T14:00:00Z");
  EXPECT_EQ(next(nine, "2026-03-08T00:00:00Z"), "2026-03-08T13:00:00Z") << "summer has begun";
}

TEST(Recurrence, CronSkipsWhatClocksSkip) {
  const Recurrence half_past_two = recurrence("cron(30 2 * * ? *)", "Europe/Berlin");
  EXPECT_EQ(next(half_past_two, "2026-03-28T12:00:00Z"), "2026-03-30T00:30:00Z");
  EXPECT_EQ(next(recurrence("cron(30 12 30 12 ? 2011)", "Pacific/Apia"), "2011-01-01T00:00:00Z"), "none")
      << "a day that Samoa did not have";
}

TEST(Recurrence, CronFiresOnceInARepeatedHour) {
  const Recurrence half_past_two = recurrence("cron(30 2 * * ? *)", "Europe/Berlin");
  EXPECT_EQ(next(half_past_two, "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
  EXPECT_EQ(next(half_past_two, "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00Z");
  const Recurrence quarters = recurrence("cron(0/15 * * * ? *)", "Europe/Berlin");
  EXPECT_EQ(next(quarters, "2026-10-25T00:45:00Z"), "2026-10-25T02:00:00Z") << "the second pass is left out";
  EXPECT_EQ(next(quarters, "2026-10-25T01:20:00Z"), "2026-10-25T02:00:00Z");
}

TEST(Recurrence, BoundsAreIncluded) {
  const Recurrence hourly =
      recurrence("cron(0 * * * ? *)", "UTC",
                 {utc("2026-01-01T00:00:00Z"), utc("2026-01-01T05:00:00Z"), utc("2026-01-01T07:00:00Z")});
  EXPECT_EQ(next(hourly, "2026-01-01T00:00:00Z"), "2026-01-01T05:00:00Z");
  EXPECT_EQ(next(hourly, "2026-01-01T06:00:00Z"), "2026-01-01T07:00:00Z");
  EXPECT_EQ(next(hourly, "2026-01-01T07:00:00Z"), "none");
}

TEST(Recurrence, KnowsSummersBeyondTheTableOfTransitions) {
  EXPECT_EQ(next(recurrence("cron(0 12 1 7 ? 2150)", "Europe/Berlin"), "2026-01-01T00:00:00Z"), "2150-07-01T10:00:00Z");
}

TEST(TimeZone, FindsZonesOfTheDatabaseAndNothingElse) {
  for (const char* name : {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "US/Eastern"})
    EXPECT_TRUE(TimeZone::find(name)) << name;
  for (const char* name : {"", "Europe/Atlantis", "../../../etc/localtime", "/usr/share/zoneinfo/UTC", "localtime",
                           "posix/UTC", "right/UTC", "zone.tab", "Europe", "Europe/", "Fixed/UTC+01:00:00",
                           "file:/etc/localtime", "Europe/Berlin ", "posixrules"})
    EXPECT_FALSE(TimeZone::find(name)) << name;
}

// ---- Against an independent definition: every minute, as the C library's clocks show it ----

// The C library's idea of a zone, for as long as this lives. It shares no code with the product's.
class LibraryClock {
 public:
  explicit LibraryClock(const std::string& zone) {
    ::setenv("TZ", (":" + zone).c_str(), 1);
    ::tzset();
  }
  ~LibraryClock() {
    ::unsetenv("TZ");
    ::tzset();
  }

  struct Shown {
    CronMinute minute;
    int second = 0;
  };
  Shown shown(TimePoint instant) const {
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
    std::tm clock{};
    ::localtime_r(&seconds, &clock);
    const auto day =
        std::chrono::sys_days(std::chrono::year(clock.tm_year + 1900) / (clock.tm_mon + 1) / clock.tm_mday);
    return {day + hours(clock.tm_hour) + minutes(clock.tm_min), clock.tm_sec};
  }
};

const std::vector<std::string> kZones = {
    "Europe/Berlin",     "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",       "Africa/Casablanca",
    "Antarctica/Troll",  "Pacific/Chatham",  "America/St_Johns",    "Europe/Dublin",      "Asia/Tehran",
    "America/Sao_Paulo", "Asia/Kolkata",     "America/Santiago",    "Australia/Adelaide", "UTC"};

// Moments at which clocks change, hour by hour between two years.
std::vector<TimePoint> changes(const LibraryClock& clock, TimePoint from, TimePoint to) {
  std::vector<TimePoint> found;
  for (TimePoint at = from; at < to; at += hours(1)) {
    const auto step = clock.shown(at + hours(1)).minute - clock.shown(at).minute;
    if (step != hours(1)) found.push_back(at);
  }
  return found;
}

// A minute is due when the text says so of what clocks show, and they have not shown it before.
void compare(const std::string& expression, const std::string& zone, TimePoint from, TimePoint to) {
  const LibraryClock clock(zone);
  const Recurrence fast = recurrence(expression, zone);
  CronMinute latest = clock.shown(from - hours(30)).minute;
  for (TimePoint at = from - hours(30); at < from; at += minutes(1)) latest = std::max(latest, clock.shown(at).minute);
  std::optional<TimePoint> next = fast.next(from - Duration(1));
  for (TimePoint at = from; at < to; at += minutes(1)) {
    const LibraryClock::Shown shown = clock.shown(at);
    const bool first_time = shown.minute > latest;
    latest = std::max(latest, shown.minute);
    const bool due = first_time && shown.second == 0 && belongs(expression, shown.minute);
    ASSERT_EQ(due, next == at) << expression << " in " << zone << " at " << format_iso_seconds(at) << ", next is "
                               << (next ? format_iso_seconds(*next) : "none");
    if (due) next = fast.next(at);
  }
}

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::stoull(text) : otherwise;
}

TEST(Recurrence, AgreesWithItsSlowDefinitionMinuteByMinuteInManyZones) {
  const std::uint64_t cases = number_in("EVENTBUS_RANDOM_CASES", 45);
  const std::uint64_t seed = number_in("EVENTBUS_RANDOM_SEED", 20'261'124);
  std::cout << "seed " << seed << "; replay: EVENTBUS_RANDOM_SEED=" << seed << " EVENTBUS_RANDOM_CASES=" << cases
            << "\n";
  Chance chance(seed);
  for (std::uint64_t i = 0; i < cases; ++i) {
    const std::string& zone = kZones[i % kZones.size()];
    // Two years somewhere in four decades, on the day of a change in two of three cases.
    const TimePoint begin = utc("2000-01-01T00:00:00Z") + std::chrono::days(365 * chance.up_to(40));
    const std::vector<TimePoint> at_changes = changes(LibraryClock(zone), begin, begin + std::chrono::days(730));
    TimePoint middle = begin + hours(chance.up_to(730 * 24));
    if (!at_changes.empty() && !chance.one_in(3))
      middle = at_changes[static_cast<std::size_t>(chance.up_to(static_cast<int>(at_changes.size()) - 1))];
    compare(chance.expression(), zone, middle - hours(30), middle + hours(42));
    if (HasFatalFailure()) return;
  }
}

// Busy expressions, so that every minute round a change counts.
TEST(Recurrence, AgreesMinuteByMinuteRoundEveryChangeOfAYear) {
  for (const std::string& zone : kZones) {
    for (const TimePoint at : changes(LibraryClock(zone), utc("2026-01-01T00:00:00Z"), utc("2027-01-01T00:00:00Z"))) {
      compare("cron(0/7 * * * ? *)", zone, at - hours(5), at + hours(5));
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace eventbus
