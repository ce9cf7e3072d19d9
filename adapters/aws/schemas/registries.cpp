#include "adapters/aws/schemas/schemas_handlers.h"
#include "adapters/aws/schemas/schemas_members.h"

#include <algorithm>
#include <utility>

namespace eventbus::aws {

namespace {

json::object rendered(const RegistryEntry& registry, bool summary = false) {
  json::object output;
  if (!summary && registry.record.description) output["Description"] = *registry.record.description;
  output["RegistryArn"] = registry.arn();
  output["RegistryName"] = registry.record.name;
  output["tags"] = tags_json(registry.record.tags);
  return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> create_registry(SchemasApi& api, const RequestContext& context,
                                                         json::object input) {
  auto created = co_await api.catalog.create_registry(registry_key_of(context, input),
                                                      schemas_text(input, "Description"), schemas_tags(input));
  CO_TRY(const SchemaCatalog::Registry registry, schemas_result(std::move(created)));
  co_return rendered(*registry);
}

asio::awaitable<AwsResult<json::object>> describe_registry(SchemasApi& api, const RequestContext& context,
                                                           json::object input) {
  CO_TRY(const SchemaCatalog::Registry registry, schemas_result(api.catalog.registry(registry_key_of(context, input))));
  co_return rendered(*registry);
}

asio::awaitable<AwsResult<json::object>> update_registry(SchemasApi& api, const RequestContext& context,
                                                         json::object input) {
  auto updated =
      co_await api.catalog.update_registry(registry_key_of(context, input), schemas_text(input, "Description"));
  CO_TRY(const SchemaCatalog::Registry registry, schemas_result(std::move(updated)));
  co_return rendered(*registry);
}

asio::awaitable<AwsResult<json::object>> delete_registry(SchemasApi& api, const RequestContext& context,
                                                         json::object input) {
  CO_TRY_VOID(schemas_result(co_await api.catalog.delete_registry(registry_key_of(context, input))));
  co_return json::object();
}

asio::awaitable<AwsResult<json::object>> list_registries(SchemasApi& api, const RequestContext& context,
                                                         json::object input) {
  const std::string prefix = schemas_text(input, "RegistryNamePrefix").value_or("");
  std::string scope = schemas_text(input, "Scope").value_or("");
  // AWS: "Can be set to Local or AWS", and the console sends them in capitals.
  std::ranges::transform(scope, scope.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (!scope.empty() && scope != "LOCAL" && scope != "AWS") co_return bad_request("Scope must be LOCAL or AWS.");
  std::vector<SchemaCatalog::Registry> found = api.catalog.registries(context.scope);
  std::erase_if(found, [&](const SchemaCatalog::Registry& registry) {
    const bool of_aws = registry->record.name == schemas::kAwsRegistry;
    return !registry->record.name.starts_with(prefix) || (scope == "LOCAL" && of_aws) || (scope == "AWS" && !of_aws);
  });
  co_return page_of_entries(
      input,
      "schemas.ListRegistries/" + context.scope.account + "/" + context.scope.region + "/" + scope + "/" + prefix,
      "Registries", found, [](const auto& registry) { return std::string_view(registry->record.name); },
      [](const auto& registry) { return rendered(*registry, true); });
}

}  // namespace eventbus::aws
