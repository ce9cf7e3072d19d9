#pragma once

#include "bus/schedule_records.h"
#include "tests/simulation/specs.h"
#include "tests/simulation/timeline.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::simulation {

// A schedule of EventBridge Scheduler, in the few forms that can be understood without a calendar.
struct ScheduleSpec {
  enum Kind { kAt, kRate, kCron };

  bool exists = false, enabled = true, delete_after = false;
  std::uint64_t epoch = 0;  // which of its times: grows when they change
  Kind kind = kAt;
  TimePoint at;                         // of kAt
  std::int64_t minutes = 1;             // the step
  bool in_india = false;                // its clocks are five hours and a half ahead
  std::optional<TimePoint> start, end;  // of what recurs; both included
  std::int64_t window_minutes = 0;      // flexible, if there are any
  TargetSpec target;
  Cadence cadence;  // of a rate without a start

  ScheduleSettings settings(const std::string& name) const;
  Duration window() const { return std::chrono::minutes(window_minutes); }
  // Does it come due at this second?
  bool names(TimePoint second) const;
  // When it surely does, from `from` on and before `to`.
  std::vector<TimePoint> certain(TimePoint from, TimePoint to) const;
  // Nothing is left of it by then.
  bool may_be_complete(TimePoint by) const;
  friend bool operator==(const ScheduleSpec&, const ScheduleSpec&) = default;
};

// The auditor's idea of schedules: which there were when.
class ScheduleBook {
 public:
  struct Schedule {
    Timeline<ScheduleSpec> spec{ScheduleSpec{}};
    bool changing = false;
  };
  void add(const std::string& name) { schedules_.try_emplace(name); }
  Schedule& schedule(const std::string& name) { return schedules_.at(name); }
  const std::map<std::string, Schedule>& schedules() const { return schedules_; }

 private:
  std::map<std::string, Schedule> schedules_;
};

ScheduleKey schedule_key(const std::string& name);
// "name~epoch": what stands in place of a rule in the tokens of occurrences.
std::string schedule_way(const std::string& name, std::uint64_t epoch);
struct ScheduleWay {
  std::string name;
  std::uint64_t epoch = 0;
};
std::optional<ScheduleWay> parse_schedule_way(std::string_view text);

}  // namespace eventbus::simulation
