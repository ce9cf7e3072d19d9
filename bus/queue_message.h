#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "bus/compiled_bus.h"
#include "bus/event.h"
#include "bus/limits.h"
#include "bus/queue_directory.h"
#include "storage/queue_store.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace eventbus {

// Why a delivery failed for good: ERROR_CODE and ERROR_MESSAGE of its dead letter (behaviour §15).
struct DeliveryFailure {
  std::string_view code;  // a literal
  std::string message;
};

DeliveryFailure invalid_json();
// Of a queue that does not exist, and of one in another region, which EventBridge cannot see. `request_id` stands in
// AWS's text.
DeliveryFailure no_such_queue(std::string_view request_id);

// The message a local SQS queue gets for one event; the failure SQS would answer EventBridge with if it cannot take it:
// empty, larger than the queue admits, FIFO without group or without content-based deduplication.
Result<NewMessage, DeliveryFailure> make_queue_message(const QueueInfo& queue, const CompiledTarget& target,
                                                       const Event& event, std::string input, TimePoint now, Rng& rng);
// The same where the message group is known; empty: there is none.
Result<NewMessage, DeliveryFailure> make_queue_message(const QueueInfo& queue, std::string message_group,
                                                       std::string_view trace_header, std::string input, TimePoint now,
                                                       Rng& rng);

// Where a dead letter goes; nullptr when the queue does not exist or is out of reach. AWS: a dead-letter queue is in
// the rule's region; it may be in another account (behaviour §15).
std::shared_ptr<const QueueInfo> dead_letter_queue(const QueueDirectory& queues, const Limits& limits,
                                                   std::string_view bus_region, std::string_view dead_letter_arn);

// What became of the retries of a failed delivery.
struct SpentRetries {
  std::string_view condition;  // EXHAUSTED_RETRY_CONDITION; empty: the failure is no matter of retries
  std::uint32_t made = 0;      // RETRY_ATTEMPTS
};

// The dead letter of a failed delivery: the four attributes of an immediate failure, and two more when retries were
// exhausted. `queue` can take it: see can_take_dead_letter.
NewMessage make_dead_letter(const QueueInfo& queue, std::string_view rule_arn, std::string_view target_arn,
                            const DeliveryFailure& failure, std::string input, std::string_view trace_header,
                            TimePoint now, Rng& rng, const SpentRetries& retries = {});
// AWS: dead-letter queues are standard queues. An empty input is no message: nothing is kept of it, as on AWS
// (behaviour §9, `Input: ""`; §10 rule 4).
bool can_take_dead_letter(const QueueInfo& queue, std::string_view input);

}  // namespace eventbus
