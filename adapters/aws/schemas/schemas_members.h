#pragma once

#include "adapters/aws/aws_error.h"
#include "adapters/aws/page_token.h"
#include "adapters/aws/request_context.h"
#include "bus/schema_catalog.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::aws {

namespace json = boost::json;

// Members of EventBridge Schemas' requests and answers that many operations share. Inputs have passed the constraints:
// a member that is there has the right type.

std::optional<std::string> schemas_text(const json::object& input, std::string_view name);
SchemaCatalog::Tags schemas_tags(const json::object& input);
json::object tags_json(const SchemaCatalog::Tags& tags);
std::string iso_time(TimePoint time);

RegistryKey registry_key_of(const RequestContext& context, const json::object& input);
SchemaKey schema_key_of(const RequestContext& context, const json::object& input);
DiscovererKey discoverer_key_of(const RequestContext& context, const json::object& input);
// BadRequestException for what is no number.
AwsResult<std::optional<std::uint64_t>> schema_version_of(const json::object& input);

AwsError bad_request(std::string message);
// What the catalog says, in AWS's names. GoneException is PutCodeBinding's alone; others say NotFoundException.
AwsError schemas_error(SchemaError error);
template <typename T>
AwsResult<T> schemas_result(SchemaResult<T> result) {
  if (!result) return schemas_error(std::move(result).error());
  if constexpr (std::is_void_v<T>)
    return AwsResult<void>();
  else
    return std::move(result).value();
}

// A page of `entries`, which stand in the order of their names: {"<member>": […], "NextToken"}. `binding` as page_of.
template <typename Entry, typename Name, typename Render>
AwsResult<json::object> page_of_entries(const json::object& input, std::string_view binding, std::string_view member,
                                        const std::vector<Entry>& entries, Name name, Render render) {
  std::vector<std::string_view> names;
  for (const Entry& entry : entries) names.push_back(name(entry));
  TRY(Page page, page_of(input, binding, names));
  json::object output;
  json::array& list = output[member].emplace_array();
  for (std::size_t i = page.begin; i < page.end; ++i) list.emplace_back(render(entries[i]));
  if (page.next_token) output["NextToken"] = *std::move(page.next_token);
  return output;
}

}  // namespace eventbus::aws
