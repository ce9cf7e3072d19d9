#pragma once

#include <cstddef>
#include <cstdint>

namespace eventbus {

// Every limit that AWS sets and an operator may raise, with AWS's values (eventbridge-behaviour §3–4): "works here,
// fails in AWS" is what people complain about. daemon/config.cpp declares one setting for each; `--relaxed` lifts them
// together.
struct Limits {
  // EventBridge
  std::size_t buses_per_region = 100;
  std::size_t rules_per_bus = 300;
  std::size_t wildcard_rules_per_bus = 30;
  std::size_t targets_per_rule = 5;
  std::size_t event_pattern_characters = 2'048;
  std::size_t bus_policy_bytes = 10'240;
  std::size_t put_events_entries = 10;
  std::size_t put_events_bytes = 1'048'576;
  std::size_t tags_per_resource = 50;
  bool allow_aws_sources = false;              // PutEvents with a source that begins with "aws."
  bool allow_bus_target_without_role = false;  // AWS wants RoleArn on bus targets
  bool allow_cross_region_queues = false;      // AWS fails the delivery to an SQS queue of another region
  bool allow_http_targets = false;             // AWS takes ARNs only, no plain URLs

  // SQS
  std::size_t message_bytes = 1'048'576;  // one message, and the sum of a batch
  std::size_t in_flight_messages = 120'000;
  std::size_t in_flight_messages_fifo = 120'000;

  // Ours: PutEvents answers ThrottlingException while deliveries that wait in outbox lanes reach one of these.
  std::uint64_t outbox_messages_max = 1'000'000;
  std::uint64_t outbox_bytes_max = 4ULL << 30;
};

}  // namespace eventbus
