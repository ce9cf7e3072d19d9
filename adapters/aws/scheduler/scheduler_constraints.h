#pragma once

#include "adapters/aws/constraints.h"

#include <span>

namespace eventbus::aws {

// The inputs of EventBridge Scheduler's operations, from AWS's API model (scheduler 2021-06-30).
std::span<const OperationInput> scheduler_inputs();

}  // namespace eventbus::aws
