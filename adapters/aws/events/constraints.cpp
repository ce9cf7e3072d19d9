#include "adapters/aws/events/constraints.h"

#include "adapters/aws/events/connection_shapes.h"
#include "adapters/aws/events/shared_shapes.h"
#include "adapters/aws/events/target_shapes.h"

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace events_model {

namespace {

// ---- Buses and permissions ----

constexpr Member kCreateEventBus[] = {
    required("Name", kBusName),
    optional("EventSourceName", kEventSourceName),
    optional("Description", kBusDescription),
    optional("KmsKeyIdentifier", kKmsKeyIdentifier),
    optional("DeadLetterConfig", kDeadLetterConfig),
    optional("LogConfig", kLogConfig),
    optional("Tags", kTags),
};
constexpr Member kDescribeEventBus[] = {optional("Name", kBusNameOrArn)};
constexpr Member kUpdateEventBus[] = {
    optional("Name", kBusName),
    optional("KmsKeyIdentifier", kKmsKeyIdentifier),
    optional("Description", kBusDescription),
    optional("DeadLetterConfig", kDeadLetterConfig),
    optional("LogConfig", kLogConfig),
};
constexpr Member kListEventBuses[] = {optional("NamePrefix", kBusName), optional("NextToken", kNextToken),
                                      optional("Limit", kLimit)};
constexpr Member kDeleteEventBus[] = {required("Name", kBusName)};

constexpr Member kConditionMembers[] = {required("Type", kText), required("Key", kText), required("Value", kText)};
constexpr Shape kStatementId = text(1, 64).matching("[a-zA-Z0-9-_]+");
constexpr Member kPutPermission[] = {
    optional("EventBusName", kOwnBusName),
    optional("Action", text(1, 64).matching("events:[a-zA-Z]+")),
    optional("Principal", text(1, 12).matching(R"((\d{12}|\*))")),
    optional("StatementId", kStatementId),
    optional("Condition", structure("Condition", kConditionMembers)),
    optional("Policy", kText),
};
constexpr Member kRemovePermission[] = {optional("StatementId", kStatementId),
                                        optional("RemoveAllPermissions", boolean()),
                                        optional("EventBusName", kOwnBusName)};

// ---- Rules ----

constexpr std::string_view kRuleState[] = {"ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"};
constexpr Member kPutRule[] = {
    required("Name", kRuleName),
    optional("ScheduleExpression", text(Shape::kNoMin, 256)),
    optional("EventPattern", kEventPattern),
    optional("State", one_of(kRuleState)),
    optional("Description", text(Shape::kNoMin, 512)),
    optional("RoleArn", kArn),
    optional("Tags", kTags),
    optional("EventBusName", kBusNameOrArn),
};
// DescribeRule, EnableRule, DisableRule
constexpr Member kNamedRule[] = {required("Name", kRuleName), optional("EventBusName", kBusNameOrArn)};
constexpr Member kDeleteRule[] = {required("Name", kRuleName), optional("EventBusName", kBusNameOrArn),
                                  optional("Force", boolean())};
constexpr Member kListRules[] = {optional("NamePrefix", kRuleName), optional("EventBusName", kBusNameOrArn),
                                 optional("NextToken", kNextToken), optional("Limit", kLimit)};
constexpr Member kListRuleNamesByTarget[] = {required("TargetArn", kArn), optional("EventBusName", kBusNameOrArn),
                                             optional("NextToken", kNextToken), optional("Limit", kLimit)};

// ---- Targets ----

constexpr Member kPutTargets[] = {required("Rule", kRuleName), optional("EventBusName", kBusNameOrArn),
                                  required("Targets", list_of(kTarget, 1, 100))};
constexpr Member kListTargetsByRule[] = {required("Rule", kRuleName), optional("EventBusName", kBusNameOrArn),
                                         optional("NextToken", kNextToken), optional("Limit", kLimit)};
constexpr Member kRemoveTargets[] = {required("Rule", kRuleName), optional("EventBusName", kBusNameOrArn),
                                     required("Ids", list_of(kTargetId, 1, 100)), optional("Force", boolean())};

// ---- Tags ----

constexpr Member kTagResource[] = {required("ResourceARN", kArn), required("Tags", kTags)};
constexpr Member kUntagResource[] = {required("ResourceARN", kArn), required("TagKeys", kTagKeys)};
constexpr Member kListTagsForResource[] = {required("ResourceARN", kArn)};

// ---- Events ----

constexpr Shape kResource = text(Shape::kNoMin, 2048);
// In the order in which AWS prints an entry; the last two are its own (behaviour §5).
constexpr Member kEntryMembers[] = {
    optional("Time", timestamp()),         optional("Source", kText),      optional("Resources", list_of(kResource)),
    optional("DetailType", kText),         optional("Detail", kText),      optional("EventBusName", kOwnBusNameOrArn),
    optional("TraceHeader", text(1, 500)), unsendable("KmsKeyIdentifier"), unsendable("InternalMetadata"),
};
constexpr Shape kEntry = structure("PutEventsRequestEntry", kEntryMembers);
constexpr Member kPutEvents[] = {required("Entries", list_of(kEntry, 1, 10)),
                                 optional("EndpointId", text(1, 50).matching(R"(^[A-Za-z0-9\-]+[\.][A-Za-z0-9\-]+$)"))};
constexpr Member kTestEventPattern[] = {required("EventPattern", kEventPattern), required("Event", kText)};

// ---- Connections and API destinations ----

// DescribeConnection, DeleteConnection, DeauthorizeConnection, DescribeApiDestination, DeleteApiDestination
constexpr Member kNamed[] = {required("Name", kConnectionName)};
constexpr Member kListConnections[] = {optional("NamePrefix", kConnectionName),
                                       optional("ConnectionState", one_of(kConnectionState)),
                                       optional("NextToken", kNextToken), optional("Limit", kLimit)};

constexpr Member kListApiDestinations[] = {optional("NamePrefix", kConnectionName),
                                           optional("ConnectionArn", kConnectionArn), optional("NextToken", kNextToken),
                                           optional("Limit", kLimit)};

// ---- Archives ----

constexpr Shape kArchiveName = text(1, 48).matching(kNamePattern);
constexpr Shape kArchiveDescription = text(Shape::kNoMin, 512).matching(".*");
constexpr Shape kSourceArn =
    text(1, 1600).matching(R"(^arn:aws([a-z]|\-)*:events:([a-z]|\d|\-)*:([0-9]{12})?:.+\/.+$)");
constexpr std::string_view kArchiveState[] = {"CREATE_FAILED", "ENABLED",  "UPDATING",
                                              "UPDATE_FAILED", "CREATING", "DISABLED"};
constexpr Member kCreateArchive[] = {
    required("ArchiveName", kArchiveName),        required("EventSourceArn", kSourceArn),
    optional("Description", kArchiveDescription), optional("EventPattern", kEventPattern),
    optional("RetentionDays", integer(0)),        optional("KmsKeyIdentifier", kKmsKeyIdentifier),
};
constexpr Member kUpdateArchive[] = {
    required("ArchiveName", kArchiveName),           optional("Description", kArchiveDescription),
    optional("EventPattern", kEventPattern),         optional("RetentionDays", integer(0)),
    optional("KmsKeyIdentifier", kKmsKeyIdentifier),
};
// DescribeArchive, DeleteArchive
constexpr Member kNamedArchive[] = {required("ArchiveName", kArchiveName)};
constexpr Member kListArchives[] = {optional("NamePrefix", kArchiveName), optional("EventSourceArn", kSourceArn),
                                    optional("State", one_of(kArchiveState)), optional("NextToken", kNextToken),
                                    optional("Limit", kLimit)};

// ---- Replays ----

constexpr Shape kReplayName = text(1, 64).matching(kNamePattern);
constexpr std::string_view kReplayState[] = {"STARTING", "RUNNING", "CANCELLING", "COMPLETED", "CANCELLED", "FAILED"};
constexpr Member kReplayDestinationMembers[] = {required("Arn", kArn), optional("FilterArns", list_of(kArn))};
constexpr Member kStartReplay[] = {
    required("ReplayName", kReplayName),
    optional("Description", text(Shape::kNoMin, 512).matching(".*")),
    required("EventSourceArn", kSourceArn),
    required("EventStartTime", timestamp()),
    required("EventEndTime", timestamp()),
    required("Destination", structure("ReplayDestination", kReplayDestinationMembers)),
};
// DescribeReplay, CancelReplay
constexpr Member kNamedReplay[] = {required("ReplayName", kReplayName)};
constexpr Member kListReplays[] = {optional("NamePrefix", kReplayName), optional("State", one_of(kReplayState)),
                                   optional("EventSourceArn", kSourceArn), optional("NextToken", kNextToken),
                                   optional("Limit", kLimit)};

constexpr std::array kInputs = {
    OperationInput{"CancelReplay", structure("CancelReplayRequest", kNamedReplay)},
    OperationInput{"CreateApiDestination",
                   structure("CreateApiDestinationRequest", ApiDestinationInput<true>::kMembers)},
    OperationInput{"CreateArchive", structure("CreateArchiveRequest", kCreateArchive)},
    OperationInput{"CreateConnection", structure("CreateConnectionRequest", ConnectionInput<true>::kMembers)},
    OperationInput{"CreateEventBus", structure("CreateEventBusRequest", kCreateEventBus)},
    OperationInput{"DeauthorizeConnection", structure("DeauthorizeConnectionRequest", kNamed)},
    OperationInput{"DeleteApiDestination", structure("DeleteApiDestinationRequest", kNamed)},
    OperationInput{"DeleteArchive", structure("DeleteArchiveRequest", kNamedArchive)},
    OperationInput{"DeleteConnection", structure("DeleteConnectionRequest", kNamed)},
    OperationInput{"DeleteEventBus", structure("DeleteEventBusRequest", kDeleteEventBus)},
    OperationInput{"DeleteRule", structure("DeleteRuleRequest", kDeleteRule)},
    OperationInput{"DescribeApiDestination", structure("DescribeApiDestinationRequest", kNamed)},
    OperationInput{"DescribeArchive", structure("DescribeArchiveRequest", kNamedArchive)},
    OperationInput{"DescribeConnection", structure("DescribeConnectionRequest", kNamed)},
    OperationInput{"DescribeEventBus", structure("DescribeEventBusRequest", kDescribeEventBus)},
    OperationInput{"DescribeReplay", structure("DescribeReplayRequest", kNamedReplay)},
    OperationInput{"DescribeRule", structure("DescribeRuleRequest", kNamedRule)},
    OperationInput{"DisableRule", structure("DisableRuleRequest", kNamedRule)},
    OperationInput{"EnableRule", structure("EnableRuleRequest", kNamedRule)},
    OperationInput{"ListApiDestinations", structure("ListApiDestinationsRequest", kListApiDestinations)},
    OperationInput{"ListArchives", structure("ListArchivesRequest", kListArchives)},
    OperationInput{"ListConnections", structure("ListConnectionsRequest", kListConnections)},
    OperationInput{"ListEventBuses", structure("ListEventBusesRequest", kListEventBuses)},
    OperationInput{"ListReplays", structure("ListReplaysRequest", kListReplays)},
    OperationInput{"ListRuleNamesByTarget", structure("ListRuleNamesByTargetRequest", kListRuleNamesByTarget)},
    OperationInput{"ListRules", structure("ListRulesRequest", kListRules)},
    OperationInput{"ListTagsForResource", structure("ListTagsForResourceRequest", kListTagsForResource)},
    OperationInput{"ListTargetsByRule", structure("ListTargetsByRuleRequest", kListTargetsByRule)},
    OperationInput{"PutEvents", structure("PutEventsRequest", kPutEvents)},
    OperationInput{"PutPermission", structure("PutPermissionRequest", kPutPermission)},
    OperationInput{"PutRule", structure("PutRuleRequest", kPutRule)},
    OperationInput{"PutTargets", structure("PutTargetsRequest", kPutTargets)},
    OperationInput{"RemovePermission", structure("RemovePermissionRequest", kRemovePermission)},
    OperationInput{"RemoveTargets", structure("RemoveTargetsRequest", kRemoveTargets)},
    OperationInput{"StartReplay", structure("StartReplayRequest", kStartReplay)},
    OperationInput{"TagResource", structure("TagResourceRequest", kTagResource)},
    OperationInput{"TestEventPattern", structure("TestEventPatternRequest", kTestEventPattern)},
    OperationInput{"UntagResource", structure("UntagResourceRequest", kUntagResource)},
    OperationInput{"UpdateApiDestination",
                   structure("UpdateApiDestinationRequest", ApiDestinationInput<false>::kMembers)},
    OperationInput{"UpdateArchive", structure("UpdateArchiveRequest", kUpdateArchive)},
    OperationInput{"UpdateConnection", structure("UpdateConnectionRequest", ConnectionInput<false>::kMembers)},
    OperationInput{"UpdateEventBus", structure("UpdateEventBusRequest", kUpdateEventBus)},
};
static_assert(std::ranges::is_sorted(kInputs, {}, &OperationInput::operation));

}  // namespace

}  // namespace events_model

std::span<const OperationInput> events_inputs() { return events_model::kInputs; }

std::vector<MovedMaximum> events_maxima(const Limits& limits) {
  const auto entries = static_cast<std::int64_t>(limits.put_events_entries);
  // The quota on patterns is below the model's bound, which moves only to make room for a higher one.
  const auto pattern =
      std::max(events_model::kEventPattern.max, static_cast<std::int64_t>(limits.event_pattern_characters));
  return {{"PutEvents", "Entries", entries},
          {"CreateArchive", "EventPattern", pattern},
          {"PutRule", "EventPattern", pattern},
          {"TestEventPattern", "EventPattern", pattern},
          {"UpdateArchive", "EventPattern", pattern}};
}

}  // namespace eventbus::aws
