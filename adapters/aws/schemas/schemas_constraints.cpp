#include "adapters/aws/schemas/schemas_constraints.h"

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace {

constexpr Shape kText = text();
constexpr Shape kLimit = integer(1, 100);
constexpr Shape kDescription = text(0, 256);
constexpr Shape kClientToken = text(0, 36);
constexpr Shape kSourceArn = text(20, 1'600);
constexpr Shape kContent = text(1, 100'000);
constexpr Shape kEvents = list_of(kContent, 1, 10);
constexpr Shape kTags = map_of(kText, kText);
constexpr Shape kTagKeys = list_of(kText);
constexpr std::string_view kTypes[] = {"OpenApi3", "JSONSchemaDraft4"};

constexpr Member kCreateDiscoverer[] = {
    optional("Description", kDescription),
    required("SourceArn", kSourceArn),
    optional("CrossAccount", boolean()),
    optional("tags", kTags),
};
constexpr Member kCreateRegistry[] = {
    optional("Description", kDescription),
    required("RegistryName", kText),
    optional("tags", kTags),
};
constexpr Member kCreateSchema[] = {
    required("Content", kContent),   optional("Description", kDescription),
    required("RegistryName", kText), required("SchemaName", kText),
    optional("tags", kTags),         required("Type", one_of(kTypes)),
};
constexpr Member kDeleteDiscoverer[] = {
    required("DiscovererId", kText),
};
constexpr Member kDeleteRegistry[] = {
    required("RegistryName", kText),
};
constexpr Member kDeleteResourcePolicy[] = {
    optional("RegistryName", kText),
};
constexpr Member kDeleteSchema[] = {
    required("RegistryName", kText),
    required("SchemaName", kText),
};
constexpr Member kDeleteSchemaVersion[] = {
    required("RegistryName", kText),
    required("SchemaName", kText),
    required("SchemaVersion", kText),
};
constexpr Member kDescribeCodeBinding[] = {
    required("Language", kText),
    required("RegistryName", kText),
    required("SchemaName", kText),
    optional("SchemaVersion", kText),
};
constexpr Member kDescribeDiscoverer[] = {
    required("DiscovererId", kText),
};
constexpr Member kDescribeRegistry[] = {
    required("RegistryName", kText),
};
constexpr Member kDescribeSchema[] = {
    required("RegistryName", kText),
    required("SchemaName", kText),
    optional("SchemaVersion", kText),
};
constexpr Member kExportSchema[] = {
    required("RegistryName", kText),
    required("SchemaName", kText),
    optional("SchemaVersion", kText),
    required("Type", kText),
};
constexpr Member kGetCodeBindingSource[] = {
    required("Language", kText),
    required("RegistryName", kText),
    required("SchemaName", kText),
    optional("SchemaVersion", kText),
};
constexpr Member kGetDiscoveredSchema[] = {
    required("Events", kEvents),
    required("Type", one_of(kTypes)),
};
constexpr Member kGetResourcePolicy[] = {
    optional("RegistryName", kText),
};
constexpr Member kListDiscoverers[] = {
    optional("DiscovererIdPrefix", kText),
    optional("Limit", kLimit),
    optional("NextToken", kText),
    optional("SourceArnPrefix", kText),
};
constexpr Member kListRegistries[] = {
    optional("Limit", kLimit),
    optional("NextToken", kText),
    optional("RegistryNamePrefix", kText),
    optional("Scope", kText),
};
constexpr Member kListSchemaVersions[] = {
    optional("Limit", kLimit),
    optional("NextToken", kText),
    required("RegistryName", kText),
    required("SchemaName", kText),
};
constexpr Member kListSchemas[] = {
    optional("Limit", kLimit),
    optional("NextToken", kText),
    required("RegistryName", kText),
    optional("SchemaNamePrefix", kText),
};
constexpr Member kListTagsForResource[] = {
    required("ResourceArn", kText),
};
constexpr Member kPutCodeBinding[] = {
    required("Language", kText),
    required("RegistryName", kText),
    required("SchemaName", kText),
    optional("SchemaVersion", kText),
};
constexpr Member kPutResourcePolicy[] = {
    required("Policy", kText),
    optional("RegistryName", kText),
    optional("RevisionId", kText),
};
constexpr Member kSearchSchemas[] = {
    required("Keywords", kText),
    optional("Limit", kLimit),
    optional("NextToken", kText),
    required("RegistryName", kText),
};
constexpr Member kStartDiscoverer[] = {
    required("DiscovererId", kText),
};
constexpr Member kStopDiscoverer[] = {
    required("DiscovererId", kText),
};
constexpr Member kTagResource[] = {
    required("ResourceArn", kText),
    required("tags", kTags),
};
constexpr Member kUntagResource[] = {
    required("ResourceArn", kText),
    required("TagKeys", kTagKeys),
};
constexpr Member kUpdateDiscoverer[] = {
    optional("Description", kDescription),
    required("DiscovererId", kText),
    optional("CrossAccount", boolean()),
};
constexpr Member kUpdateRegistry[] = {
    optional("Description", kDescription),
    required("RegistryName", kText),
};
constexpr Member kUpdateSchema[] = {
    optional("ClientTokenId", kClientToken), optional("Content", kContent), optional("Description", kDescription),
    required("RegistryName", kText),         required("SchemaName", kText), optional("Type", one_of(kTypes)),
};

constexpr std::array kInputs = {
    OperationInput{"CreateDiscoverer", structure("CreateDiscovererRequest", kCreateDiscoverer)},
    OperationInput{"CreateRegistry", structure("CreateRegistryRequest", kCreateRegistry)},
    OperationInput{"CreateSchema", structure("CreateSchemaRequest", kCreateSchema)},
    OperationInput{"DeleteDiscoverer", structure("DeleteDiscovererRequest", kDeleteDiscoverer)},
    OperationInput{"DeleteRegistry", structure("DeleteRegistryRequest", kDeleteRegistry)},
    OperationInput{"DeleteResourcePolicy", structure("DeleteResourcePolicyRequest", kDeleteResourcePolicy)},
    OperationInput{"DeleteSchema", structure("DeleteSchemaRequest", kDeleteSchema)},
    OperationInput{"DeleteSchemaVersion", structure("DeleteSchemaVersionRequest", kDeleteSchemaVersion)},
    OperationInput{"DescribeCodeBinding", structure("DescribeCodeBindingRequest", kDescribeCodeBinding)},
    OperationInput{"DescribeDiscoverer", structure("DescribeDiscovererRequest", kDescribeDiscoverer)},
    OperationInput{"DescribeRegistry", structure("DescribeRegistryRequest", kDescribeRegistry)},
    OperationInput{"DescribeSchema", structure("DescribeSchemaRequest", kDescribeSchema)},
    OperationInput{"ExportSchema", structure("ExportSchemaRequest", kExportSchema)},
    OperationInput{"GetCodeBindingSource", structure("GetCodeBindingSourceRequest", kGetCodeBindingSource)},
    OperationInput{"GetDiscoveredSchema", structure("GetDiscoveredSchemaRequest", kGetDiscoveredSchema)},
    OperationInput{"GetResourcePolicy", structure("GetResourcePolicyRequest", kGetResourcePolicy)},
    OperationInput{"ListDiscoverers", structure("ListDiscoverersRequest", kListDiscoverers)},
    OperationInput{"ListRegistries", structure("ListRegistriesRequest", kListRegistries)},
    OperationInput{"ListSchemaVersions", structure("ListSchemaVersionsRequest", kListSchemaVersions)},
    OperationInput{"ListSchemas", structure("ListSchemasRequest", kListSchemas)},
    OperationInput{"ListTagsForResource", structure("ListTagsForResourceRequest", kListTagsForResource)},
    OperationInput{"PutCodeBinding", structure("PutCodeBindingRequest", kPutCodeBinding)},
    OperationInput{"PutResourcePolicy", structure("PutResourcePolicyRequest", kPutResourcePolicy)},
    OperationInput{"SearchSchemas", structure("SearchSchemasRequest", kSearchSchemas)},
    OperationInput{"StartDiscoverer", structure("StartDiscovererRequest", kStartDiscoverer)},
    OperationInput{"StopDiscoverer", structure("StopDiscovererRequest", kStopDiscoverer)},
    OperationInput{"TagResource", structure("TagResourceRequest", kTagResource)},
    OperationInput{"UntagResource", structure("UntagResourceRequest", kUntagResource)},
    OperationInput{"UpdateDiscoverer", structure("UpdateDiscovererRequest", kUpdateDiscoverer)},
    OperationInput{"UpdateRegistry", structure("UpdateRegistryRequest", kUpdateRegistry)},
    OperationInput{"UpdateSchema", structure("UpdateSchemaRequest", kUpdateSchema)},
};
static_assert(std::ranges::is_sorted(kInputs, {}, &OperationInput::operation));

}  // namespace

std::span<const OperationInput> schemas_inputs() { return kInputs; }

}  // namespace eventbus::aws
