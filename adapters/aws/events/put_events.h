#pragma once

#include "adapters/aws/json_protocol.h"
#include "adapters/aws/operation.h"
#include "base/clock.h"
#include "base/rng.h"
#include "bus/contract_book.h"
#include "bus/limits.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"

#include <string>

namespace eventbus::aws {

// The few things PutEvents uses.
struct PutEventsApi {
  Publisher& publisher;
  Clock& clock;
  Rng& rng;
  const Limits& limits;
  PublisherMetrics& metrics;
  // Of the API model: says what is wrong with a request as a whole. The service fills it in.
  const InputCheck* constraints = nullptr;
  const BusLog* bus_log = nullptr;          // told of entries that are refused; may be null
  const ContractBook* contracts = nullptr;  // what events are held against; may be null
};

struct EventsApi;

// PutEvents (behaviour §5), reading the body itself. Answers when the events are durable.
asio::awaitable<AwsResult<std::string>> put_events(PutEventsApi& api, const RequestContext& context,
                                                   const net::Request& request);
asio::awaitable<AwsResult<std::string>> put_events(EventsApi& api, const RequestContext& context,
                                                   const net::Request& request);

}  // namespace eventbus::aws
