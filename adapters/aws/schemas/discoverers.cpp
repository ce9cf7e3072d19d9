#include "adapters/aws/schemas/schemas_handlers.h"
#include "adapters/aws/schemas/schemas_members.h"

#include <utility>

namespace eventbus::aws {

namespace {

std::optional<bool> flag_of(const json::object& input, std::string_view name) {
  const json::value* value = input.if_contains(name);
  return value ? std::optional(value->as_bool()) : std::nullopt;
}

std::string_view state_of(const DiscovererEntry& discoverer) {
  return discoverer.record.started ? "STARTED" : "STOPPED";
}

json::object rendered(const DiscovererEntry& discoverer, bool summary = false) {
  json::object output;
  if (!summary && discoverer.record.description) output["Description"] = *discoverer.record.description;
  output["DiscovererArn"] = discoverer.arn();
  output["DiscovererId"] = discoverer.record.id;
  output["SourceArn"] = discoverer.record.source_arn;
  output["State"] = state_of(discoverer);
  output["CrossAccount"] = discoverer.record.cross_account;
  output["tags"] = tags_json(discoverer.record.tags);
  return output;
}

asio::awaitable<AwsResult<json::object>> set_started(SchemasApi& api, DiscovererKey key, bool started) {
  SchemaCatalog::DiscovererChanges changes;
  changes.started = started;
  auto updated = co_await api.catalog.update_discoverer(std::move(key), std::move(changes));
  CO_TRY(const SchemaCatalog::Discoverer discoverer, schemas_result(std::move(updated)));
  json::object output;
  output["DiscovererId"] = discoverer->record.id;
  output["State"] = state_of(*discoverer);
  co_return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> create_discoverer(SchemasApi& api, const RequestContext& context,
                                                           json::object input) {
  SchemaCatalog::NewDiscoverer wanted{*schemas_text(input, "SourceArn"), schemas_text(input, "Description"),
                                      flag_of(input, "CrossAccount").value_or(true), schemas_tags(input)};
  auto created = co_await api.catalog.create_discoverer(context.scope, std::move(wanted));
  CO_TRY(const SchemaCatalog::Discoverer discoverer, schemas_result(std::move(created)));
  co_return rendered(*discoverer);
}

asio::awaitable<AwsResult<json::object>> describe_discoverer(SchemasApi& api, const RequestContext& context,
                                                             json::object input) {
  CO_TRY(const SchemaCatalog::Discoverer discoverer,
         schemas_result(api.catalog.discoverer(discoverer_key_of(context, input))));
  co_return rendered(*discoverer);
}

asio::awaitable<AwsResult<json::object>> update_discoverer(SchemasApi& api, const RequestContext& context,
                                                           json::object input) {
  SchemaCatalog::DiscovererChanges changes{schemas_text(input, "Description"), flag_of(input, "CrossAccount"), {}};
  auto updated = co_await api.catalog.update_discoverer(discoverer_key_of(context, input), std::move(changes));
  CO_TRY(const SchemaCatalog::Discoverer discoverer, schemas_result(std::move(updated)));
  co_return rendered(*discoverer);
}

asio::awaitable<AwsResult<json::object>> delete_discoverer(SchemasApi& api, const RequestContext& context,
                                                           json::object input) {
  CO_TRY_VOID(schemas_result(co_await api.catalog.delete_discoverer(discoverer_key_of(context, input))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> start_discoverer(SchemasApi& api, const RequestContext& context,
                                                          json::object input) {
  return set_started(api, discoverer_key_of(context, input), true);
}

asio::awaitable<AwsResult<json::object>> stop_discoverer(SchemasApi& api, const RequestContext& context,
                                                         json::object input) {
  return set_started(api, discoverer_key_of(context, input), false);
}

asio::awaitable<AwsResult<json::object>> list_discoverers(SchemasApi& api, const RequestContext& context,
                                                          json::object input) {
  const std::string id = schemas_text(input, "DiscovererIdPrefix").value_or("");
  const std::string source = schemas_text(input, "SourceArnPrefix").value_or("");
  std::vector<SchemaCatalog::Discoverer> found = api.catalog.discoverers(context.scope);
  std::erase_if(found, [&](const auto& each) {
    return !each->record.id.starts_with(id) || !each->record.source_arn.starts_with(source);
  });
  co_return page_of_entries(
      input, "schemas.ListDiscoverers/" + context.scope.account + "/" + context.scope.region + "/" + id + "\n" + source,
      "Discoverers", found, [](const auto& each) { return std::string_view(each->record.id); },
      [](const auto& each) { return rendered(*each, true); });
}

}  // namespace eventbus::aws
