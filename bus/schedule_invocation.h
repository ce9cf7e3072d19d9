#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "bus/delivery.h"
#include "bus/queue_message.h"
#include "bus/schedule_catalog.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace eventbus {

// What the target of a schedule is given. AWS: context attributes in Input are replaced by text, wherever they stand:
//   <aws.scheduler.schedule-arn>    <aws.scheduler.scheduled-time>   2026-11-24T09:30:00Z
//   <aws.scheduler.execution-id>    16 characters, the same for all attempts at one occurrence
//   <aws.scheduler.attempt-number>  from 1 on: left in place here, see with_attempt_number()
// Without Input it is AWS's default notification, of detail-type "Scheduled Event".
Delivery make_invocation(const DueSchedule& due, TimePoint now, Rng& rng);

// For an event bus (EventBridgeParameters): an event of the schedule's source and detail type, the input its detail, as
// the envelope that targets of rules are given. The failure is that of a PutEvents entry.
Result<std::string, DeliveryFailure> scheduled_envelope(const ScheduleEntry& schedule, const Delivery& invocation,
                                                        Rng& rng);

bool mentions_attempt_number(std::string_view input);
std::string with_attempt_number(std::string_view input, std::uint32_t attempt);

// The dead letter of an invocation, with the attributes that Scheduler writes: ERROR_CODE, ERROR_MESSAGE, EXECUTION_ID,
// EXHAUSTED_RETRY_CONDITION, IS_PAYLOAD_TRUNCATED, RETRY_ATTEMPTS, SCHEDULED_TIME, SCHEDULE_ARN, TARGET_ARN (Scheduler
// user guide, Retrieve the dead-letter event). A body that is too large for the queue is truncated.
NewMessage make_schedule_dead_letter(const QueueInfo& queue, const Delivery& invocation, const DeliveryFailure& failure,
                                     TimePoint now, Rng& rng, const SpentRetries& retries);

}  // namespace eventbus
