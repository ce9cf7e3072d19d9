#pragma once

#include "bus/contract_book.h"
#include "bus/scope.h"
#include "net/message.h"

#include <functional>
#include <map>
#include <string>

namespace eventbus {

// POST /_eventbus/schemas/…: the contracts of buses (bus/contract_book.h). `bus` is a name or an ARN, "default" unless
// it is there; `account` and `region` say whose, of a name; by default those of the daemon.
//   list      {"bus"?}: 200 {"buses": [{"bus", "name", "mode", "modeFrom", "contracts": [{"name", "version", "source",
//             "detailType", "subject", "from", "fits", "violates", "rejected"}, …]}, …]}; without a bus, of all
//   bind      {"bus", "name", "version", "source", "detailType", "subject"?, "schema"}: 200 {"bound": true}, or false
//   when
//             it was there already. `schema` is JSON, as an object or as text
//   unbind    {"bus", "name", "version"}: 200 {}
//   mode      {"bus", "mode"}: 200 {}
//   validate  {"bus", "event"}: 200 {"contracts": [{"name", "version", "fits", "violations": [{"path", "reason"}, …]},
//   …]}:
//             an envelope, an object, held against all contracts for its source and detail-type. Counts nothing.
// Else {"error": …}: 400 the request, 404, 409 as ContractBook says, 503 the storage.
// What is given outlives the handlers, which are safe to call from any shard.
std::map<std::string, net::Handler, std::less<>> contract_commands(ContractBook& contracts, Scope default_scope);

}  // namespace eventbus
