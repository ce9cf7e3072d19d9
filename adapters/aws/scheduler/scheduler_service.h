#pragma once

#include "adapters/aws/rest_operation.h"
#include "adapters/aws/service.h"
#include "base/clock.h"
#include "bus/schedule_catalog.h"

#include <memory>
#include <span>

namespace eventbus::aws {

// The few things the handlers of EventBridge Scheduler use. All of it outlives the service.
struct SchedulerApi {
  ScheduleCatalog& catalog;
  Clock& clock;
};

// EventBridge Scheduler in REST-JSON: schedules, schedule groups, tags of groups.
std::unique_ptr<Service> make_scheduler_service(SchedulerApi api);

// All operations of EventBridge Scheduler, by name.
std::span<const RestOperation<SchedulerApi>> scheduler_operations();

}  // namespace eventbus::aws
