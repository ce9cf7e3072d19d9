#include "adapters/aws/scheduler/scheduler_constraints.h"

#include <array>

namespace eventbus::aws {

namespace {

// ---- What many operations share ----

constexpr Shape kName = text(1, 64).matching("^[0-9a-zA-Z-_.]+$");
constexpr Shape kClientToken = text(1, 64).matching("^[a-zA-Z0-9-_]+$");
constexpr Shape kNextToken = text(1, 2048);
constexpr Shape kMaxResults = integer(1, 100);
constexpr std::string_view kStates[] = {"ENABLED", "DISABLED"};

constexpr Shape kTagKey = text(1, 128);
constexpr Member kTagMembers[] = {required("Key", kTagKey), required("Value", text(1, 256))};
constexpr Shape kTag = structure("Tag", kTagMembers);
constexpr Shape kTags = list_of(kTag, 0, 200);
constexpr Shape kTagKeys = list_of(kTagKey, 0, 200);
constexpr Shape kTagResourceArn =
    text(1, 1011).matching(R"(^arn:aws(-[a-z]+)?:scheduler:[a-z0-9\-]+:\d{12}:schedule-group\/[0-9a-zA-Z-_.]+$)");

// ---- Targets ----

constexpr Shape kTagValue = text(1, 256);
constexpr Shape kTagMap = map_of(kTagKey, kTagValue);

constexpr Member kStrategyMembers[] = {optional("base", integer(0, 100'000)),
                                       required("capacityProvider", text(1, 255)),
                                       optional("weight", integer(0, 1'000))};
constexpr Shape kStrategy = structure("CapacityProviderStrategyItem", kStrategyMembers);
constexpr std::string_view kAssignPublicIp[] = {"ENABLED", "DISABLED"};
constexpr Shape kSubnet = text(1, 1'000);
constexpr Member kVpcMembers[] = {optional("AssignPublicIp", one_of(kAssignPublicIp)),
                                  optional("SecurityGroups", list_of(kSubnet, 1, 5)),
                                  required("Subnets", list_of(kSubnet, 1, 16))};
constexpr Member kNetworkMembers[] = {optional("awsvpcConfiguration", structure("AwsVpcConfiguration", kVpcMembers))};
constexpr std::string_view kConstraintTypes[] = {"distinctInstance", "memberOf"};
constexpr Member kPlacementConstraintMembers[] = {optional("expression", text(0, 2'000)),
                                                  optional("type", one_of(kConstraintTypes))};
constexpr Shape kPlacementConstraint = structure("PlacementConstraint", kPlacementConstraintMembers);
constexpr std::string_view kStrategyTypes[] = {"random", "spread", "binpack"};
constexpr Member kPlacementStrategyMembers[] = {optional("field", text(0, 255)),
                                                optional("type", one_of(kStrategyTypes))};
constexpr Shape kPlacementStrategy = structure("PlacementStrategy", kPlacementStrategyMembers);
constexpr std::string_view kLaunchTypes[] = {"EC2", "FARGATE", "EXTERNAL"};
constexpr std::string_view kPropagateTags[] = {"TASK_DEFINITION"};
constexpr Member kEcsMembers[] = {
    optional("CapacityProviderStrategy", list_of(kStrategy, 0, 6)),
    optional("EnableECSManagedTags", boolean()),
    optional("EnableExecuteCommand", boolean()),
    optional("Group", text(1, 255)),
    optional("LaunchType", one_of(kLaunchTypes)),
    optional("NetworkConfiguration", structure("NetworkConfiguration", kNetworkMembers)),
    optional("PlacementConstraints", list_of(kPlacementConstraint, 0, 10)),
    optional("PlacementStrategy", list_of(kPlacementStrategy, 0, 5)),
    optional("PlatformVersion", text(1, 64)),
    optional("PropagateTags", one_of(kPropagateTags)),
    optional("ReferenceId", text(0, 1'024)),
    optional("Tags", list_of(kTagMap, 0, 50)),
    optional("TaskCount", integer(1, 10)),
    required("TaskDefinitionArn", text(1, 1'600)),
};
// RE2 looks neither ahead nor back: "does not begin with aws." is spelt out.
constexpr Shape kSource =
    text(1, 256).matching(R"(^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)$)",
                          R"(a|aw|aws|[/.\-_A-Zb-z0-9].*|a[^w].*|aw[^s].*|aws[^.].*|\$(\.[\w_-]+(\[(\d+|\*)\])*)*)");
constexpr Member kEventBridgeMembers[] = {required("DetailType", text(1, 128)), required("Source", kSource)};
constexpr Member kKinesisMembers[] = {required("PartitionKey", text(1, 256))};
constexpr Member kPipelineParameterMembers[] = {required("Name", text(1, 256).matching(R"(^[A-Za-z0-9\-_]*$)")),
                                                required("Value", text(1, 1'024))};
constexpr Shape kPipelineParameter = structure("SageMakerPipelineParameter", kPipelineParameterMembers);
constexpr Member kPipelineMembers[] = {optional("PipelineParameterList", list_of(kPipelineParameter, 0, 200))};
constexpr Member kSqsMembers[] = {optional("MessageGroupId", text(1, 128))};
constexpr Member kRetryMembers[] = {optional("MaximumEventAgeInSeconds", integer(60, 86'400)),
                                    optional("MaximumRetryAttempts", integer(0, 185))};
constexpr Member kDeadLetterMembers[] = {
    optional("Arn", text(1, 1'600).matching(R"(^arn:aws(-[a-z]+)?:sqs:[a-z0-9\-]+:\d{12}:[a-zA-Z0-9\-_]+$)"))};
constexpr Member kTargetMembers[] = {
    required("Arn", text(1, 1'600)),
    optional("DeadLetterConfig", structure("DeadLetterConfig", kDeadLetterMembers)),
    optional("EcsParameters", structure("EcsParameters", kEcsMembers)),
    optional("EventBridgeParameters", structure("EventBridgeParameters", kEventBridgeMembers)),
    optional("Input", text(1)),
    optional("KinesisParameters", structure("KinesisParameters", kKinesisMembers)),
    optional("RetryPolicy", structure("RetryPolicy", kRetryMembers)),
    required("RoleArn", text(1, 1'600).matching(R"(^arn:aws(-[a-z]+)?:iam::\d{12}:role\/[\w+=,.@\/-]+$)")),
    optional("SageMakerPipelineParameters", structure("SageMakerPipelineParameters", kPipelineMembers)),
    optional("SqsParameters", structure("SqsParameters", kSqsMembers)),
};

// ---- Schedules ----

constexpr std::string_view kActions[] = {"NONE", "DELETE"};
constexpr std::string_view kModes[] = {"OFF", "FLEXIBLE"};
constexpr Member kWindowMembers[] = {optional("MaximumWindowInMinutes", integer(1, 1'440)),
                                     required("Mode", one_of(kModes))};
constexpr Member kPutSchedule[] = {
    optional("ActionAfterCompletion", one_of(kActions)),
    optional("ClientToken", kClientToken),
    optional("Description", text(0, 512)),
    optional("EndDate", timestamp()),
    required("FlexibleTimeWindow", structure("FlexibleTimeWindow", kWindowMembers)),
    optional("GroupName", kName),
    optional("KmsKeyArn",
             text(1, 2'048).matching(R"(^arn:aws(-[a-z]+)?:kms:[a-z0-9\-]+:\d{12}:(key|alias)\/[0-9a-zA-Z-_]*$)")),
    required("Name", kName),
    required("ScheduleExpression", text(1, 256)),
    optional("ScheduleExpressionTimezone", text(1, 50)),
    optional("StartDate", timestamp()),
    optional("State", one_of(kStates)),
    required("Target", structure("Target", kTargetMembers)),
};
constexpr Member kGetSchedule[] = {optional("GroupName", kName), required("Name", kName)};
constexpr Member kDeleteSchedule[] = {optional("ClientToken", kClientToken), optional("GroupName", kName),
                                      required("Name", kName)};
constexpr Member kListSchedules[] = {optional("GroupName", kName), optional("MaxResults", kMaxResults),
                                     optional("NamePrefix", kName), optional("NextToken", kNextToken),
                                     optional("State", one_of(kStates))};

// ---- Groups ----

constexpr Member kCreateGroup[] = {optional("ClientToken", kClientToken), required("Name", kName),
                                   optional("Tags", kTags)};
constexpr Member kGetGroup[] = {required("Name", kName)};
constexpr Member kDeleteGroup[] = {optional("ClientToken", kClientToken), required("Name", kName)};
constexpr Member kListGroups[] = {optional("MaxResults", kMaxResults), optional("NamePrefix", kName),
                                  optional("NextToken", kNextToken)};

constexpr Member kListTags[] = {required("ResourceArn", kTagResourceArn)};
constexpr Member kTagResource[] = {required("ResourceArn", kTagResourceArn), required("Tags", kTags)};
constexpr Member kUntagResource[] = {required("ResourceArn", kTagResourceArn), required("TagKeys", kTagKeys)};

constexpr std::array kInputs = {
    OperationInput{"CreateSchedule", structure("CreateScheduleInput", kPutSchedule)},
    OperationInput{"CreateScheduleGroup", structure("CreateScheduleGroupInput", kCreateGroup)},
    OperationInput{"DeleteSchedule", structure("DeleteScheduleInput", kDeleteSchedule)},
    OperationInput{"DeleteScheduleGroup", structure("DeleteScheduleGroupInput", kDeleteGroup)},
    OperationInput{"GetSchedule", structure("GetScheduleInput", kGetSchedule)},
    OperationInput{"GetScheduleGroup", structure("GetScheduleGroupInput", kGetGroup)},
    OperationInput{"ListScheduleGroups", structure("ListScheduleGroupsInput", kListGroups)},
    OperationInput{"ListSchedules", structure("ListSchedulesInput", kListSchedules)},
    OperationInput{"ListTagsForResource", structure("ListTagsForResourceInput", kListTags)},
    OperationInput{"TagResource", structure("TagResourceInput", kTagResource)},
    OperationInput{"UntagResource", structure("UntagResourceInput", kUntagResource)},
    OperationInput{"UpdateSchedule", structure("UpdateScheduleInput", kPutSchedule)},
};

}  // namespace

std::span<const OperationInput> scheduler_inputs() { return kInputs; }

}  // namespace eventbus::aws
