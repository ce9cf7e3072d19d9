#include "daemon/asyncapi_command.h"

#include "bus/asyncapi.h"
#include "bus/default_bus.h"
#include "daemon/json_response.h"
#include "schemas/schema_content.h"

#include <boost/json/value.hpp>

#include <string>
#include <utility>

namespace eventbus {
namespace {

Result<BusKey> parse(std::string_view body, const Scope& default_scope) {
  const Result<boost::json::object> request = schemas::parse_object(body.empty() ? "{}" : body);
  if (!request) return invalid("the request is not a JSON object");
  BusKey key{default_scope, std::string(kDefaultBus)};
  for (const auto& [name, value] : *request) {
    std::string* member = nullptr;
    if (name == "bus") member = &key.name;
    if (name == "account") member = &key.scope.account;
    if (name == "region") member = &key.scope.region;
    if (!member) return invalid("unknown member \"" + std::string(name) + "\"");
    if (!value.is_string()) return invalid("\"" + std::string(name) + "\" has the wrong type");
    *member = std::string(value.get_string());
  }
  return key;
}

asio::awaitable<net::Response> answer(AsyncApiDependencies dependencies, net::Request request) {
  const Result<BusKey> key = parse(request.body, dependencies.default_scope);
  if (!key) co_return json_error(400, key.error().message);
  const auto bus = dependencies.buses.bus(*key);
  if (!bus) co_return json_error(404, bus.error().message);
  const std::string server(request.header("host"));
  co_return json_response(200, asyncapi_of(**bus, dependencies.schemas, server, dependencies.tls));
}

}  // namespace

net::Handler asyncapi_command(AsyncApiDependencies dependencies) {
  return [dependencies = std::move(dependencies)](net::Request request) {
    return answer(dependencies, std::move(request));
  };
}

}  // namespace eventbus
