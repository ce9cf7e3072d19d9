#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "bus/publisher.h"
#include "bus/schedule_directory.h"

#include <boost/asio/awaitable.hpp>

#include <deque>
#include <string>
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
// changes has its next occurrence a minute later or at the beginning of the next one. Where time is moved, windows in
// which nothing comes due are passed over (base/lenient_sleep.h); a rule that somebody makes while that goes on may be
// fired late, but is not passed over.
//
// Each occurrence is fired once: a window ends where the next one begins. What was due while the daemon was down, or
// while its machine slept for longer than kLateMax, is not made up for, and the log says so. An occurrence that cannot
// be published, for a full disk or a full outbox, is tried again for as long, and holds up no other.
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
    TimePoint try_at;  // when it is due, or later
    std::string id = {};
    TimePoint accepted_at = {};  // when it was tried first
    std::string refusal = {};    // of the last try
  };

  // Those from `from` on and before `to`, in order.
  std::vector<Occurrence> occurrences(TimePoint from, TimePoint to) const;
  // The first one from `from` on, or `to` if that is earlier.
  TimePoint next_due(TimePoint from, TimePoint to) const;
  asio::awaitable<void> fire_first();
  void insert(Occurrence occurrence);
  bool is_too_late(TimePoint due) const { return dependencies_.clock.now() > due + kLateMax; }
  asio::awaitable<bool> sleep_until(TimePoint when, Duration leniency = Duration(0));  // false when cancelled

  Dependencies dependencies_;
  std::deque<Occurrence> waiting_;  // by try_at: those of the present window, and earlier ones that were refused
};

}  // namespace eventbus
