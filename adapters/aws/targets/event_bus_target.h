#pragma once

#include "adapters/aws/targets/target_directory.h"
#include "base/clock.h"
#include "base/rng.h"
#include "bus/compiled_bus.h"
#include "bus/publisher.h"

#include <memory>

namespace eventbus::aws {

// Deliveries from lanes to buses of this daemon. An event reaches such a bus in the plan of the PutEvents call itself
// (bus/delivery_plan.h); in a lane waits only what would have made that plan too large, and what an earlier
// configuration sent elsewhere. Everything given outlives the factory.
struct EventBusTargetDependencies {
  Publisher& publisher;
  const BusDirectory& buses;
  Clock& clock;
  Rng& rng;
};
std::unique_ptr<TargetFactory> make_event_bus_targets(EventBusTargetDependencies dependencies);

}  // namespace eventbus::aws
