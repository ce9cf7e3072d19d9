// Stored documents, version 1. JSON objects; a member without a value is left out.
//   bus   {version, name, description, kms, deadLetter, log, policy, createdAt, modifiedAt, tags}
//   rule  {version, name, pattern, schedule, description, roleArn, state, createdBy, managedBy, createdAt,
//   scheduledFrom, tags,
//          targets: [{target: <AWS's Target>, lane, archive}]}
//   lane  {version, lane, ruleArn, target: <AWS's Target>, orphanedAt}
// Times are milliseconds since 1970.

#include "bus/bus_records.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <stdexcept>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::int64_t kVersion = 1;

// Writing.

void put(json::object& object, std::string_view name, const std::optional<std::string>& text) {
  if (text) object[name] = *text;
}

void put(json::object& object, std::string_view name, const std::optional<std::int64_t>& number) {
  if (number) object[name] = *number;
}

void put(json::object& object, std::string_view name, TimePoint time) {
  object[name] = time.time_since_epoch().count();
}

void put(json::object& object, std::string_view name, const Tags& tags) {
  if (tags.empty()) return;
  json::object& members = object[name].emplace_object();
  for (const auto& [key, value] : tags) members[key] = value;
}

json::object encode_dead_letter(const DeadLetterConfig& config) {
  json::object object;
  put(object, "Arn", config.arn);
  return object;
}

// Reading. A document of ours that lacks what it must have is damage, answered once, in `reading`.

std::optional<std::string> text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<std::int64_t> number_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (!value || !value->is_number()) return std::nullopt;
  return value->to_number<std::int64_t>();
}

const json::object* object_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value ? value->if_object() : nullptr;
}

std::optional<TimePoint> time_of(const json::object& object, std::string_view name) {
  const std::optional<std::int64_t> milliseconds = number_of(object, name);
  if (!milliseconds) return std::nullopt;
  return TimePoint(Duration(*milliseconds));
}

Tags tags_of(const json::object& object, std::string_view name) {
  Tags tags;
  if (const json::object* members = object_of(object, name)) {
    for (const auto& [key, value] : *members) tags.emplace(key, std::string(value.as_string()));
  }
  return tags;
}

std::optional<DeadLetterConfig> dead_letter_of(const json::object& object, std::string_view name) {
  const json::object* config = object_of(object, name);
  if (!config) return std::nullopt;
  return DeadLetterConfig{text_of(*config, "Arn")};
}

template <typename T>
T required(std::optional<T> value, const char* name) {
  if (!value) throw std::runtime_error(std::string("member missing: ") + name);
  return *std::move(value);
}

template <typename Record>
Result<Record> reading(std::string_view document, Record (*read)(const json::object&)) {
  try {
    const json::value root = json::parse(json::string_view(document.data(), document.size()));
    const std::int64_t version = required(number_of(root.as_object(), "version"), "version");
    if (version != kVersion) return internal("catalog document of version " + std::to_string(version));
    return read(root.as_object());
  } catch (const std::exception& failure) {  // Boost.JSON's accessors and parser report by exception
    return internal(std::string("damaged catalog document: ") + failure.what());
  }
}

BusRecord read_bus(const json::object& object) {
  BusRecord bus;
  bus.name = required(text_of(object, "name"), "name");
  bus.settings.description = text_of(object, "description");
  bus.settings.kms_key_identifier = text_of(object, "kms");
  bus.settings.dead_letter = dead_letter_of(object, "deadLetter");
  if (const json::object* log = object_of(object, "log"))
    bus.settings.log = LogConfig{text_of(*log, "Level"), text_of(*log, "IncludeDetail")};
  bus.policy = text_of(object, "policy");
  bus.created_at = time_of(object, "createdAt");
  bus.modified_at = time_of(object, "modifiedAt");
  bus.tags = tags_of(object, "tags");
  return bus;
}

RuleRecord read_rule(const json::object& object) {
  RuleRecord rule;
  rule.name = required(text_of(object, "name"), "name");
  rule.settings.event_pattern = text_of(object, "pattern");
  rule.settings.schedule_expression = text_of(object, "schedule");
  rule.settings.description = text_of(object, "description");
  rule.settings.role_arn = text_of(object, "roleArn");
  rule.settings.state = required(parse_rule_state(required(text_of(object, "state"), "state")), "state");
  rule.created_by = text_of(object, "createdBy").value_or("");
  rule.managed_by = text_of(object, "managedBy").value_or("");
  rule.created_at = required(time_of(object, "createdAt"), "createdAt");
  rule.scheduled_from = required(time_of(object, "scheduledFrom"), "scheduledFrom");
  rule.tags = tags_of(object, "tags");
  for (const json::value& entry : object.at("targets").as_array()) {
    TargetRecord record;
    record.target = decode_target(entry.as_object().at("target").as_object());
    record.lane = static_cast<QueueId>(number_of(entry.as_object(), "lane").value_or(0));
    record.archive = static_cast<LogId>(number_of(entry.as_object(), "archive").value_or(0));
    std::string id = record.target.id;
    rule.targets.emplace(std::move(id), std::move(record));
  }
  return rule;
}

OrphanedLane read_lane(const json::object& object) {
  OrphanedLane lane;
  lane.lane = static_cast<QueueId>(required(number_of(object, "lane"), "lane"));
  lane.rule_arn = required(text_of(object, "ruleArn"), "ruleArn");
  lane.target = decode_target(object.at("target").as_object());
  lane.orphaned_at = required(time_of(object, "orphanedAt"), "orphanedAt");
  return lane;
}

// What Target holds in typed members; every other member of the structure is a parameter block.
constexpr std::array kTypedTargetMembers = {"Id",         "Arn",           "RoleArn",          "Input",
                                            "InputPath",  "SqsParameters", "InputTransformer", "DeadLetterConfig",
                                            "RetryPolicy"};

}  // namespace

