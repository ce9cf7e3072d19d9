#include "adapters/aws/schemas/schemas_handlers.h"
#include "adapters/aws/schemas/schemas_members.h"

#include <utility>

namespace eventbus::aws {

namespace {

// The model has RegistryName optional; there is no policy of anything else.
AwsResult<RegistryKey> named_registry(const RequestContext& context, const json::object& input) {
  if (!input.contains("RegistryName")) return bad_request("RegistryName must be specified.");
  return registry_key_of(context, input);
}

json::object rendered(const RegistryEntry& registry) {
  json::object output;
  output["Policy"] = *registry.record.policy;
  output["RevisionId"] = registry.record.policy_revision;
  return output;
}

}  // namespace

asio::awaitable<AwsResult<json::object>> put_registry_policy(SchemasApi& api, const RequestContext& context,
                                                             json::object input) {
  CO_TRY(RegistryKey key, named_registry(context, input));
  auto put = co_await api.catalog.put_policy(std::move(key), *schemas_text(input, "Policy"),
                                             schemas_text(input, "RevisionId"));
  CO_TRY(const SchemaCatalog::Registry registry, schemas_result(std::move(put)));
  co_return rendered(*registry);
}

asio::awaitable<AwsResult<json::object>> get_registry_policy(SchemasApi& api, const RequestContext& context,
                                                             json::object input) {
  CO_TRY(const RegistryKey key, named_registry(context, input));
  CO_TRY(const SchemaCatalog::Registry registry, schemas_result(api.catalog.registry(key)));
  if (!registry->record.policy)
    co_return AwsError("NotFoundException", "Registry " + key.name + " does not have a resource policy.", 404);
  co_return rendered(*registry);
}

asio::awaitable<AwsResult<json::object>> delete_registry_policy(SchemasApi& api, const RequestContext& context,
                                                                json::object input) {
  CO_TRY(RegistryKey key, named_registry(context, input));
  CO_TRY_VOID(schemas_result(co_await api.catalog.delete_policy(std::move(key))));
  co_return json::object();
}

}  // namespace eventbus::aws
