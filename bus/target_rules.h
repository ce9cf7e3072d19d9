#pragma once

#include "base/result.h"
#include "bus/arn.h"
#include "bus/bus_records.h"
#include "bus/limits.h"

#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// What PutTargets demands of one target of a rule on `bus` (behaviour §9), input options included. kInvalid with AWS's
// text. Whether the target exists is not asked: AWS does not ask either.
Result<void> check_target(const BusKey& bus, const Target& target, const Limits& limits);

// Defaults that AWS itself writes into what it stores: TaskCount 1 for ECS. Nothing else.
void complete_target(Target& target);

// A target whose Arn is no ARN but an http:// or https:// URL: ours, not AWS's, and subject to
// Limits::allow_http_targets.
bool is_http_url(std::string_view target_arn);

// The ARN of an SQS queue, which deliveries are written to directly; nullopt for every other target.
std::optional<Arn> local_queue(std::string_view target_arn);

// Which bus or log group of this daemon an ARN names.
struct LocalName {
  Scope scope;
  std::string name;
};
std::optional<LocalName> local_bus(const Arn& target);
// arn:aws:logs:…:log-group:NAME, with or without ":*" behind it.
std::optional<LocalName> local_log_group(const Arn& target);

}  // namespace eventbus
