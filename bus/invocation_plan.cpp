#include "bus/invocation_plan.h"

#include "bus/schedule_invocation.h"
#include "bus/target_rules.h"

#include <optional>
#include <utility>

namespace eventbus {

namespace {

// Scheduler passes on what the target's API said.
DeliveryFailure as_scheduler_says(DeliveryFailure failure) {
  if (failure.code == "NO_RESOURCE") failure.code = "AWS.SimpleQueueService.NonExistentQueue";
  if (failure.code == "INVALID_PARAMETER") failure.code = "InvalidParameterValue";
  return failure;
}

// AWS: text as it stands; nothing is read from the input, whatever it begins with.
std::string message_group_of(const Target& target) {
  return target.sqs ? target.sqs->message_group_id.value_or("") : std::string();
}

}  // namespace

bool InvocationPlan::needs_lane(const Target& target) const {
  const std::optional<Arn> queue = local_queue(target.arn);
  return !queue || dependencies_.leads_elsewhere(*queue);
}

Result<NewMessage, DeliveryFailure> InvocationPlan::message(const ScheduleEntry& schedule, Delivery invocation,
                                                            Commit& commit) {
  const Target& target = schedule.record.settings.target;
  if (!needs_lane(target)) return queue_message(target, *local_queue(target.arn), std::move(invocation));
  if (const std::optional<Arn> arn = Arn::parse(target.arn); arn && arn->service == "events") {
    Result<std::string, DeliveryFailure> envelope = scheduled_envelope(schedule, invocation, dependencies_.rng);
    if (!envelope) return std::move(envelope).error();
    invocation.event = *std::move(envelope);
  }
  invocation.message_group = message_group_of(target);
  const TimePoint now = dependencies_.clock.now();
  NewMessage message;
  message.queue = dependencies_.lanes.prepare(schedule.key.group.scope, target, commit);
  message.id = dependencies_.rng.uuid();
  message.body = invocation.encode();
  message.sent_at = now;
  message.visible_at = now;
  return message;
}

Result<NewMessage, DeliveryFailure> InvocationPlan::queue_message(const Target& target, const Arn& arn,
                                                                  Delivery invocation) {
  const std::shared_ptr<const QueueInfo> queue = dependencies_.queues.find(arn.scope(), arn.resource);
  if (!queue) return as_scheduler_says(no_such_queue(dependencies_.rng.uuid()));
  std::string body = with_attempt_number(invocation.input, 1);
  Result<NewMessage, DeliveryFailure> message = make_queue_message(
      *queue, message_group_of(target), "", std::move(body), dependencies_.clock.now(), dependencies_.rng);
  if (!message) return as_scheduler_says(std::move(message).error());
  return message;
}

}  // namespace eventbus
