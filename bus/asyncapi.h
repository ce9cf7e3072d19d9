#pragma once

#include "bus/bus_state.h"
#include "bus/schema_catalog.h"

#include <boost/json/object.hpp>

#include <string>

namespace eventbus {

// One event bus as an AsyncAPI 3.0 document, for people and for the tools that draw and document such things. The
// application that it describes is the bus:
//   channels    the bus, with a message for each kind of event that has a schema; each target of a rule, by its ARN
//   operations  receive: what comes from each source; send: what each rule hands to each of its targets, with the
//               messages that its pattern can match (source and detail-type decide; a pattern may ask for more), and
//               the pattern itself as x-eventbridge-rule
//   components  messages, whose payload is the event with its envelope, and their schemas
//
// Kinds of events are the schemas of the registries of the bus's account and region that name a source and a
// detail-type: in AWSEvent's x-amazon-events-source and x-amazon-events-detail-type, or in x-eventbus of a contract.
// Where several registries know a kind, the discovered one gives way.
//
// `server` is where the bus is reached, "127.0.0.1:4566".
boost::json::object asyncapi_of(const BusState& bus, const SchemaCatalog& catalog, const std::string& server, bool tls);

}  // namespace eventbus
