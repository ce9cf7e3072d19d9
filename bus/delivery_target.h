#pragma once

#include "base/clock.h"
#include "bus/bus_records.h"
#include "bus/delivery.h"
#include "bus/queue_message.h"
#include "bus/scope.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// One attempt to hand one event to one target. Everything in it outlives the attempt.
struct DeliveryAttempt {
  const Delivery& delivery;
  const Target& target;    // as PutTargets gave it: its parameter blocks, RoleArn, …
  const Scope& bus_scope;  // account and region of the rule's bus
  std::uint32_t number;    // 1 for the first
  TimePoint deadline;      // an answer that has not come by then is a timeout
};

// What an attempt came to. Outcomes are data: whether and when there is another attempt is decided by
// bus/retry_policy.h, never by a target.
struct AttemptOutcome {
  enum Kind {
    kDelivered,
    kRetry,   // may succeed later: throttling, 5xx, timeouts, connection errors, anything unknown (behaviour §14)
    kFailed,  // never: missing target or permission, bad parameters, hop limits (behaviour §14)
  };
  Kind kind = kDelivered;
  DeliveryFailure failure;  // of kRetry and kFailed: ERROR_CODE and ERROR_MESSAGE (behaviour §15)
  // Of kRetry: no attempt sooner than this (Retry-After).
  std::optional<Duration> retry_after;
  bool throttled = false;  // of kRetry: the target asked for less
  // What the target answered, for log records (behaviour §18); the body clipped to 4 KiB.
  std::optional<unsigned> http_status;
  std::string response_body;

  static AttemptOutcome delivered() { return {}; }
  static AttemptOutcome retry(std::string_view code, std::string message) {
    return {.kind = kRetry, .failure = {code, std::move(message)}};
  }
  static AttemptOutcome failed(std::string_view code, std::string message) {
    return {.kind = kFailed, .failure = {code, std::move(message)}};
  }
};

// Where a delivery goes: another bus, a log group, a function, a URL, a service of real AWS. Stateless as to single
// deliveries; safe to call from any shard, and resumes on the caller's executor. Never throws for what the other side
// does. Cancellation ends an attempt early with kRetry.
class DeliveryTarget {
 public:
  virtual ~DeliveryTarget() = default;

  // One outcome per attempt, index-aligned. Never more attempts than batch_max().
  virtual asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) = 0;

  // How many deliveries one call takes when there is a backlog: 10 for PutEvents and SendMessageBatch.
  virtual std::size_t batch_max() const { return 1; }
  // How many calls of one lane may be under way at once.
  virtual std::size_t concurrency_max() const { return 8; }
  // How long one call may take in all. AWS: an API destination has 5 s (behaviour §13).
  virtual Duration timeout() const { return Duration{5'000}; }
  // Invocations a second that the target admits, over all lanes that lead to it; 0 = any number. Waiting for it is no
  // attempt, and lanes that share `rate_key` share the rate.
  virtual double rate_per_second() const { return 0; }
  virtual std::string_view rate_key() const { return {}; }
};

// Which delivery there is for a target. Asked anew for each lease of a lane, so that a changed connection, a new
// `forward` section or a deleted API destination takes effect at once. Safe to call from any thread; cheap.
class DeliveryTargets {
 public:
  virtual ~DeliveryTargets() = default;
  // nullptr: this daemon has no delivery for such a target (an ECS task, say, in an account that is not forwarded).
  // What waits for it goes on waiting: no attempt counts and no age runs. A target that is known but missing (a deleted
  // API destination) is one whose attempts fail, not nullptr.
  virtual std::shared_ptr<DeliveryTarget> find(const Target& target, const Scope& bus_scope) = 0;
};

}  // namespace eventbus
