#pragma once

#include "adapters/aws/constraints.h"

#include <span>

namespace eventbus::aws {

// The inputs of EventBridge's implemented operations, as its API model (2015-10-07) constrains them; sorted by
// operation.
std::span<const OperationInput> events_inputs();

}  // namespace eventbus::aws
