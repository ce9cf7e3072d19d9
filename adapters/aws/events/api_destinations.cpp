#include "adapters/aws/events/handlers.h"
#include "adapters/aws/events/members.h"
#include "adapters/aws/page_token.h"
#include "bus/connection_catalog.h"

namespace eventbus::aws {

namespace {

using ApiDestination = ConnectionCatalog::ApiDestination;

ConnectionCatalog::ApiDestinationSettings settings_of(const json::object& input) {
  ConnectionCatalog::ApiDestinationSettings settings;
  settings.description = text(input, "Description");
  settings.connection_arn = text(input, "ConnectionArn");
  settings.endpoint = text(input, "InvocationEndpoint");
  settings.method = text(input, "HttpMethod");
  if (const json::value* rate = input.if_contains("InvocationRateLimitPerSecond"))
    settings.rate_per_second = rate->to_number<std::int64_t>();
  return settings;
}

void put_state(json::object& output, const EventsApi& api, const ApiDestinationEntry& destination) {
  output["ApiDestinationArn"] = destination.arn();
  output["ApiDestinationState"] = api.connections.active(destination) ? "ACTIVE" : "INACTIVE";
  output["CreationTime"] = to_epoch_seconds(destination.record.created_at);
  output["LastModifiedTime"] = to_epoch_seconds(destination.record.modified_at);
}

// As ListApiDestinations shows a destination; DescribeApiDestination adds the description.
json::object shown(const EventsApi& api, const ApiDestinationEntry& destination) {
  json::object output;
  put_state(output, api, destination);
  output["Name"] = destination.record.name;
  output["ConnectionArn"] = destination.record.connection_arn;
  output["InvocationEndpoint"] = destination.record.endpoint;
  output["HttpMethod"] = destination.record.method;
  output["InvocationRateLimitPerSecond"] = destination.record.rate_per_second;
  return output;
}

json::object changed(const EventsApi& api, const ApiDestinationEntry& destination) {
  json::object output;
  put_state(output, api, destination);
  return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> create_api_destination(EventsApi& api, const RequestContext& context,
                                                                json::object input) {
  ApiDestinationKey key{context.scope, required_text(input, "Name")};
  ConnectionCatalog::ApiDestinationSettings wanted = settings_of(input);
  CO_TRY(const ApiDestination created,
         to_aws(co_await api.connections.create_api_destination(std::move(key), std::move(wanted))));
  co_return changed(api, *created);
}

asio::awaitable<AwsResult<json::object>> describe_api_destination(EventsApi& api, const RequestContext& context,
                                                                  json::object input) {
  const ApiDestinationKey key{context.scope, required_text(input, "Name")};
  CO_TRY(const ApiDestination destination, to_aws(api.connections.api_destination(key)));
  json::object output = shown(api, *destination);
  put(output, "Description", destination->record.description);
  co_return output;
}

asio::awaitable<AwsResult<json::object>> update_api_destination(EventsApi& api, const RequestContext& context,
                                                                json::object input) {
  ApiDestinationKey key{context.scope, required_text(input, "Name")};
  ConnectionCatalog::ApiDestinationSettings changes = settings_of(input);
  CO_TRY(const ApiDestination updated,
         to_aws(co_await api.connections.update_api_destination(std::move(key), std::move(changes))));
  co_return changed(api, *updated);
}

asio::awaitable<AwsResult<json::object>> delete_api_destination(EventsApi& api, const RequestContext& context,
                                                                json::object input) {
  ApiDestinationKey key{context.scope, required_text(input, "Name")};
  CO_TRY_VOID(to_aws(co_await api.connections.delete_api_destination(std::move(key))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> list_api_destinations(EventsApi& api, const RequestContext& context,
                                                               json::object input) {
  const std::optional<std::string> prefix = text(input, "NamePrefix");
  const std::optional<std::string> connection = text(input, "ConnectionArn");
  if (prefix && connection)
    co_return validation(
        "Failed to list the api-destination(s). Request failed because only one filter is supported per request, "
        "either "
        "ConnectionArn or NamePrefix.");
  std::vector<ApiDestination> destinations = api.connections.api_destinations(context.scope);
  std::erase_if(destinations, [&](const ApiDestination& destination) {
    return (prefix && !destination->record.name.starts_with(*prefix)) ||
           (connection && destination->record.connection_arn != *connection);
  });
  std::vector<std::string_view> names;
  for (const ApiDestination& destination : destinations) names.push_back(destination->record.name);
  const std::string binding = "ListApiDestinations " + context.scope.account + " " + context.scope.region + " " +
                              connection.value_or("") + " " + prefix.value_or("");
  CO_TRY(const Page page, page_of(input, binding, names));

  co_return page_output("ApiDestinations", page, [&](std::size_t i) { return shown(api, *destinations[i]); });
}

}  // namespace eventbus::aws
