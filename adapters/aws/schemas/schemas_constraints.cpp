#include "adapters/aws/schemas/schemas_constraints.h"

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace {

constexpr Shape kText = text();
constexpr Shape kContent = text(1, 100'000);
constexpr Shape kEvents = list_of(kContent, 1, 10);
constexpr Shape kTags = map_of(kText, kText);
constexpr Shape kTagKeys = list_of(kText);
constexpr std::string_view kTypes[] = {"OpenApi3", "JSONSchemaDraft4"};

// ---- Members that many inputs have ----

constexpr Member kRegistryName = required("RegistryName", kText);
constexpr Member kSchemaName = required("SchemaName", kText);
constexpr Member kSchemaVersion = optional("SchemaVersion", kText);
constexpr Member kDiscovererId = required("DiscovererId", kText);
constexpr Member kLanguage = required("Language", kText);
constexpr Member kResourceArn = required("ResourceArn", kText);
constexpr Member kDescription = optional("Description", text(0, 256));
constexpr Member kCrossAccount = optional("CrossAccount", boolean());
constexpr Member kOwnTags = optional("tags", kTags);
constexpr Member kLimit = optional("Limit", integer(1, 100));
constexpr Member kNextToken = optional("NextToken", kText);

// ---- Inputs, of one operation or of several, with the members in the order of the model ----

constexpr Member kDiscoverer[] = {kDiscovererId};
constexpr Member kRegistry[] = {kRegistryName};
constexpr Member kSchema[] = {kRegistryName, kSchemaName};
constexpr Member kSomeVersion[] = {kRegistryName, kSchemaName, kSchemaVersion};
constexpr Member kOneVersion[] = {kRegistryName, kSchemaName, required("SchemaVersion", kText)};
constexpr Member kCodeBinding[] = {kLanguage, kRegistryName, kSchemaName, kSchemaVersion};
constexpr Member kPolicyOf[] = {optional("RegistryName", kText)};
constexpr Member kTagged[] = {kResourceArn};

constexpr Member kCreateDiscoverer[] = {kDescription, required("SourceArn", text(20, 1'600)), kCrossAccount, kOwnTags};
constexpr Member kCreateRegistry[] = {kDescription, kRegistryName, kOwnTags};
constexpr Member kCreateSchema[] = {required("Content", kContent),   kDescription, kRegistryName, kSchemaName, kOwnTags,
                                    required("Type", one_of(kTypes))};
constexpr Member kExportSchema[] = {kRegistryName, kSchemaName, kSchemaVersion, required("Type", kText)};
constexpr Member kGetDiscoveredSchema[] = {required("Events", kEvents), required("Type", one_of(kTypes))};
constexpr Member kListDiscoverers[] = {optional("DiscovererIdPrefix", kText), kLimit, kNextToken,
                                       optional("SourceArnPrefix", kText)};
constexpr Member kListRegistries[] = {kLimit, kNextToken, optional("RegistryNamePrefix", kText),
                                      optional("Scope", kText)};
constexpr Member kListSchemaVersions[] = {kLimit, kNextToken, kRegistryName, kSchemaName};
constexpr Member kListSchemas[] = {kLimit, kNextToken, kRegistryName, optional("SchemaNamePrefix", kText)};
constexpr Member kPutResourcePolicy[] = {required("Policy", kText), optional("RegistryName", kText),
                                         optional("RevisionId", kText)};
constexpr Member kSearchSchemas[] = {required("Keywords", kText), kLimit, kNextToken, kRegistryName};
constexpr Member kTagResource[] = {kResourceArn, required("tags", kTags)};
constexpr Member kUntagResource[] = {kResourceArn, required("TagKeys", kTagKeys)};
constexpr Member kUpdateDiscoverer[] = {kDescription, kDiscovererId, kCrossAccount};
constexpr Member kUpdateRegistry[] = {kDescription, kRegistryName};
constexpr Member kUpdateSchema[] = {
    optional("ClientTokenId", text(0, 36)), optional("Content", kContent), kDescription, kRegistryName, kSchemaName,
    optional("Type", one_of(kTypes))};

constexpr std::array kInputs = {
    OperationInput{"CreateDiscoverer", structure("CreateDiscovererRequest", kCreateDiscoverer)},
    OperationInput{"CreateRegistry", structure("CreateRegistryRequest", kCreateRegistry)},
    OperationInput{"CreateSchema", structure("CreateSchemaRequest", kCreateSchema)},
    OperationInput{"DeleteDiscoverer", structure("DeleteDiscovererRequest", kDiscoverer)},
    OperationInput{"DeleteRegistry", structure("DeleteRegistryRequest", kRegistry)},
    OperationInput{"DeleteResourcePolicy", structure("DeleteResourcePolicyRequest", kPolicyOf)},
    OperationInput{"DeleteSchema", structure("DeleteSchemaRequest", kSchema)},
    OperationInput{"DeleteSchemaVersion", structure("DeleteSchemaVersionRequest", kOneVersion)},
    OperationInput{"DescribeCodeBinding", structure("DescribeCodeBindingRequest", kCodeBinding)},
    OperationInput{"DescribeDiscoverer", structure("DescribeDiscovererRequest", kDiscoverer)},
    OperationInput{"DescribeRegistry", structure("DescribeRegistryRequest", kRegistry)},
    OperationInput{"DescribeSchema", structure("DescribeSchemaRequest", kSomeVersion)},
    OperationInput{"ExportSchema", structure("ExportSchemaRequest", kExportSchema)},
    OperationInput{"GetCodeBindingSource", structure("GetCodeBindingSourceRequest", kCodeBinding)},
    OperationInput{"GetDiscoveredSchema", structure("GetDiscoveredSchemaRequest", kGetDiscoveredSchema)},
    OperationInput{"GetResourcePolicy", structure("GetResourcePolicyRequest", kPolicyOf)},
    OperationInput{"ListDiscoverers", structure("ListDiscoverersRequest", kListDiscoverers)},
    OperationInput{"ListRegistries", structure("ListRegistriesRequest", kListRegistries)},
    OperationInput{"ListSchemaVersions", structure("ListSchemaVersionsRequest", kListSchemaVersions)},
    OperationInput{"ListSchemas", structure("ListSchemasRequest", kListSchemas)},
    OperationInput{"ListTagsForResource", structure("ListTagsForResourceRequest", kTagged)},
    OperationInput{"PutCodeBinding", structure("PutCodeBindingRequest", kCodeBinding)},
    OperationInput{"PutResourcePolicy", structure("PutResourcePolicyRequest", kPutResourcePolicy)},
    OperationInput{"SearchSchemas", structure("SearchSchemasRequest", kSearchSchemas)},
    OperationInput{"StartDiscoverer", structure("StartDiscovererRequest", kDiscoverer)},
    OperationInput{"StopDiscoverer", structure("StopDiscovererRequest", kDiscoverer)},
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
