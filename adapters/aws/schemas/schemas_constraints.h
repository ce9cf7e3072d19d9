#pragma once

#include "adapters/aws/constraints.h"

#include <span>

namespace eventbus::aws {

// The constraints of the API model of EventBridge Schemas, by operation.
std::span<const OperationInput> schemas_inputs();

}  // namespace eventbus::aws
