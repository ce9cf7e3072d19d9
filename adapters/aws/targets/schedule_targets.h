#pragma once

#include "bus/delivery_target.h"

#include <memory>

namespace eventbus::aws {

// Deliveries of schedules among those of rules: a schedule's target is given the number of the attempt where its input
// asks for it (<aws.scheduler.attempt-number>). Everything else passes through.
class ScheduleTargets final : public DeliveryTargets {
 public:
  // `targets` outlive this.
  explicit ScheduleTargets(DeliveryTargets& targets) : targets_(targets) {}

  std::shared_ptr<DeliveryTarget> find(const Target& target, const Scope& bus_scope) override;

 private:
  DeliveryTargets& targets_;
};

}  // namespace eventbus::aws
