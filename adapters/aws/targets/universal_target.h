#pragma once

#include "adapters/aws/targets/target_directory.h"
#include "net/message.h"

#include <memory>

namespace eventbus::aws {

// Universal targets of schedules, arn:aws:scheduler:::aws-sdk:<service>:<action>, whose input is the request of an
// operation: called through this daemon's own API, in the schedule's account and region, with the same checks as for
// any client. There are the services that this daemon has: sqs, eventbridge (or events), cloudwatchlogs (or logs);
// deliveries to others wait in their lane, as those of rules to targets that are not here.
//
// An error of 5xx, or one that says "throttled", is tried again; any other is for good, under the code that AWS gives
// it. So is an answer that reports a failed entry (PutEvents, SendMessageBatch).
//
// `api` answers without asking for signatures; it outlives the factory.
std::unique_ptr<TargetFactory> make_universal_targets(net::Handler api);

}  // namespace eventbus::aws
