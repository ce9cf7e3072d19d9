#pragma once

#include "adapters/aws/targets/target_directory.h"
#include "base/clock.h"
#include "base/rng.h"
#include "bus/log_group_directory.h"
#include "storage/storage.h"

#include <memory>

namespace eventbus::aws {

// Deliveries from lanes to log groups of this daemon. An event reaches a log group in the commit of the PutEvents call
// itself (bus/delivery_plan.h); in a lane waits only what was put there by a version, or a configuration, that knew no
// such group. Everything given outlives the factory.
struct LogGroupTargetDependencies {
  const LogGroupDirectory& groups;
  Storage& storage;
  Clock& clock;
  Rng& rng;
};
std::unique_ptr<TargetFactory> make_log_group_targets(LogGroupTargetDependencies dependencies);

}  // namespace eventbus::aws
