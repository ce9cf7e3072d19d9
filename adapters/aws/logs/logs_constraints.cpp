#include "adapters/aws/logs/logs_constraints.h"

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace {

constexpr Shape kText = text();
constexpr Shape kGroupName = text(1, 512).matching(R"([\.\-_/#A-Za-z0-9]+)");
constexpr Shape kGroupNamePattern = text(0, 512).matching(R"([\.\-_/#A-Za-z0-9]*)");
constexpr Shape kGroupIdentifier = text(1, 2048).matching(R"([\w#+=/:,.@-]*)");
constexpr Shape kGroupIdentifiers = list_of(kGroupIdentifier, 1, 50);
constexpr Shape kStreamName = text(1, 512).matching("[^:*]*");
constexpr Shape kStreamNames = list_of(kStreamName, 1, 100);
constexpr Shape kAccountId = text(12, 12).matching(R"(^\d{12}$)");
constexpr Shape kAccountIds = list_of(kAccountId, 0, 20);
constexpr Shape kKmsKeyId = text(Shape::kNoMin, 256);
constexpr Shape kResourceArn = text(1, 1011).matching(R"([\w+=/:,.@-]*)");
constexpr Shape kTimestamp = long_integer(0);
constexpr Shape kNextToken = text(1);
constexpr Shape kDescribeLimit = integer(1, 50);
constexpr Shape kEventsLimit = integer(1, 10'000);

constexpr std::string_view kGroupClasses[] = {"STANDARD", "INFREQUENT_ACCESS", "DELIVERY"};
constexpr std::string_view kOrders[] = {"LogStreamName", "LastEventTime"};
constexpr std::string_view kPolicyScopes[] = {"ACCOUNT", "RESOURCE"};

constexpr Shape kTagKey = text(1, 128).matching(R"(^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$)");
constexpr Shape kTagValue = text(Shape::kNoMin, 256).matching(R"(^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$)");
constexpr Shape kTags = map_of(kTagKey, kTagValue, 1, 50);
constexpr Shape kTagKeys = list_of(kTagKey, 0, 50);
constexpr Shape kOldTagKeys = list_of(kTagKey, 1);

// ---- Groups ----

constexpr Member kCreateLogGroup[] = {
    required("logGroupName", kGroupName),
    optional("kmsKeyId", kKmsKeyId),
    optional("tags", kTags),
    optional("logGroupClass", one_of(kGroupClasses)),
    optional("deletionProtectionEnabled", boolean()),
};
constexpr Member kNamedGroup[] = {required("logGroupName", kGroupName)};
constexpr Member kDescribeLogGroups[] = {
    optional("accountIdentifiers", kAccountIds),
    optional("logGroupNamePrefix", kGroupName),
    optional("logGroupNamePattern", kGroupNamePattern),
    optional("nextToken", kNextToken),
    optional("limit", kDescribeLimit),
    optional("includeLinkedAccounts", boolean()),
    optional("logGroupClass", one_of(kGroupClasses)),
    optional("logGroupIdentifiers", kGroupIdentifiers),
};
constexpr Member kPutRetentionPolicy[] = {required("logGroupName", kGroupName), required("retentionInDays", integer())};

// ---- Streams ----

constexpr Member kNamedStream[] = {required("logGroupName", kGroupName), required("logStreamName", kStreamName)};
constexpr Member kDescribeLogStreams[] = {
    optional("logGroupName", kGroupName),
    optional("logGroupIdentifier", kGroupIdentifier),
    optional("logStreamNamePrefix", kStreamName),
    optional("orderBy", one_of(kOrders)),
    optional("descending", boolean()),
    optional("nextToken", kNextToken),
    optional("limit", kDescribeLimit),
};

// ---- Events ----

constexpr Member kInputLogEventMembers[] = {required("timestamp", kTimestamp), required("message", text(1))};
constexpr Shape kInputLogEvent = structure("InputLogEvent", kInputLogEventMembers);
constexpr Shape kInputLogEvents = list_of(kInputLogEvent, 1, 10'000);
constexpr Shape kEntityName = text(1, 256), kEntityValue = text(1, 512);
constexpr Shape kEntityMap = map_of(kEntityName, kEntityValue, 0, 10);
constexpr Member kEntityMembers[] = {optional("keyAttributes", kEntityMap), optional("attributes", kEntityMap)};
constexpr Member kPutLogEvents[] = {
    required("logGroupName", kGroupName),
    required("logStreamName", kStreamName),
    required("logEvents", kInputLogEvents),
    optional("sequenceToken", kNextToken),
    optional("entity", structure("Entity", kEntityMembers)),
};
constexpr Member kGetLogEvents[] = {
    optional("logGroupName", kGroupName),   optional("logGroupIdentifier", kGroupIdentifier),
    required("logStreamName", kStreamName), optional("startTime", kTimestamp),
    optional("endTime", kTimestamp),        optional("nextToken", kNextToken),
    optional("limit", kEventsLimit),        optional("startFromHead", boolean()),
    optional("unmask", boolean()),
};
constexpr Member kFilterLogEvents[] = {
    optional("logGroupName", kGroupName),
    optional("logGroupIdentifier", kGroupIdentifier),
    optional("logStreamNames", kStreamNames),
    optional("logStreamNamePrefix", kStreamName),
    optional("startTime", kTimestamp),
    optional("endTime", kTimestamp),
    optional("filterPattern", text(0, 1024)),
    optional("nextToken", kNextToken),
    optional("limit", kEventsLimit),
    optional("interleaved", boolean()),
    optional("unmask", boolean()),
};

// ---- Tags and policies ----

constexpr Member kTaggedResource[] = {required("resourceArn", kResourceArn)};
constexpr Member kTagResource[] = {required("resourceArn", kResourceArn), required("tags", kTags)};
constexpr Member kUntagResource[] = {required("resourceArn", kResourceArn), required("tagKeys", kTagKeys)};
constexpr Member kTagLogGroup[] = {required("logGroupName", kGroupName), required("tags", kTags)};
constexpr Member kUntagLogGroup[] = {required("logGroupName", kGroupName), required("tags", kOldTagKeys)};

constexpr Member kPutResourcePolicy[] = {
    optional("policyName", kText),
    optional("policyDocument", text(1, 51'200)),
    optional("resourceArn", kText),
    optional("expectedRevisionId", kNextToken),
};
constexpr Member kDescribeResourcePolicies[] = {
    optional("nextToken", kNextToken),
    optional("limit", kDescribeLimit),
    optional("resourceArn", kText),
    optional("policyScope", one_of(kPolicyScopes)),
};
constexpr Member kDeleteResourcePolicy[] = {
    optional("policyName", kText),
    optional("resourceArn", kText),
    optional("expectedRevisionId", kNextToken),
};

constexpr std::array kInputs = {
    OperationInput{"CreateLogGroup", structure("CreateLogGroupRequest", kCreateLogGroup)},
    OperationInput{"CreateLogStream", structure("CreateLogStreamRequest", kNamedStream)},
    OperationInput{"DeleteLogGroup", structure("DeleteLogGroupRequest", kNamedGroup)},
    OperationInput{"DeleteLogStream", structure("DeleteLogStreamRequest", kNamedStream)},
    OperationInput{"DeleteResourcePolicy", structure("DeleteResourcePolicyRequest", kDeleteResourcePolicy)},
    OperationInput{"DeleteRetentionPolicy", structure("DeleteRetentionPolicyRequest", kNamedGroup)},
    OperationInput{"DescribeLogGroups", structure("DescribeLogGroupsRequest", kDescribeLogGroups)},
    OperationInput{"DescribeLogStreams", structure("DescribeLogStreamsRequest", kDescribeLogStreams)},
    OperationInput{"DescribeResourcePolicies", structure("DescribeResourcePoliciesRequest", kDescribeResourcePolicies)},
    OperationInput{"FilterLogEvents", structure("FilterLogEventsRequest", kFilterLogEvents)},
    OperationInput{"GetLogEvents", structure("GetLogEventsRequest", kGetLogEvents)},
    OperationInput{"ListTagsForResource", structure("ListTagsForResourceRequest", kTaggedResource)},
    OperationInput{"ListTagsLogGroup", structure("ListTagsLogGroupRequest", kNamedGroup)},
    OperationInput{"PutLogEvents", structure("PutLogEventsRequest", kPutLogEvents)},
    OperationInput{"PutResourcePolicy", structure("PutResourcePolicyRequest", kPutResourcePolicy)},
    OperationInput{"PutRetentionPolicy", structure("PutRetentionPolicyRequest", kPutRetentionPolicy)},
    OperationInput{"TagLogGroup", structure("TagLogGroupRequest", kTagLogGroup)},
    OperationInput{"TagResource", structure("TagResourceRequest", kTagResource)},
    OperationInput{"UntagLogGroup", structure("UntagLogGroupRequest", kUntagLogGroup)},
    OperationInput{"UntagResource", structure("UntagResourceRequest", kUntagResource)},
};
static_assert(std::ranges::is_sorted(kInputs, {}, &OperationInput::operation));

}  // namespace

std::span<const OperationInput> logs_inputs() { return kInputs; }

}  // namespace eventbus::aws
