#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/bus_records.h"
#include "bus/scope.h"

#include <boost/json/object.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// What the catalog of EventBridge Scheduler keeps, as plain data, and its stored form.

struct ScheduleGroupKey {
  Scope scope;
  std::string name;

  friend auto operator<=>(const ScheduleGroupKey&, const ScheduleGroupKey&) = default;
};

struct ScheduleKey {
  ScheduleGroupKey group;
  std::string name;

  friend auto operator<=>(const ScheduleKey&, const ScheduleKey&) = default;
};

// arn:aws:scheduler:<region>:<account>:schedule/<group>/<name>, and …:schedule-group/<name>.
std::string schedule_arn(const ScheduleKey& key);
std::string schedule_group_arn(const ScheduleGroupKey& key);
// The group that such an ARN names; nullopt for everything else, ARNs of schedules included.
std::optional<ScheduleGroupKey> parse_schedule_group_arn(std::string_view arn);

struct FlexibleWindow {
  bool flexible = false;                // Mode
  std::optional<std::int64_t> minutes;  // MaximumWindowInMinutes

  Duration length() const { return flexible ? Duration(std::chrono::minutes(minutes.value_or(0))) : Duration(0); }
  friend bool operator==(const FlexibleWindow&, const FlexibleWindow&) = default;
};

// A schedule as CreateSchedule and UpdateSchedule give it, with AWS's defaults filled in.
struct ScheduleSettings {
  std::string expression;
  std::string time_zone = "UTC";
  std::optional<std::string> description, kms_key_arn;
  std::optional<TimePoint> start, end;
  bool enabled = true;
  bool delete_after_completion = false;
  FlexibleWindow window;
  Target target;  // its id is kScheduleTargetId

  // The same occurrences.
  bool same_times(const ScheduleSettings& other) const {
    return expression == other.expression && time_zone == other.time_zone && start == other.start && end == other.end;
  }
};

// The id of every schedule's target: no target of a rule can be called so.
inline constexpr std::string_view kScheduleTargetId = "<aws.scheduler>";

struct ScheduleRecord {
  std::string name, group;
  ScheduleSettings settings;
  std::string client_token;  // of CreateSchedule; empty = none
  TimePoint created_at, modified_at;
  TimePoint anchor;        // a rate counts from here, unless it has a StartDate
  TimePoint counted_from;  // what came due before is none of ours: creation, a change of times, enabling
};

struct ScheduleGroupRecord {
  std::string name;
  std::string client_token;
  TimePoint created_at, modified_at;
  Tags tags;
};

// Stored documents. Each holds a "version"; decoding answers kInternal for what it does not understand.
std::string encode(const ScheduleRecord& schedule);
std::string encode(const ScheduleGroupRecord& group);
Result<ScheduleRecord> decode_schedule(std::string_view document);
Result<ScheduleGroupRecord> decode_schedule_group(std::string_view document);

}  // namespace eventbus
