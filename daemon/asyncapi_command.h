#pragma once

#include "bus/bus_catalog.h"
#include "bus/schema_catalog.h"
#include "bus/scope.h"
#include "net/message.h"

namespace eventbus {

// POST /_eventbus/asyncapi: an event bus as an AsyncAPI 3.0 document (bus/asyncapi.h). Changes nothing. The request, a
// JSON object:
//   bus               a name; "default" if left out
//   account, region   whose; by default those of the daemon
// 200: the document. 400: the request, with `error`; 404: no such bus.
//
// Safe to call from any shard. What it is given outlives the handler.
struct AsyncApiDependencies {
  const BusCatalog& buses;
  const SchemaCatalog& schemas;
  Scope default_scope;
  bool tls = false;
};
net::Handler asyncapi_command(AsyncApiDependencies dependencies);

}  // namespace eventbus
