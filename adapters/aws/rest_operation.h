#pragma once

#include "adapters/aws/operation.h"
#include "adapters/aws/rest_route.h"

#include <span>
#include <string_view>
#include <vector>

namespace eventbus::aws {

// A member of the input that comes in the URL's query.
struct RestParameter {
  enum Type { kText, kInteger, kBoolean, kTextList };  // a list: the parameter repeated, ?tagKeys=a&tagKeys=b

  std::string_view parameter;  // as the URL spells it: "clientToken"
  std::string_view member;     // "ClientToken"
  Type type = kText;
};

// One row of a REST-JSON service's table of operations; as Operation<Api>, with the HTTP binding of the API model. Rows
// are sorted by name, and no two of a table have the same method and template.
//   Row{"DeleteSchedule", "DELETE", "/schedules/{Name}", kDeleteParameters, 200, delete_schedule}
template <typename Api>
struct RestOperation {
  using Handler = typename Operation<Api>::Handler;  // the members of labels, query and body, in one object
  // A handler that makes the whole answer (but x-amzn-RequestId), where that is not JSON: GetCodeBindingSource's zip.
  using RawHandler = asio::awaitable<AwsResult<net::Response>> (*)(Api& api, const RequestContext& context,
                                                                   json::object input);

  std::string_view name;
  std::string_view method;
  std::string_view uri;  // labels named as the members: the model's {registryName} is {RegistryName}
  std::span<const RestParameter> query = {};
  unsigned success = 200;     // 204: without a body
  Handler handler = nullptr;  // nullptr (and no raw): known to AWS, not built yet
  RawHandler raw = nullptr;

  bool implemented() const { return handler != nullptr || raw != nullptr; }
};

// A table's routes, for claims_rest() and metrics. Refers to the table.
template <typename Api>
std::vector<RestRoute> routes_of(std::string_view service, std::span<const RestOperation<Api>> operations) {
  std::vector<RestRoute> routes;
  for (const RestOperation<Api>& row : operations) routes.push_back({service, row.name, row.method, row.uri});
  return routes;
}

}  // namespace eventbus::aws
