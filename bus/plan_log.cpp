#include "bus/plan_log.h"

#include <vector>

namespace eventbus {

void PlanLog::write(const Scope& scope, std::string_view bus, std::string_view request_id, const Event& event,
                    bool forwarded, const ContractViolation* violation) const {
  const BusLogSettings settings = log_.settings(scope, bus);
  if (!settings.wants(BusLogLevel::kError) && !log_.observed()) return;
  std::vector<BusLog::Match> matches;
  const CompiledRule* rule = nullptr;
  for (const DeliveryPlan::Invocation& invocation : plan_.invocations) {
    if (invocation.event != &event) continue;
    // The invocations of a rule stand together.
    if (invocation.rule != rule) matches.push_back({invocation.rule->arn, {}, {}});
    rule = invocation.rule;
    matches.back().target_arns.push_back(invocation.target->arn);
    matches.back().invocation_ids.push_back(invocation.id);
  }
  log_.arrived({scope, bus, request_id, event, settings, forwarded, violation}, matches);
  for (const DeliveryPlan::Invocation& invocation : plan_.invocations)
    if (invocation.event == &event) write_ended(scope, bus, invocation, settings);
}

void PlanLog::write_ended(const Scope& scope, std::string_view bus, const DeliveryPlan::Invocation& invocation,
                          BusLogSettings settings) const {
  using Ended = DeliveryPlan::Invocation;
  if (invocation.outcome == Ended::kWaiting) return;
  LaneTarget target;
  target.bus_scope = scope;
  target.bus = bus;
  target.target.arn = invocation.target->arn;
  Delivery delivery;
  delivery.event_id = invocation.event->id;
  delivery.accepted_at = invocation.event->accepted_at;
  delivery.rule_arn = invocation.rule->arn;
  delivery.target_id = invocation.target->id;
  delivery.target_arn = invocation.target->arn;
  if (!invocation.dead_letter_wanted.empty()) delivery.dead_letter_arn = invocation.dead_letter_wanted;
  const BusLog::Invocation described{target, delivery, invocation.id, 1, settings};
  const Duration age = now_ - invocation.event->accepted_at;

  if (invocation.outcome == Ended::kForwarded) {
    log_.forwarded(described);
    return;
  }
  log_.attempt_begins(described);
  if (invocation.outcome == Ended::kDelivered) {
    log_.attempt_ended(described, AttemptOutcome::delivered(), age);
    log_.succeeded(described, {age, age});
    return;
  }
  AttemptOutcome outcome;
  outcome.kind = AttemptOutcome::kFailed;
  outcome.failure = invocation.failure;
  log_.attempt_ended(described, outcome, age);
  log_.failed(described, {age, age}, invocation.failure, invocation.dead_letter_kept);
}

}  // namespace eventbus
