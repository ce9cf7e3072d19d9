#include "bus/delivery_plan.h"

#include "bus/bus_forwarding.h"
#include "bus/delivery.h"
#include "bus/input_transformer.h"
#include "bus/log_batch.h"
#include "bus/log_delivery.h"

#include <algorithm>

namespace eventbus {

namespace {

// A PutEvents call ends in one commit, however many buses its events pass. What would make that commit huge (buses that
// fan out into buses that fan out) waits in lanes instead, and is published from there.
constexpr std::size_t kForwardedEventsMax = 1'000;
constexpr std::size_t kForwardedBytesMax = 16 << 20;

}  // namespace

void DeliveryPlanner::add(const CompiledBus& bus, const CompiledRule& rule, const Event& event) {
  plan.triggered.push_back(&rule);
  for (const CompiledTarget& target : rule.targets) add_target(bus, rule, target, event);
}

void DeliveryPlanner::add_target(const CompiledBus& bus, const CompiledRule& rule, const CompiledTarget& target,
                                 const Event& event) {
  Invocation invocation;
  invocation.rule = &rule;
  invocation.target = &target;
  invocation.event = &event;
  if (target.kind == CompiledTarget::kBus) return forward(bus, std::move(invocation));
  if (target.kind == CompiledTarget::kArchive) return keep_in_archive(std::move(invocation));
  RenderedInput rendered = render_input(target.input, event, RuleNames{rule.arn, rule.name});
  if (!rendered.valid) return fail(bus, std::move(invocation), invalid_json(), std::move(rendered.text));
  if (target.kind == CompiledTarget::kQueue) return enqueue(bus, std::move(invocation), std::move(rendered.text));
  if (target.kind == CompiledTarget::kLogGroup)
    return append_to_log(bus, std::move(invocation), std::move(rendered.text));
  add_to_lane(std::move(invocation), std::move(rendered.text));
}

void DeliveryPlanner::enqueue(const CompiledBus& bus, Invocation invocation, std::string input) {
  const QueueInfo* queue = invocation.target->other_region ? nullptr : queue_of(*invocation.target);
  if (!queue) return fail(bus, std::move(invocation), no_such_queue(dependencies_.rng.uuid()), std::move(input));
  // A refusal must find the input again: it goes to the dead-letter queue.
  const bool may_refuse = queue->fifo || input.empty() || input.size() > queue->message_bytes_max ||
                          !invocation.target->message_group_id.empty();
  std::string kept = may_refuse ? input : std::string();
  Result<NewMessage, DeliveryFailure> message = make_queue_message(
      *queue, *invocation.target, *invocation.event, std::move(input), dependencies_.now, dependencies_.rng);
  if (!message) return fail(bus, std::move(invocation), std::move(message.error()), std::move(kept));
  invocation.id = message->id;
  plan.commit.messages.push_back(std::move(*message));
  plan.invocations.push_back(std::move(invocation));
}

// Behaviour §11.
void DeliveryPlanner::append_to_log(const CompiledBus& bus, Invocation invocation, std::string input) {
  const CompiledTarget& target = *invocation.target;
  std::shared_ptr<const LogGroupInfo> group;
  if (dependencies_.log_groups && !target.other_region)
    group = dependencies_.log_groups->find(target.local_scope, target.local_name);
  if (!group) return fail(bus, std::move(invocation), no_such_log_group(dependencies_.rng.uuid()), std::move(input));
  const bool transformed = std::holds_alternative<InputSelection::Transformer>(target.input.choice);
  // A refusal must find the input again: it goes to the dead-letter queue.
  const bool may_refuse = transformed || input.empty() || input.size() + kLogEventOverhead > kLogEventBytesMax;
  std::string kept = may_refuse ? input : std::string();
  Result<LogAppend, DeliveryFailure> entry =
      make_log_entry(*group, *invocation.event, std::move(input), transformed, dependencies_.now, dependencies_.rng);
  if (!entry) return fail(bus, std::move(invocation), std::move(entry.error()), std::move(kept));
  invocation.id = dependencies_.rng.uuid();
  plan.commit.log.push_back(std::move(*entry));
  plan.invocations.push_back(std::move(invocation));
}

// Behaviour §16: the event as rules saw it, without its trace header.
void DeliveryPlanner::keep_in_archive(Invocation invocation) {
  const Event& event = *invocation.event;
  invocation.id = dependencies_.rng.uuid();
  plan.commit.log.push_back({invocation.target->archive, event.accepted_at, event.json});
  plan.invocations.push_back(std::move(invocation));
}

// Behaviour §12.
void DeliveryPlanner::forward(const CompiledBus& bus, Invocation invocation) {
  const CompiledTarget& target = *invocation.target;
  const Event& event = *invocation.event;
  Result<Event, DeliveryFailure> forwarded =
      forwarded_event(event, bus.scope, target.local_scope, dependencies_.now, dependencies_.rng);
  if (!forwarded) return fail(bus, std::move(invocation), std::move(forwarded.error()), event.json);

  std::shared_ptr<const CompiledBus> receiver = dependencies_.buses.find(target.local_scope, target.local_name);
  if (!receiver && target.local_scope.account != bus.scope.account)
    return fail(bus, std::move(invocation), no_cross_account_permissions(), event.json);
  if (plan.forwarded.size() >= kForwardedEventsMax || forwarded_bytes_ + event.json.size() > kForwardedBytesMax)
    return add_to_lane(std::move(invocation), event.json);

  if (receiver) {
    forwarded_bytes_ += event.json.size();
    plan.forwarded.push_back({std::move(receiver), std::move(*forwarded)});
  } else {
    plan.for_unknown_buses.push_back({target.local_scope, target.local_name, &event});
  }
  invocation.outcome = Invocation::kForwarded;
  plan.invocations.push_back(std::move(invocation));
}

void DeliveryPlanner::add_to_lane(Invocation invocation, std::string input) {
  const Event& event = *invocation.event;
  Delivery delivery;
  delivery.event_id = event.id;
  delivery.rule_arn = invocation.rule->arn;
  delivery.target_id = invocation.target->id;
  delivery.target_arn = invocation.target->arn;
  delivery.dead_letter_arn = invocation.target->dead_letter_arn;
  delivery.accepted_at = event.accepted_at;
  delivery.trace_header = event.trace_header;
  delivery.hops = event.hops;
  if (input != event.json) delivery.event = event.json;
  delivery.input = std::move(input);

  NewMessage message;
  message.queue = invocation.target->lane;
  message.id = dependencies_.rng.uuid();
  message.body = delivery.encode();
  message.sent_at = event.accepted_at;
  message.visible_at = event.accepted_at;
  invocation.id = message.id;
  plan.commit.messages.push_back(std::move(message));
  plan.uses_lanes = true;
  invocation.outcome = Invocation::kWaiting;
  plan.invocations.push_back(std::move(invocation));
}

void DeliveryPlanner::fail(const CompiledBus& bus, Invocation invocation, DeliveryFailure failure, std::string input) {
  invocation.id = dependencies_.rng.uuid();
  invocation.outcome = Invocation::kFailed;
  invocation.failure = std::move(failure);
  if (invocation.target->dead_letter_arn) {
    invocation.dead_letter_wanted = *invocation.target->dead_letter_arn;
    const std::shared_ptr<const QueueInfo> queue = dead_letter_queue(
        dependencies_.queues, dependencies_.limits, bus.scope.region, *invocation.target->dead_letter_arn);
    if (queue && can_take_dead_letter(*queue, input)) {
      plan.commit.messages.push_back(
          make_dead_letter(*queue, invocation.rule->arn, invocation.target->arn, invocation.failure, std::move(input),
                           invocation.event->trace_header, dependencies_.now, dependencies_.rng));
      invocation.dead_letter_kept = true;
    }
  }
  plan.invocations.push_back(std::move(invocation));
}

const QueueInfo* DeliveryPlanner::queue_of(const CompiledTarget& target) {
  const auto known = std::ranges::find(queues_found_, &target, &decltype(queues_found_)::value_type::first);
  if (known != queues_found_.end()) return known->second.get();
  queues_found_.emplace_back(&target, dependencies_.queues.find(target.local_scope, target.local_name));
  return queues_found_.back().second.get();
}

}  // namespace eventbus
