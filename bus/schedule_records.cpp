// Stored documents, version 1. JSON objects; a member without a value is left out.
//   schedule  {version, name, group, expression, timeZone, description, kms, start, end, enabled,
//   deleteAfterCompletion,
//              flexible, windowMinutes, target: <AWS's Target>, clientToken, createdAt, modifiedAt, anchor,
//              countedFrom}
//   group     {version, name, clientToken, createdAt, modifiedAt, tags}
// Times are milliseconds since 1970.

#include "bus/schedule_records.h"

#include "bus/arn.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <exception>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::string_view kGroup = "schedule-group/";

std::string arn_of(const Scope& scope, std::string resource) {
  return Arn{"aws", "scheduler", scope.region, scope.account, std::move(resource)}.to_string();
}

std::int64_t milliseconds(TimePoint time) { return time.time_since_epoch().count(); }

std::string text_of(const json::object& object, std::string_view name) {
  return std::string(std::string_view(object.at(name).as_string()));
}

std::optional<std::string> optional_text(const json::object& object, std::string_view name) {
  if (!object.contains(name)) return std::nullopt;
  return text_of(object, name);
}

TimePoint time_of(const json::object& object, std::string_view name) {
  return TimePoint(Duration(object.at(name).to_number<std::int64_t>()));
}

std::optional<TimePoint> optional_time(const json::object& object, std::string_view name) {
  if (!object.contains(name)) return std::nullopt;
  return time_of(object, name);
}

ScheduleRecord read_schedule(const json::object& object) {
  ScheduleRecord schedule;
  schedule.name = text_of(object, "name");
  schedule.group = text_of(object, "group");
  ScheduleSettings& settings = schedule.settings;
  settings.expression = text_of(object, "expression");
  settings.time_zone = text_of(object, "timeZone");
  settings.description = optional_text(object, "description");
  settings.kms_key_arn = optional_text(object, "kms");
  settings.start = optional_time(object, "start");
  settings.end = optional_time(object, "end");
  settings.enabled = object.at("enabled").as_bool();
  settings.delete_after_completion = object.at("deleteAfterCompletion").as_bool();
  settings.window.flexible = object.at("flexible").as_bool();
  if (const json::value* minutes = object.if_contains("windowMinutes"))
    settings.window.minutes = minutes->to_number<std::int64_t>();
  settings.target = decode_target(object.at("target").as_object());
  schedule.client_token = optional_text(object, "clientToken").value_or("");
  schedule.created_at = time_of(object, "createdAt");
  schedule.modified_at = time_of(object, "modifiedAt");
  schedule.anchor = time_of(object, "anchor");
  schedule.counted_from = time_of(object, "countedFrom");
  return schedule;
}

ScheduleGroupRecord read_group(const json::object& object) {
  ScheduleGroupRecord group;
  group.name = text_of(object, "name");
  group.client_token = optional_text(object, "clientToken").value_or("");
  group.created_at = time_of(object, "createdAt");
  group.modified_at = time_of(object, "modifiedAt");
  if (const json::value* tags = object.if_contains("tags"))
    for (const auto& [key, value] : tags->as_object()) group.tags.emplace(key, std::string_view(value.as_string()));
  return group;
}

template <typename Record>
Result<Record> reading(std::string_view document, Record (*read)(const json::object&)) {
  try {
    const json::value root = json::parse(json::string_view(document.data(), document.size()));
    const auto version = root.as_object().at("version").to_number<std::int64_t>();
    if (version != kVersion) return internal("catalog document of version " + std::to_string(version));
    return read(root.as_object());
  } catch (const std::exception& failure) {  // Boost.JSON's accessors and parser report by exception
    return internal(std::string("damaged catalog document: ") + failure.what());
  }
}

}  // namespace

std::string schedule_arn(const ScheduleKey& key) {
  return arn_of(key.group.scope, "schedule/" + key.group.name + "/" + key.name);
}

std::string schedule_group_arn(const ScheduleGroupKey& key) {
  return arn_of(key.scope, std::string(kGroup) + key.name);
}

std::optional<ScheduleGroupKey> parse_schedule_group_arn(std::string_view text) {
  const std::optional<Arn> arn = Arn::parse(text);
  if (!arn || arn->service != "scheduler" || !arn->resource.starts_with(kGroup)) return std::nullopt;
  return ScheduleGroupKey{arn->scope(), arn->resource.substr(kGroup.size())};
}

std::string encode(const ScheduleRecord& schedule) {
  const ScheduleSettings& settings = schedule.settings;
  json::object object;
  object["version"] = kVersion;
  object["name"] = schedule.name;
  object["group"] = schedule.group;
  object["expression"] = settings.expression;
  object["timeZone"] = settings.time_zone;
  if (settings.description) object["description"] = *settings.description;
  if (settings.kms_key_arn) object["kms"] = *settings.kms_key_arn;
  if (settings.start) object["start"] = milliseconds(*settings.start);
  if (settings.end) object["end"] = milliseconds(*settings.end);
  object["enabled"] = settings.enabled;
  object["deleteAfterCompletion"] = settings.delete_after_completion;
  object["flexible"] = settings.window.flexible;
  if (settings.window.minutes) object["windowMinutes"] = *settings.window.minutes;
  object["target"] = encode_target(settings.target);
  if (!schedule.client_token.empty()) object["clientToken"] = schedule.client_token;
  object["createdAt"] = milliseconds(schedule.created_at);
  object["modifiedAt"] = milliseconds(schedule.modified_at);
  object["anchor"] = milliseconds(schedule.anchor);
  object["countedFrom"] = milliseconds(schedule.counted_from);
  return json::serialize(object);
}

std::string encode(const ScheduleGroupRecord& group) {
  json::object object;
  object["version"] = kVersion;
  object["name"] = group.name;
  if (!group.client_token.empty()) object["clientToken"] = group.client_token;
  object["createdAt"] = milliseconds(group.created_at);
  object["modifiedAt"] = milliseconds(group.modified_at);
  if (!group.tags.empty()) {
    json::object& tags = object["tags"].emplace_object();
    for (const auto& [key, value] : group.tags) tags[key] = value;
  }
  return json::serialize(object);
}

Result<ScheduleRecord> decode_schedule(std::string_view document) { return reading(document, read_schedule); }
Result<ScheduleGroupRecord> decode_schedule_group(std::string_view document) { return reading(document, read_group); }

}  // namespace eventbus
