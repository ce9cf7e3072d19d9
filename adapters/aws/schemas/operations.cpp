#include "adapters/aws/schemas/schemas_handlers.h"
#include "adapters/aws/schemas/schemas_service.h"

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace {

using Row = RestOperation<SchemasApi>;

constexpr RestParameter kDeleteResourcePolicy[] = {{"registryName", "RegistryName"}};
constexpr RestParameter kDescribeCodeBinding[] = {{"schemaVersion", "SchemaVersion"}};
constexpr RestParameter kDescribeSchema[] = {{"schemaVersion", "SchemaVersion"}};
constexpr RestParameter kExportSchema[] = {{"schemaVersion", "SchemaVersion"}, {"type", "Type"}};
constexpr RestParameter kGetCodeBindingSource[] = {{"schemaVersion", "SchemaVersion"}};
constexpr RestParameter kGetResourcePolicy[] = {{"registryName", "RegistryName"}};
constexpr RestParameter kListDiscoverers[] = {{"discovererIdPrefix", "DiscovererIdPrefix"},
                                              {"limit", "Limit", RestParameter::kInteger},
                                              {"nextToken", "NextToken"},
                                              {"sourceArnPrefix", "SourceArnPrefix"}};
constexpr RestParameter kListRegistries[] = {{"limit", "Limit", RestParameter::kInteger},
                                             {"nextToken", "NextToken"},
                                             {"registryNamePrefix", "RegistryNamePrefix"},
                                             {"scope", "Scope"}};
constexpr RestParameter kListSchemaVersions[] = {{"limit", "Limit", RestParameter::kInteger},
                                                 {"nextToken", "NextToken"}};
constexpr RestParameter kListSchemas[] = {
    {"limit", "Limit", RestParameter::kInteger}, {"nextToken", "NextToken"}, {"schemaNamePrefix", "SchemaNamePrefix"}};
constexpr RestParameter kPutCodeBinding[] = {{"schemaVersion", "SchemaVersion"}};
constexpr RestParameter kPutResourcePolicy[] = {{"registryName", "RegistryName"}};
constexpr RestParameter kSearchSchemas[] = {
    {"keywords", "Keywords"}, {"limit", "Limit", RestParameter::kInteger}, {"nextToken", "NextToken"}};
constexpr RestParameter kUntagResource[] = {{"tagKeys", "TagKeys", RestParameter::kTextList}};

constexpr std::array kOperations = {
    Row{"CreateDiscoverer", "POST", "/v1/discoverers", {}, 201, create_discoverer},
    Row{"CreateRegistry", "POST", "/v1/registries/name/{RegistryName}", {}, 201, create_registry},
    Row{"CreateSchema", "POST", "/v1/registries/name/{RegistryName}/schemas/name/{SchemaName}", {}, 201, create_schema},
    Row{"DeleteDiscoverer", "DELETE", "/v1/discoverers/id/{DiscovererId}", {}, 204, delete_discoverer},
    Row{"DeleteRegistry", "DELETE", "/v1/registries/name/{RegistryName}", {}, 204, delete_registry},
    Row{"DeleteResourcePolicy", "DELETE", "/v1/policy", kDeleteResourcePolicy, 204, delete_registry_policy},
    Row{"DeleteSchema",
        "DELETE",
        "/v1/registries/name/{RegistryName}/schemas/name/{SchemaName}",
        {},
        204,
        delete_schema},
    Row{"DeleteSchemaVersion",
        "DELETE",
        "/v1/registries/name/{RegistryName}/schemas/name/{SchemaName}/version/{SchemaVersion}",
        {},
        204,
        delete_schema_version},
    Row{"DescribeCodeBinding", "GET",
        "/v1/registries/name/{RegistryName}/schemas/name/{SchemaName}/language/{Language}", kDescribeCodeBinding, 200,
        describe_code_binding},
    Row{"DescribeDiscoverer", "GET", "/v1/discoverers/id/{DiscovererId}", {}, 200, describe_discoverer},
    Row{"DescribeRegistry", "GET", "/v1/registries/name/{RegistryName}", {}, 200, describe_registry},
    Row{"DescribeSchema", "GET", "/v1/registries/name/{RegistryName}/schemas/name/{SchemaName}", kDescribeSchema, 200,
        describe_schema},
    Row{"ExportSchema", "GET", "/v1/registries/name/{RegistryName}/schemas/name/{SchemaName}/export", kExportSchema,
        200, export_schema},
    Row{"GetCodeBindingSource", "GET",
        "/v1/registries/name/{RegistryName}/schemas/name/{SchemaName}/language/{Language}/source",
        kGetCodeBindingSource, 200, nullptr, get_code_binding_source},
    Row{"GetDiscoveredSchema", "POST", "/v1/discover", {}, 200, get_discovered_schema},
    Row{"GetResourcePolicy", "GET", "/v1/policy", kGetResourcePolicy, 200, get_registry_policy},
    Row{"ListDiscoverers", "GET", "/v1/discoverers", kListDiscoverers, 200, list_discoverers},
    Row{"ListRegistries", "GET", "/v1/registries", kListRegistries, 200, list_registries},
    Row{"ListSchemaVersions", "GET", "/v1/registries/name/{RegistryName}/schemas/name/{SchemaName}/versions",
        kListSchemaVersions, 200, list_schema_versions},
    Row{"ListSchemas", "GET", "/v1/registries/name/{RegistryName}/schemas", kListSchemas, 200, list_schemas},
    Row{"ListTagsForResource", "GET", "/tags/{ResourceArn+}", {}, 200, list_schema_tags},
    Row{"PutCodeBinding", "POST", "/v1/registries/name/{RegistryName}/schemas/name/{SchemaName}/language/{Language}",
        kPutCodeBinding, 202, put_code_binding},
    Row{"PutResourcePolicy", "PUT", "/v1/policy", kPutResourcePolicy, 200, put_registry_policy},
    Row{"SearchSchemas", "GET", "/v1/registries/name/{RegistryName}/schemas/search", kSearchSchemas, 200,
        search_schemas},
    Row{"StartDiscoverer", "POST", "/v1/discoverers/id/{DiscovererId}/start", {}, 200, start_discoverer},
    Row{"StopDiscoverer", "POST", "/v1/discoverers/id/{DiscovererId}/stop", {}, 200, stop_discoverer},
    Row{"TagResource", "POST", "/tags/{ResourceArn+}", {}, 204, tag_schema_resource},
    Row{"UntagResource", "DELETE", "/tags/{ResourceArn+}", kUntagResource, 204, untag_schema_resource},
    Row{"UpdateDiscoverer", "PUT", "/v1/discoverers/id/{DiscovererId}", {}, 200, update_discoverer},
    Row{"UpdateRegistry", "PUT", "/v1/registries/name/{RegistryName}", {}, 200, update_registry},
    Row{"UpdateSchema", "PUT", "/v1/registries/name/{RegistryName}/schemas/name/{SchemaName}", {}, 200, update_schema},
};
static_assert(kOperations.size() == 31);
static_assert(std::ranges::is_sorted(kOperations, {}, &Row::name));

}  // namespace

std::span<const Row> schemas_operations() { return kOperations; }

}  // namespace eventbus::aws