std::string_view to_string(RuleState state) {
  switch (state) {
    case RuleState::kEnabled:
      return "ENABLED";
    case RuleState::kDisabled:
      return "DISABLED";
    case RuleState::kEnabledWithAllCloudTrailManagementEvents:
      return "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
  }
  return "";
}

std::optional<RuleState> parse_rule_state(std::string_view text) {
  for (const RuleState state :
       {RuleState::kEnabled, RuleState::kDisabled, RuleState::kEnabledWithAllCloudTrailManagementEvents}) {
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

json::object encode_target(const Target& target) {
  json::object object;
  object["Id"] = target.id;
  object["Arn"] = target.arn;
  put(object, "RoleArn", target.role_arn);
  put(object, "Input", target.input.input);
  put(object, "InputPath", target.input.input_path);
  if (const auto& transformer = target.input.transformer) {
    json::object& block = object["InputTransformer"].emplace_object();
    if (transformer->paths) {
      json::object& paths = block["InputPathsMap"].emplace_object();
      for (const auto& [name, path] : *transformer->paths) paths[name] = path;
    }
    block["InputTemplate"] = transformer->template_text;
  }
  if (target.sqs) put(object["SqsParameters"].emplace_object(), "MessageGroupId", target.sqs->message_group_id);
  if (target.dead_letter) object["DeadLetterConfig"] = encode_dead_letter(*target.dead_letter);
  if (target.retry) {
    json::object& block = object["RetryPolicy"].emplace_object();
    put(block, "MaximumRetryAttempts", target.retry->attempts_max);
    put(block, "MaximumEventAgeInSeconds", target.retry->event_age_seconds_max);
  }
  for (const auto& [name, block] : target.parameters) object[name] = block;
  return object;
}

Target decode_target(const json::object& document) {
  Target target;
  target.id = text_of(document, "Id").value_or("");
  target.arn = text_of(document, "Arn").value_or("");
  target.role_arn = text_of(document, "RoleArn");
  target.input.input = text_of(document, "Input");
  target.input.input_path = text_of(document, "InputPath");
  if (const json::object* block = object_of(document, "InputTransformer")) {
    InputFields::Transformer& transformer = target.input.transformer.emplace();
    transformer.template_text = text_of(*block, "InputTemplate").value_or("");
    if (object_of(*block, "InputPathsMap")) transformer.paths = tags_of(*block, "InputPathsMap");
  }
  if (const json::object* block = object_of(document, "SqsParameters"))
    target.sqs = SqsParameters{text_of(*block, "MessageGroupId")};
  target.dead_letter = dead_letter_of(document, "DeadLetterConfig");
  if (const json::object* block = object_of(document, "RetryPolicy"))
    target.retry =
        RetryPolicy{number_of(*block, "MaximumRetryAttempts"), number_of(*block, "MaximumEventAgeInSeconds")};
  for (const auto& [name, block] : document) {
    const auto same = [&](const char* typed) { return name == typed; };
    if (std::none_of(kTypedTargetMembers.begin(), kTypedTargetMembers.end(), same)) target.parameters[name] = block;
  }
  return target;
}

std::string encode(const BusRecord& bus) {
  json::object object;
  object["version"] = kVersion;
  object["name"] = bus.name;
  put(object, "description", bus.settings.description);
  put(object, "kms", bus.settings.kms_key_identifier);
  if (bus.settings.dead_letter) object["deadLetter"] = encode_dead_letter(*bus.settings.dead_letter);
  if (bus.settings.log) {
    json::object& log = object["log"].emplace_object();
    put(log, "Level", bus.settings.log->level);
    put(log, "IncludeDetail", bus.settings.log->include_detail);
  }
  put(object, "policy", bus.policy);
  if (bus.created_at) put(object, "createdAt", *bus.created_at);
  if (bus.modified_at) put(object, "modifiedAt", *bus.modified_at);
  put(object, "tags", bus.tags);
  return json::serialize(object);
}

std::string encode(const RuleRecord& rule) {
  json::object object;
  object["version"] = kVersion;
  object["name"] = rule.name;
  put(object, "pattern", rule.settings.event_pattern);
  put(object, "schedule", rule.settings.schedule_expression);
  put(object, "description", rule.settings.description);
  put(object, "roleArn", rule.settings.role_arn);
  object["state"] = to_string(rule.settings.state);
  object["createdBy"] = rule.created_by;
  if (!rule.managed_by.empty()) object["managedBy"] = rule.managed_by;
  put(object, "createdAt", rule.created_at);
  put(object, "scheduledFrom", rule.scheduled_from);
  put(object, "tags", rule.tags);
  json::array& targets = object["targets"].emplace_array();
  for (const auto& [id, record] : rule.targets) {
    json::object entry;
    entry["target"] = encode_target(record.target);
    if (record.lane != 0) entry["lane"] = record.lane;
    if (record.archive != 0) entry["archive"] = record.archive;
    targets.push_back(std::move(entry));
  }
  return json::serialize(object);
}

std::string encode(const OrphanedLane& lane) {
  json::object object;
  object["version"] = kVersion;
  object["lane"] = lane.lane;
  object["ruleArn"] = lane.rule_arn;
  object["target"] = encode_target(lane.target);
  put(object, "orphanedAt", lane.orphaned_at);
  return json::serialize(object);
}

Result<BusRecord> decode_bus(std::string_view document) { return reading(document, read_bus); }
Result<RuleRecord> decode_rule(std::string_view document) { return reading(document, read_rule); }
Result<OrphanedLane> decode_lane(std::string_view document) { return reading(document, read_lane); }

}  // namespace eventbus
