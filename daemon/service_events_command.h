#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "bus/scope.h"
#include "net/message.h"

namespace eventbus {

// POST /_eventbus/service-events: events as AWS's own services send them, for testing rules on them. PutEvents takes no
// source that begins with "aws."; here it must. The request is an entry, a list of entries, or {"Entries": […]}. An
// entry has the members of a PutEvents entry, and
//   Detail            an object, or a string of JSON as in PutEvents
//   Time              seconds since 1970 or an ISO time
//   Account, Region   whose service it is, and whose bus EventBusName ("default") is; by default those of the daemon
// 200: {"FailedEntryCount": 0, "Entries": [{"EventId": …}]}, and everything is durable. 400, nothing is accepted: an
// entry is wrong, as `error` says. 429 while the outbox is full, 503 when storage takes nothing.
struct ServiceEventsDependencies {
  Publisher& publisher;
  Clock& clock;
  Rng& rng;
  PublisherMetrics& metrics;
};
// What is given outlives the handler, which is safe to call from any shard.
net::Handler service_events_command(ServiceEventsDependencies dependencies, Scope default_scope);

}  // namespace eventbus
