#pragma once

#include "adapters/aws/constraints.h"
#include "bus/limits.h"

#include <span>
#include <vector>

namespace eventbus::aws {

// The inputs of EventBridge's implemented operations, as its API model (2015-10-07) constrains them; sorted by
// operation.
std::span<const OperationInput> events_inputs();

// The maxima in them that are limits of the operator's to set.
std::vector<MovedMaximum> events_maxima(const Limits& limits);

}  // namespace eventbus::aws
