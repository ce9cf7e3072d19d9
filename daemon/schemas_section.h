#pragma once

#include "base/result.h"
#include "bus/contract_records.h"
#include "bus/scope.h"

#include <boost/json/object.hpp>

#include <vector>

namespace eventbus {

// The `schemas` section of a configuration file: which contracts the events of which bus are held against.
//
//   schemas:
//     directory: ./schemas           contracts: files <name>.v<version>.json (schemas/contract.h)
//     buses:
//       - bus: orders                needed: a name in the daemon's account and region, or an ARN
//         mode: reject               optional: off, warn or reject; else what people set, at first warn
//         contracts: [audio-uploaded, user-registered.v1]   optional: names, all versions or one; else all there are
//
// Reads the directory. Errors name the place: "schemas.buses[0].mode: …".
Result<std::vector<ConfiguredContracts>> parse_schemas_section(const boost::json::object& section, const Scope& scope);

}  // namespace eventbus
