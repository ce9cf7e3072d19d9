#pragma once

#include "adapters/aws/targets/target_directory.h"
#include "bus/delivery_target.h"
#include "tests/simulation/mutations.h"

#include <memory>
#include <utility>

namespace eventbus::simulation {

class Auditor;

// The deliveries of one life of the daemon: the product's own, for URLs and API destinations with the auditor looking
// on, and the functions of the simulation.
class WatchedTargets final : public DeliveryTargets {
 public:
  WatchedTargets(DeliveryTargets& functions, Auditor& auditor, Mutation mutation)
      : functions_(functions), auditor_(auditor), mutation_(mutation) {}

  // Before the first delivery.
  void set(std::unique_ptr<DeliveryTargets> own) { own_ = std::move(own); }

  std::shared_ptr<DeliveryTarget> find(const Target& target, const Scope& bus_scope) override;

 private:
  DeliveryTargets& functions_;
  Auditor& auditor_;
  const Mutation mutation_;
  std::unique_ptr<DeliveryTargets> own_;
};

}  // namespace eventbus::simulation
