#pragma once

#include "bus/bus_catalog.h"
#include "bus/scope.h"
#include "net/message.h"

namespace eventbus {

// POST /_eventbus/explain: why a rule matches an event, or why not. Changes nothing. The request, a JSON object:
//   event             the event as rules see it, an object or a string of JSON
//   pattern           an event pattern, an object or a string of JSON; or, in its place,
//   bus, rule         names: a rule of this daemon; bus may be left out ("default")
//   account, region   whose; by default those of the daemon
// 200: the members of rules::explanation_json, and `text`, the same for people; with a rule also `rule`: {bus, name,
// state}. 400: the request, with `error`; 404: no such bus or rule.
//
// The event and the pattern are taken to the letter: repeated keys and numbers beyond 64 bits count as they do in
// matching. Safe to call from any shard. `catalog` must outlive the handler.
net::Handler explain_command(const BusCatalog& catalog, Scope default_scope);

}  // namespace eventbus
