#include "adapters/aws/events/members.h"
#include "adapters/aws/scheduler/scheduler_handlers.h"
#include "adapters/aws/scheduler/scheduler_members.h"
#include "bus/schedule_rules.h"

#include <algorithm>
#include <cmath>

namespace eventbus::aws {

namespace {

// AWS: RetryPolicy is always there when a schedule is shown, and these are its values where none were given.
constexpr std::int64_t kRetries = 185, kEventAgeSeconds = 86'400;

ScheduleGroupKey group_of(const RequestContext& context, const json::object& input) {
  return {context.scope, text(input, "GroupName").value_or(std::string(ScheduleCatalog::kDefaultGroup))};
}

ScheduleKey key_of(const RequestContext& context, const json::object& input) {
  return {group_of(context, input), required_text(input, "Name")};
}

// Seconds, with a fraction or without.
std::optional<TimePoint> time_of(const json::object& input, std::string_view name) {
  const json::value* value = input.if_contains(name);
  if (!value) return std::nullopt;
  constexpr double kMost = 9.0e15, kMillisecondsPerSecond = 1'000.0;
  const double milliseconds = std::clamp(value->to_number<double>() * kMillisecondsPerSecond, -kMost, kMost);
  return TimePoint(Duration(std::llround(milliseconds)));
}

Target target_of(const json::object& input) {
  Target target = decode_target(input);
  target.id = kScheduleTargetId;
  if (!target.retry) target.retry.emplace();
  if (!target.retry->attempts_max) target.retry->attempts_max = kRetries;
  if (!target.retry->event_age_seconds_max) target.retry->event_age_seconds_max = kEventAgeSeconds;
  return target;
}

ScheduleSettings settings_of(const json::object& input) {
  ScheduleSettings settings;
  settings.expression = required_text(input, "ScheduleExpression");
  settings.time_zone = text(input, "ScheduleExpressionTimezone").value_or("UTC");
  settings.description = text(input, "Description");
  settings.kms_key_arn = text(input, "KmsKeyArn");
  settings.start = time_of(input, "StartDate");
  settings.end = time_of(input, "EndDate");
  settings.enabled = text(input, "State").value_or("ENABLED") == "ENABLED";
  settings.delete_after_completion = text(input, "ActionAfterCompletion").value_or("NONE") == "DELETE";
  const json::object& window = input.at("FlexibleTimeWindow").get_object();
  settings.window.flexible = required_text(window, "Mode") == "FLEXIBLE";
  if (const json::value* minutes = window.if_contains("MaximumWindowInMinutes"))
    settings.window.minutes = minutes->get_int64();
  settings.target = target_of(input.at("Target").get_object());
  return settings;
}

json::object shown_target(const Target& target) {
  json::object object = encode_target(target);
  object.erase("Id");
  return object;
}

json::object shown(const ScheduleEntry& schedule) {
  const ScheduleRecord& record = schedule.record;
  const ScheduleSettings& settings = record.settings;
  json::object output;
  output["ActionAfterCompletion"] = settings.delete_after_completion ? "DELETE" : "NONE";
  output["Arn"] = schedule.arn();
  output["CreationDate"] = to_epoch(record.created_at);
  put(output, "Description", settings.description);
  if (settings.end) output["EndDate"] = to_epoch(*settings.end);
  json::object& window = output["FlexibleTimeWindow"].emplace_object();
  if (settings.window.minutes) window["MaximumWindowInMinutes"] = *settings.window.minutes;
  window["Mode"] = settings.window.flexible ? "FLEXIBLE" : "OFF";
  output["GroupName"] = record.group;
  put(output, "KmsKeyArn", settings.kms_key_arn);
  output["LastModificationDate"] = to_epoch(record.modified_at);
  output["Name"] = record.name;
  output["ScheduleExpression"] = settings.expression;
  output["ScheduleExpressionTimezone"] = settings.time_zone;
  if (settings.start) output["StartDate"] = to_epoch(*settings.start);
  output["State"] = settings.enabled ? "ENABLED" : "DISABLED";
  output["Target"] = shown_target(settings.target);
  return output;
}

json::object summary(const ScheduleEntry& schedule) {
  const ScheduleRecord& record = schedule.record;
  json::object output;
  output["Arn"] = schedule.arn();
  output["CreationDate"] = to_epoch(record.created_at);
  output["GroupName"] = record.group;
  output["LastModificationDate"] = to_epoch(record.modified_at);
  output["Name"] = record.name;
  output["State"] = record.settings.enabled ? "ENABLED" : "DISABLED";
  output["Target"].emplace_object()["Arn"] = record.settings.target.arn;
  return output;
}

json::object arn_output(std::string arn) {
  json::object output;
  output["ScheduleArn"] = std::move(arn);
  return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> create_schedule(SchedulerApi& api, const RequestContext& context,
                                                         json::object input) {
  ScheduleSettings settings = settings_of(input);
  CO_TRY_VOID(to_scheduler(check_schedule(settings, context.scope, api.clock.now())));
  ScheduleKey key = key_of(context, input);
  std::string token = text(input, "ClientToken").value_or("");
  CO_TRY(std::string arn,
         to_scheduler(co_await api.catalog.create(std::move(key), std::move(settings), std::move(token))));
  co_return arn_output(std::move(arn));
}

asio::awaitable<AwsResult<json::object>> update_schedule(SchedulerApi& api, const RequestContext& context,
                                                         json::object input) {
  ScheduleSettings settings = settings_of(input);
  ScheduleKey key = key_of(context, input);
  CO_TRY(const ScheduleCatalog::Schedule before, to_scheduler(api.catalog.schedule(key)));
  // A StartDate that has been there all along may be as old as it is.
  const auto& start = before->record.settings.start;
  const TimePoint now = settings.start && start == settings.start ? std::min(*start, api.clock.now()) : api.clock.now();
  CO_TRY_VOID(to_scheduler(check_schedule(settings, context.scope, now)));
  CO_TRY(std::string arn, to_scheduler(co_await api.catalog.update(std::move(key), std::move(settings))));
  co_return arn_output(std::move(arn));
}

asio::awaitable<AwsResult<json::object>> get_schedule(SchedulerApi& api, const RequestContext& context,
                                                      json::object input) {
  CO_TRY(const ScheduleCatalog::Schedule schedule, to_scheduler(api.catalog.schedule(key_of(context, input))));
  co_return shown(*schedule);
}

asio::awaitable<AwsResult<json::object>> delete_schedule(SchedulerApi& api, const RequestContext& context,
                                                         json::object input) {
  ScheduleKey key = key_of(context, input);
  CO_TRY_VOID(to_scheduler(co_await api.catalog.erase(std::move(key))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> list_schedules(SchedulerApi& api, const RequestContext& context,
                                                        json::object input) {
  const std::optional<std::string> group = text(input, "GroupName");
  if (group) CO_TRY_VOID(to_scheduler(api.catalog.group({context.scope, *group})));
  const std::string prefix = text(input, "NamePrefix").value_or("");
  const std::optional<std::string> state = text(input, "State");

  std::vector<std::pair<std::string, ScheduleCatalog::Schedule>> found;
  for (const ScheduleCatalog::Schedule& schedule : api.catalog.schedules(context.scope)) {
    const ScheduleRecord& record = schedule->record;
    const bool enabled = record.settings.enabled;
    if (group && record.group != *group) continue;
    if (!record.name.starts_with(prefix) || (state && (*state == "ENABLED") != enabled)) continue;
    found.emplace_back(record.group + "/" + record.name, schedule);
  }
  std::ranges::sort(found, {}, &std::pair<std::string, ScheduleCatalog::Schedule>::first);
  std::vector<std::string_view> names;
  for (const auto& [name, schedule] : found) names.push_back(name);
  const std::string binding = "ListSchedules " + context.scope.account + " " + context.scope.region + " " +
                              group.value_or("/") + " " + prefix + " " + state.value_or("/");
  CO_TRY(const Page page, scheduler_page(input, binding, names));

  co_return page_output("Schedules", page, [&](std::size_t i) { return summary(*found[i].second); });
}

}  // namespace eventbus::aws
