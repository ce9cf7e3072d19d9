#pragma once

#include "bus/arn.h"
#include "bus/queue_error.h"
#include "bus/scope.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// The attribute RedrivePolicy: where messages go that were received too often.
struct RedrivePolicy {
  Arn dead_letter_target;
  std::uint32_t max_receive_count = 0;  // 1–1,000

  // Errors are AWS's: not a JSON map, a member missing, an ARN that is none, a count out of range. Whether the queue
  // exists is not looked at.
  static QueueResult<RedrivePolicy> parse(std::string_view json);
};

// The attribute RedriveAllowPolicy of a dead-letter queue: who may name it in a RedrivePolicy.
struct RedriveAllowPolicy {
  enum Permission { kAllowAll, kDenyAll, kByQueue } permission = kAllowAll;
  std::vector<std::string> source_queue_arns;  // of kByQueue, 1–10

  static QueueResult<RedriveAllowPolicy> parse(std::string_view json);
  bool allows(std::string_view source_arn) const;
};

// May the queue `source_arn` use a dead-letter queue with this RedriveAllowPolicy (nullopt or unreadable = anybody
// may)?
bool redrive_allowed(const std::string* redrive_allow_policy, std::string_view source_arn);

}  // namespace eventbus
