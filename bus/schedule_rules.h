#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/recurrence.h"
#include "bus/schedule_records.h"
#include "bus/scope.h"

#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// What Scheduler demands of a schedule beyond the constraints of the model. kInvalid with AWS's text (captured by
// others from us-east-1 in 2026, unless a comment says otherwise).
Result<void> check_schedule(const ScheduleSettings& settings, const Scope& scope, TimePoint now);

// The operation a universal target names, arn:aws:scheduler:::aws-sdk:sqs:sendMessage; nullopt for other targets.
struct UniversalTarget {
  std::string service, action;  // "sqs", "sendMessage"
};
std::optional<UniversalTarget> universal_target(std::string_view arn);

// Of a schedule that passed the check. nullopt: the time zone is gone from the system's database since then.
std::optional<Recurrence> recurrence_of(const ScheduleRecord& schedule);

}  // namespace eventbus
