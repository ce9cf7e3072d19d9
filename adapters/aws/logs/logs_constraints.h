#pragma once

#include "adapters/aws/constraints.h"

#include <span>

namespace eventbus::aws {

// The inputs of CloudWatch Logs' implemented operations, as its API model (2014-03-28) constrains them; sorted by
// operation.
std::span<const OperationInput> logs_inputs();

}  // namespace eventbus::aws
