#pragma once

#include "adapters/aws/operation.h"
#include "adapters/aws/service.h"
#include "logs/log_events.h"
#include "logs/log_store.h"

#include <memory>
#include <span>

namespace eventbus::aws {

// The few things the handlers of CloudWatch Logs use. All of it outlives the service.
struct LogsApi {
  LogStore& store;
  LogEvents& events;
};

// CloudWatch Logs in AWS JSON 1.1: groups, streams, events, tags, retention, resource policies.
std::unique_ptr<Service> make_logs_service(LogsApi api);

// All operations of CloudWatch Logs, by name.
std::span<const Operation<LogsApi>> logs_operations();

}  // namespace eventbus::aws
