#pragma once

#include "adapters/aws/events/events_api.h"
#include "adapters/aws/service.h"

#include <memory>

namespace eventbus::aws {

// EventBridge behind the gateway: AWS JSON 1.1, `X-Amz-Target: AWSEvents.<Operation>`.
std::unique_ptr<Service> make_events_service(EventsApi api);

}  // namespace eventbus::aws
