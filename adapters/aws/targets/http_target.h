#pragma once

#include "adapters/aws/targets/target_directory.h"
#include "base/clock.h"
#include "bus/delivery_target.h"
#include "bus/limits.h"
#include "net/http_client.h"

#include <memory>

namespace eventbus::aws {

// What deliveries to plain URLs use; all of it outlives them.
struct HttpTargetParts {
  net::HttpClient& client;
  Clock& clock;
  const Limits& limits;
};

// Deliveries to targets whose Arn is an http:// or https:// URL, which AWS does not have: while `allow_http_targets` is
// on. What comes of an answer is http_outcome.h's to say.
std::unique_ptr<TargetFactory> make_http_target_factory(HttpTargetParts parts);

// The request of one attempt, but for its deadline: a POST of the input to the target's URL, whose '*' and query the
// target's HttpParameters fill, with these headers and those of HttpParameters:
//   Content-Type: application/json                 unless HttpParameters has one
//   X-Eventbus-Event-Id, -Rule-Arn, -Target-Id     of the delivery
//   X-Eventbus-Attempt                             1 for the first
//   X-Amzn-Trace-Id                                if the event has a trace header
net::ClientRequest http_target_request(const DeliveryAttempt& attempt);

}  // namespace eventbus::aws
