#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "bus/publisher.h"
#include "bus/schedule_directory.h"

#include <boost/asio/awaitable.hpp>

#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// Fires the rules that have a schedule (behaviour §17): each occurrence is an event of source aws.events on the default
// bus, for the rule's own targets and for every rule that matches it, in one commit. UTC.
//
// Time is looked at in windows of a minute, AWS's precision: at the beginning of each, all its occurrences are listed,
// and each is fired at its moment if its rule still has that schedule. That misses nothing, since a schedule that
// changes has its next occurrence a minute later or at the beginning of the next one.
//
// Each occurrence is fired once: a window ends where the next one begins. What was due while the daemon was down, or
// while its machine slept for longer than kLateMax, is not made up for, and the log says so. An occurrence that the
// storage does not take is tried again for as long.
class RuleScheduler {
 public:
  static constexpr Duration kLateMax = std::chrono::minutes(1);

  struct Dependencies {
    const ScheduleDirectory& schedules;
    Publisher& publisher;
    Clock& clock;
    Rng& rng;
    spdlog::logger& log;
  };
  explicit RuleScheduler(Dependencies dependencies) : dependencies_(dependencies) {}

  // Runs until cancelled.
  asio::awaitable<void> run();

 private:
  struct Occurrence {
    TimePoint due;
    ScheduledRule scheduled;
  };

  // Those from `from` on and before `to`, in order.
  std::vector<Occurrence> occurrences(TimePoint from, TimePoint to) const;
  asio::awaitable<void> fire(Occurrence occurrence);
  bool is_too_late(TimePoint due) const { return dependencies_.clock.now() > due + kLateMax; }
  asio::awaitable<bool> sleep_until(TimePoint when);  // false when cancelled

  Dependencies dependencies_;
};

}  // namespace eventbus
