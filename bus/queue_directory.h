#pragma once

#include "bus/scope.h"
#include "storage/queue_store.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// The attributes of an SQS queue that have behaviour, decoded; `attributes` holds what the user set, with the very text
// he set.
struct QueueInfo {
  QueueId id = 0;
  Scope scope;
  std::string name, arn;
  bool fifo = false;
  bool content_based_deduplication = false;
  bool deduplicate_per_group = false;  // DeduplicationScope = messageGroup
  Duration delay{0};
  Duration visibility_timeout{30'000};
  Duration receive_wait{0};
  Duration retention{345'600'000};
  std::size_t message_bytes_max = 1'048'576;
  std::optional<std::string> dead_letter_arn;  // of RedrivePolicy
  std::uint32_t max_receive_count = 0;
  TimePoint created_at, modified_at;
  std::map<std::string, std::string> attributes;  // as set, byte for byte (RedrivePolicy, Policy, …)
  std::map<std::string, std::string> tags;
};

// Which queues exist, for whoever delivers to one. Safe to call from any thread; a QueueInfo is an immutable snapshot.
class QueueDirectory {
 public:
  virtual ~QueueDirectory() = default;
  virtual std::shared_ptr<const QueueInfo> find(const Scope& scope, std::string_view name) const = 0;
};

}  // namespace eventbus
