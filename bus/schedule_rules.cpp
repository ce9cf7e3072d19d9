#include "bus/schedule_rules.h"

#include "bus/arn.h"
#include "bus/json_text.h"
#include "bus/time_zone.h"

#include <algorithm>
#include <array>
#include <utility>

namespace eventbus {

namespace {

constexpr Duration kStartMayBePast = std::chrono::minutes(5);

// AWS: the services of templated targets.
constexpr std::array<std::string_view, 12> kServices = {"codebuild", "codepipeline", "ecs",     "events",
                                                        "firehose",  "inspector",    "kinesis", "lambda",
                                                        "sagemaker", "sns",          "sqs",     "states"};

struct ParameterBlock {
  std::string_view name, service;
};
constexpr std::array kBlocks = {
    ParameterBlock{"EcsParameters", "ecs"}, ParameterBlock{"EventBridgeParameters", "events"},
    ParameterBlock{"KinesisParameters", "kinesis"}, ParameterBlock{"SageMakerPipelineParameters", "sagemaker"}};
// Without these the target's API cannot be called. EventBridge's and Kinesis's by analogy with the captured text.
constexpr std::array kNeededBlocks = {kBlocks[0], kBlocks[1], kBlocks[2]};

// AWS passes the input of these on as JSON.
constexpr std::array<std::string_view, 3> kJsonServices = {"events", "lambda", "states"};

constexpr std::array<std::string_view, 3> kReadingActions = {"get", "describe", "list"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Result<void> check_times(const ScheduleSettings& settings, TimePoint now) {
  const std::optional<TimeZone> zone = TimeZone::find(settings.time_zone);
  // The text is ours: none was captured.
  if (!zone) return invalid("Invalid ScheduleExpressionTimezone " + settings.time_zone + ".");
  const auto recurrence = Recurrence::parse(settings.expression, *zone, {now, settings.start, settings.end});
  if (!recurrence) return invalid("Invalid Schedule Expression " + settings.expression + ".");
  if (recurrence->is_one_time()) return {};
  if (settings.start && *settings.start < now - kStartMayBePast)
    return invalid("The StartDate you specify cannot be earlier than 5 minutes ago.");
  if (settings.start && settings.end && *settings.start >= *settings.end)
    return invalid("The StartDate you specify must come before the EndDate.");
  return {};
}

Result<void> check_window(const FlexibleWindow& window) {
  if (window.flexible && !window.minutes)
    return invalid("MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.");
  if (!window.flexible && window.minutes)
    return invalid("MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.");
  return {};
}

Result<void> check_universal(const UniversalTarget& called, const Target& target) {
  if (!target.input.input) return invalid("You must provide an input to set this target for your schedule.");
  if (!is_json(*target.input.input)) return invalid("JSON syntax error in input for the target.");
  for (const std::string_view reading : kReadingActions)
    if (called.action.starts_with(reading)) return invalid(called.action + " API is not supported.");
  return {};
}

Result<void> check_parameters(const Arn& arn, const Target& target) {
  for (const ParameterBlock& block : kBlocks)
    if (target.parameters.contains(block.name) && arn.service != block.service)
      return invalid("Parameters " + std::string(block.name) + " not supported for the target.");
  for (const ParameterBlock& block : kNeededBlocks)
    if (arn.service == block.service && !target.parameters.contains(block.name))
      return invalid("Parameters " + std::string(block.name) + " must be specified.");
  if (target.sqs && arn.service != "sqs") return invalid("Parameters SqsParameters not supported for the target.");
  if (arn.service != "sqs") return {};
  const bool fifo = arn.resource.ends_with(".fifo");
  if (fifo && !target.sqs) return invalid("Parameters SqsParameters must be specified.");
  if (!fifo && target.sqs && target.sqs->message_group_id)
    return invalid("Parameters MessageGroupId not valid for the target.");
  return {};
}

Result<void> check_target(const Target& target, const Scope& scope) {
  const std::optional<Arn> arn = Arn::parse(target.arn);
  if (!arn) return invalid("Parameter " + target.arn + " is not valid. Reason: Provided Arn is not in correct format.");
  if (const auto called = universal_target(target.arn)) return check_universal(*called, target);
  if (!contains(kServices, arn->service)) return invalid(arn->service + " is not a supported service for a target.");
  if (!arn->region.empty() && arn->region != scope.region)
    return invalid("The target ARN provided does not match the current region " + scope.region + ".");
  TRY_VOID(check_parameters(*arn, target));
  if (target.input.input && contains(kJsonServices, arn->service) && !is_json(*target.input.input))
    return invalid("JSON syntax error in input for the target.");
  return {};
}

}  // namespace

Result<void> check_schedule(const ScheduleSettings& settings, const Scope& scope, TimePoint now) {
  TRY_VOID(check_times(settings, now));
  TRY_VOID(check_window(settings.window));
  return check_target(settings.target, scope);
}

std::optional<UniversalTarget> universal_target(std::string_view arn) {
  constexpr std::string_view kPrefix = "arn:aws:scheduler:::aws-sdk:";
  if (!arn.starts_with(kPrefix)) return std::nullopt;
  arn.remove_prefix(kPrefix.size());
  const std::size_t colon = arn.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == arn.size()) return std::nullopt;
  return UniversalTarget{std::string(arn.substr(0, colon)), std::string(arn.substr(colon + 1))};
}

std::optional<Recurrence> recurrence_of(const ScheduleRecord& schedule) {
  const ScheduleSettings& settings = schedule.settings;
  std::optional<TimeZone> zone = TimeZone::find(settings.time_zone);
  if (!zone) return std::nullopt;
  const TimePoint anchor = settings.start.value_or(schedule.anchor);
  return Recurrence::parse(settings.expression, *std::move(zone), {anchor, settings.start, settings.end});
}

}  // namespace eventbus
