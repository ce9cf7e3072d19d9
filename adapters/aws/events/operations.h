#pragma once

#include "adapters/aws/events/events_api.h"
#include "adapters/aws/operation.h"

#include <span>

namespace eventbus::aws {

// All 57 operations of EventBridge, by name: the feature matrix.
std::span<const Operation<EventsApi>> events_operations();

}  // namespace eventbus::aws
