#include "daemon/schemas_section.h"

#include "bus/arn.h"
#include "daemon/setting_name.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus {
namespace {

namespace json = boost::json;
using schemas::Contract;

constexpr std::array<std::string_view, 2> kMembers = {"directory", "buses"};
constexpr std::array<std::string_view, 3> kMembersOfBus = {"bus", "mode", "contracts"};

Result<void> check_members(const json::object& object, std::span<const std::string_view> known,
                           const std::string& place) {
  for (const auto& [name, value] : object) {
    const std::string_view key(name.data(), name.size());
    if (std::ranges::find(known, key) != known.end()) continue;
    std::string problem = place + ": unknown key \"" + std::string(key) + "\"";
    if (const auto meant = nearest(key, known)) problem += "; did you mean " + std::string(*meant) + "?";
    return invalid(std::move(problem));
  }
  return {};
}

Result<std::optional<std::string>> text_in(const json::object& object, std::string_view key, const std::string& place) {
  const json::value* value = object.if_contains(key);
  if (!value) return std::optional<std::string>();
  if (!value->is_string() || value->get_string().empty())
    return invalid(place + "." + std::string(key) + ": must be text");
  return std::optional(std::string(value->get_string()));
}

Result<BusKey> bus_of(const std::string& text, const Scope& scope, const std::string& place) {
  if (!text.starts_with("arn:")) return BusKey{scope, text};
  constexpr std::string_view kResource = "event-bus/";
  const std::optional<Arn> arn = Arn::parse(text);
  if (!arn || arn->service != "events" || !arn->resource.starts_with(kResource))
    return invalid(place + ".bus: must be the name or the ARN of an event bus");
  return BusKey{arn->scope(), arn->resource.substr(kResource.size())};
}

// Those that one entry of `contracts` names.
Result<void> add_named(const std::string& name, const std::vector<Contract>& known, std::vector<ContractRecord>& into,
                       const std::string& place) {
  bool found = false;
  for (const Contract& contract : known) {
    if (contract.name != name && contract.label() != name) continue;
    into.push_back(record_of(contract));
    found = true;
  }
  if (found) return {};
  std::vector<std::string_view> names;
  for (const Contract& contract : known) names.push_back(contract.name);
  std::string problem = place + ".contracts: there is no contract " + name + " in the directory";
  if (const auto meant = nearest(name, names)) problem += "; did you mean " + std::string(*meant) + "?";
  return invalid(std::move(problem));
}

Result<std::vector<ContractRecord>> contracts_in(const json::object& object, const std::vector<Contract>& known,
                                                 const std::string& place) {
  std::vector<ContractRecord> records;
  const json::value* list = object.if_contains("contracts");
  if (!list) {
    for (const Contract& contract : known) records.push_back(record_of(contract));
    return records;
  }
  if (!list->is_array()) return invalid(place + ".contracts: must be a list of names");
  for (const json::value& item : list->get_array()) {
    if (!item.is_string()) return invalid(place + ".contracts: must be a list of names");
    TRY_VOID(add_named(std::string(item.get_string()), known, records, place));
  }
  return records;
}

Result<ConfiguredContracts> parse_bus(const json::object& object, const std::vector<Contract>& known,
                                      const Scope& scope, const std::string& place) {
  TRY_VOID(check_members(object, kMembersOfBus, place));
  TRY(const std::optional<std::string> bus, text_in(object, "bus", place));
  if (!bus) return invalid(place + ": bus is missing");
  ConfiguredContracts configured;
  TRY(configured.bus, bus_of(*bus, scope, place));
  TRY(const std::optional<std::string> mode, text_in(object, "mode", place));
  if (mode) {
    configured.mode = parse_validation_mode(*mode);
    if (!configured.mode) return invalid(place + ".mode: must be off, warn or reject");
  }
  TRY(configured.contracts, contracts_in(object, known, place));
  return configured;
}

}  // namespace

Result<std::vector<ConfiguredContracts>> parse_schemas_section(const json::object& section, const Scope& scope) {
  TRY_VOID(check_members(section, kMembers, "schemas"));
  TRY(const std::optional<std::string> directory, text_in(section, "directory", "schemas"));
  std::vector<Contract> known;
  if (directory) {
    Result<std::vector<Contract>> read = schemas::read_contracts(*directory);
    if (!read) return invalid("schemas.directory: " + read.error().message);
    known = *std::move(read);
  }
  std::vector<ConfiguredContracts> all;
  const json::value* buses = section.if_contains("buses");
  if (!buses) return all;
  if (!buses->is_array()) return invalid("schemas.buses: must be a list");
  std::set<BusKey> seen;
  for (std::size_t i = 0; i < buses->get_array().size(); ++i) {
    const std::string place = "schemas.buses[" + std::to_string(i) + "]";
    const json::value& entry = buses->get_array()[i];
    if (!entry.is_object()) return invalid(place + ": must be a mapping");
    TRY(ConfiguredContracts configured, parse_bus(entry.get_object(), known, scope, place));
    if (!seen.insert(configured.bus).second) return invalid(place + ".bus: stands in the list twice");
    all.push_back(std::move(configured));
  }
  return all;
}

}  // namespace eventbus
