#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "bus/compiled_bus.h"
#include "bus/event.h"
#include "bus/queue_directory.h"
#include "storage/queue_store.h"

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

// The dead letter of a failed delivery, with exactly the four attributes of an immediate failure. `queue` can take it:
// see can_take_dead_letter.
NewMessage make_dead_letter(const QueueInfo& queue, std::string_view rule_arn, std::string_view target_arn,
                            const DeliveryFailure& failure, std::string input, std::string_view trace_header,
                            TimePoint now, Rng& rng);
// AWS: dead-letter queues are standard queues. An empty input is no message: nothing is kept of it, as on AWS
// (behaviour §9, `Input: ""`; §10 rule 4).
bool can_take_dead_letter(const QueueInfo& queue, std::string_view input);

}  // namespace eventbus
