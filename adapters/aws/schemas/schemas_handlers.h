#pragma once

#include "adapters/aws/schemas/schemas_service.h"

namespace eventbus::aws {

// The handlers of EventBridge Schemas, one for each operation: registries.cpp, schemas.cpp, schema_versions.cpp,
// discoverers.cpp, code_bindings.cpp, policies.cpp, schema_tags.cpp.

asio::awaitable<AwsResult<json::object>> create_discoverer(SchemasApi& api, const RequestContext& context,
                                                           json::object input);
asio::awaitable<AwsResult<json::object>> create_registry(SchemasApi& api, const RequestContext& context,
                                                         json::object input);
asio::awaitable<AwsResult<json::object>> create_schema(SchemasApi& api, const RequestContext& context,
                                                       json::object input);
asio::awaitable<AwsResult<json::object>> delete_discoverer(SchemasApi& api, const RequestContext& context,
                                                           json::object input);
asio::awaitable<AwsResult<json::object>> delete_registry(SchemasApi& api, const RequestContext& context,
                                                         json::object input);
asio::awaitable<AwsResult<json::object>> delete_registry_policy(SchemasApi& api, const RequestContext& context,
                                                                json::object input);
asio::awaitable<AwsResult<json::object>> delete_schema(SchemasApi& api, const RequestContext& context,
                                                       json::object input);
asio::awaitable<AwsResult<json::object>> delete_schema_version(SchemasApi& api, const RequestContext& context,
                                                               json::object input);
asio::awaitable<AwsResult<json::object>> describe_code_binding(SchemasApi& api, const RequestContext& context,
                                                               json::object input);
asio::awaitable<AwsResult<json::object>> describe_discoverer(SchemasApi& api, const RequestContext& context,
                                                             json::object input);
asio::awaitable<AwsResult<json::object>> describe_registry(SchemasApi& api, const RequestContext& context,
                                                           json::object input);
asio::awaitable<AwsResult<json::object>> describe_schema(SchemasApi& api, const RequestContext& context,
                                                         json::object input);
asio::awaitable<AwsResult<json::object>> export_schema(SchemasApi& api, const RequestContext& context,
                                                       json::object input);
asio::awaitable<AwsResult<net::Response>> get_code_binding_source(SchemasApi& api, const RequestContext& context,
                                                                  json::object input);
asio::awaitable<AwsResult<json::object>> get_discovered_schema(SchemasApi& api, const RequestContext& context,
                                                               json::object input);
asio::awaitable<AwsResult<json::object>> get_registry_policy(SchemasApi& api, const RequestContext& context,
                                                             json::object input);
asio::awaitable<AwsResult<json::object>> list_discoverers(SchemasApi& api, const RequestContext& context,
                                                          json::object input);
asio::awaitable<AwsResult<json::object>> list_registries(SchemasApi& api, const RequestContext& context,
                                                         json::object input);
asio::awaitable<AwsResult<json::object>> list_schema_versions(SchemasApi& api, const RequestContext& context,
                                                              json::object input);
asio::awaitable<AwsResult<json::object>> list_schemas(SchemasApi& api, const RequestContext& context,
                                                      json::object input);
asio::awaitable<AwsResult<json::object>> list_schema_tags(SchemasApi& api, const RequestContext& context,
                                                          json::object input);
asio::awaitable<AwsResult<json::object>> put_code_binding(SchemasApi& api, const RequestContext& context,
                                                          json::object input);
asio::awaitable<AwsResult<json::object>> put_registry_policy(SchemasApi& api, const RequestContext& context,
                                                             json::object input);
asio::awaitable<AwsResult<json::object>> search_schemas(SchemasApi& api, const RequestContext& context,
                                                        json::object input);
asio::awaitable<AwsResult<json::object>> start_discoverer(SchemasApi& api, const RequestContext& context,
                                                          json::object input);
asio::awaitable<AwsResult<json::object>> stop_discoverer(SchemasApi& api, const RequestContext& context,
                                                         json::object input);
asio::awaitable<AwsResult<json::object>> tag_schema_resource(SchemasApi& api, const RequestContext& context,
                                                             json::object input);
asio::awaitable<AwsResult<json::object>> untag_schema_resource(SchemasApi& api, const RequestContext& context,
                                                               json::object input);
asio::awaitable<AwsResult<json::object>> update_discoverer(SchemasApi& api, const RequestContext& context,
                                                           json::object input);
asio::awaitable<AwsResult<json::object>> update_registry(SchemasApi& api, const RequestContext& context,
                                                         json::object input);
asio::awaitable<AwsResult<json::object>> update_schema(SchemasApi& api, const RequestContext& context,
                                                       json::object input);

}  // namespace eventbus::aws
