#pragma once

#include "bus/schema_catalog.h"
#include "bus/scope.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace eventbus {

// A contract as a registry takes it (schemas/contract.h has them).
struct RegisteredContract {
  std::string source, detail_type, label, text;
};

// Puts contracts into a registry, which is made if it is not there: a schema of each kind of event, named as discovery
// would name it, with a version of each contract that it does not have yet, in the order given. What is there already
// stays as it is, so that every start may do it. Returns how many versions were added. The error names the contract.
asio::awaitable<Result<std::size_t>> register_contracts(SchemaCatalog& catalog, Scope scope, std::string registry,
                                                        std::vector<RegisteredContract> contracts);

}  // namespace eventbus
