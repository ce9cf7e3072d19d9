#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/input_transformer.h"
#include "bus/scope.h"
#include "storage/event_log.h"
#include "storage/queue_store.h"

#include <boost/json/object.hpp>

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// What the catalog keeps of buses, rules and targets, as plain data, and its stored form. Optionals are what the user
// gave: nothing is filled in that he left out, since Terraform would see a difference.

struct BusKey {
  Scope scope;
  std::string name;

  friend auto operator<=>(const BusKey&, const BusKey&) = default;
};

struct RuleKey {
  BusKey bus;
  std::string name;
};

using Tags = std::map<std::string, std::string>;

struct DeadLetterConfig {
  std::optional<std::string> arn;
};

struct LogConfig {
  std::optional<std::string> level, include_detail;
};

struct BusSettings {
  std::optional<std::string> description, kms_key_identifier;
  std::optional<DeadLetterConfig> dead_letter;
  std::optional<LogConfig> log;
};

struct BusRecord {
  std::string name;
  BusSettings settings;
  std::optional<std::string> policy;    // JSON text, compact
  std::optional<TimePoint> created_at;  // the default bus was never created
  std::optional<TimePoint> modified_at;
  Tags tags;
};

struct RetryPolicy {
  std::optional<std::int64_t> attempts_max, event_age_seconds_max;
};

struct SqsParameters {
  std::optional<std::string> message_group_id;
};

// A target as PutTargets gave it.
struct Target {
  std::string id, arn;
  std::optional<std::string> role_arn;
  InputFields input;
  std::optional<SqsParameters> sqs;
  std::optional<DeadLetterConfig> dead_letter;
  std::optional<RetryPolicy> retry;
  // The parameter blocks of targets (EcsParameters, HttpParameters, …), by AWS's member name, verbatim.
  boost::json::object parameters;
};

struct TargetRecord {
  Target target;
  QueueId lane = 0;   // the outbox lane in which its deliveries wait; 0: a local queue or archive, written to directly
  LogId archive = 0;  // of the target of an archive's managed rule: the log of the archive's events
};

enum class RuleState { kEnabled, kDisabled, kEnabledWithAllCloudTrailManagementEvents };

std::string_view to_string(RuleState state);
std::optional<RuleState> parse_rule_state(std::string_view text);

struct RuleSettings {
  std::optional<std::string> event_pattern, schedule_expression, description, role_arn;
  RuleState state = RuleState::kEnabled;
};

struct RuleRecord {
  std::string name;
  RuleSettings settings;
  std::string created_by;  // the account that put it
  std::string managed_by;  // empty = a user's rule
  Tags tags;
  TimePoint created_at;
  TimePoint scheduled_from;  // a rate counts from here: creation, the last change of the expression, the last enable
  std::map<std::string, TargetRecord> targets;  // by id

  bool enabled() const { return settings.state != RuleState::kDisabled; }
};

// A lane whose target is gone or points elsewhere now: what waits in it is still delivered (behaviour §14).
struct OrphanedLane {
  QueueId lane = 0;
  std::string rule_arn;
  Target target;  // as it was: its parameters still hold for what waits
  TimePoint orphaned_at;
};

// In the shape of AWS's Target structure, which is also the stored one.
boost::json::object encode_target(const Target& target);
Target decode_target(const boost::json::object& document);

// Stored documents. Each holds a "version"; decoding answers kInternal for what it does not understand.
std::string encode(const BusRecord& bus);
std::string encode(const RuleRecord& rule);
std::string encode(const OrphanedLane& lane);
Result<BusRecord> decode_bus(std::string_view document);
Result<RuleRecord> decode_rule(std::string_view document);
Result<OrphanedLane> decode_lane(std::string_view document);

}  // namespace eventbus
