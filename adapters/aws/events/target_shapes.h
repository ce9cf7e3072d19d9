#pragma once

#include "adapters/aws/constraints.h"
#include "adapters/aws/events/shared_shapes.h"

#include <string_view>

// A target of a rule, in the API model of EventBridge, with the parameters of each service that can be one.
namespace eventbus::aws::events_model {

inline constexpr Shape kInputPath = text(Shape::kNoMin, 256);
inline constexpr Shape kPathKey = text(1, 256).matching(R"([A-Za-z0-9\_\-]+)");
inline constexpr Member kInputTransformer[] = {
    optional("InputPathsMap", map_of(kPathKey, kInputPath, Shape::kNoMin, 100)),
    required("InputTemplate", text(1, 8192)),
};

inline constexpr Member kKinesisParameters[] = {required("PartitionKeyPath", text(Shape::kNoMin, 256))};

inline constexpr Shape kRunCommandValue = text(1, 256);
inline constexpr Member kRunCommandTargetMembers[] = {
    required("Key", text(1, 128).matching(R"(^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$)")),
    required("Values", list_of(kRunCommandValue, 1, 50)),
};
inline constexpr Shape kRunCommandTarget = structure("RunCommandTarget", kRunCommandTargetMembers);
inline constexpr Member kRunCommandParameters[] = {required("RunCommandTargets", list_of(kRunCommandTarget, 1, 5))};

inline constexpr std::string_view kLaunchType[] = {"EC2", "FARGATE", "EXTERNAL"};
inline constexpr std::string_view kAssignPublicIp[] = {"ENABLED", "DISABLED"};
inline constexpr std::string_view kPropagateTags[] = {"TASK_DEFINITION"};
inline constexpr std::string_view kConstraintType[] = {"distinctInstance", "memberOf"};
inline constexpr std::string_view kStrategyType[] = {"random", "spread", "binpack"};
inline constexpr Member kVpcMembers[] = {required("Subnets", list_of(kText)),
                                         optional("SecurityGroups", list_of(kText)),
                                         optional("AssignPublicIp", one_of(kAssignPublicIp))};
inline constexpr Member kNetworkMembers[] = {
    optional("awsvpcConfiguration", structure("AwsVpcConfiguration", kVpcMembers))};
inline constexpr Member kCapacityProviderMembers[] = {required("capacityProvider", text(1, 255)),
                                                      optional("weight", integer(0, 1000)),
                                                      optional("base", integer(0, 100'000))};
inline constexpr Shape kCapacityProvider = structure("CapacityProviderStrategyItem", kCapacityProviderMembers);
inline constexpr Member kPlacementConstraintMembers[] = {optional("type", one_of(kConstraintType)),
                                                         optional("expression", text(Shape::kNoMin, 2000))};
inline constexpr Shape kPlacementConstraint = structure("PlacementConstraint", kPlacementConstraintMembers);
inline constexpr Member kPlacementStrategyMembers[] = {optional("type", one_of(kStrategyType)),
                                                       optional("field", text(Shape::kNoMin, 255))};
inline constexpr Shape kPlacementStrategy = structure("PlacementStrategy", kPlacementStrategyMembers);
inline constexpr Member kEcsParameters[] = {
    required("TaskDefinitionArn", kArn),
    optional("TaskCount", integer(1)),
    optional("LaunchType", one_of(kLaunchType)),
    optional("NetworkConfiguration", structure("NetworkConfiguration", kNetworkMembers)),
    optional("PlatformVersion", kText),
    optional("Group", kText),
    optional("CapacityProviderStrategy", list_of(kCapacityProvider, Shape::kNoMin, 6)),
    optional("EnableECSManagedTags", boolean()),
    optional("EnableExecuteCommand", boolean()),
    optional("PlacementConstraints", list_of(kPlacementConstraint, Shape::kNoMin, 10)),
    optional("PlacementStrategy", list_of(kPlacementStrategy, Shape::kNoMin, 5)),
    optional("PropagateTags", one_of(kPropagateTags)),
    optional("ReferenceId", text(Shape::kNoMin, 1024)),
    optional("Tags", kTags),
};

inline constexpr Member kArrayPropertiesMembers[] = {optional("Size", integer())};
inline constexpr Member kRetryStrategyMembers[] = {optional("Attempts", integer())};
inline constexpr Member kBatchParameters[] = {
    required("JobDefinition", kText), required("JobName", kText),
    optional("ArrayProperties", structure("BatchArrayProperties", kArrayPropertiesMembers)),
    optional("RetryStrategy", structure("BatchRetryStrategy", kRetryStrategyMembers))};

inline constexpr Member kSqsParameters[] = {optional("MessageGroupId", text(Shape::kNoMin, 100))};

inline constexpr Shape kPathParameter = text().matching(R"(^(?!\s*$).+)", R"(.*\S.*)");
inline constexpr Member kHttpParameters[] = {optional("PathParameterValues", list_of(kPathParameter)),
                                             optional("HeaderParameters", map_of(kHeaderName, kHeaderValue)),
                                             optional("QueryStringParameters", map_of(kQueryName, kQueryValue))};

inline constexpr Shape kSql = text(1, 100'000).secret();
inline constexpr Member kRedshiftDataParameters[] = {
    optional("SecretManagerArn",
             text(1, 1600).matching(
                 R"((^arn:aws([a-z]|\-)*:secretsmanager:[a-z0-9-.]+:.*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*))")),
    required("Database", text(1, 64)),
    optional("DbUser", text(1, 128)),
    optional("Sql", kSql),
    optional("StatementName", text(1, 500)),
    optional("WithEvent", boolean()),
    optional("Sqls", list_of(kSql, 0, 40).secret()),
};

inline constexpr Member kPipelineParameterMembers[] = {
    required("Name", text(1, 256).matching("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$")),
    required("Value", text(Shape::kNoMin, 1024))};
inline constexpr Shape kPipelineParameter = structure("SageMakerPipelineParameter", kPipelineParameterMembers);
inline constexpr Member kSageMakerPipelineParameters[] = {
    optional("PipelineParameterList", list_of(kPipelineParameter, 0, 200))};

inline constexpr Member kRetryPolicy[] = {optional("MaximumRetryAttempts", integer(0, 185)),
                                          optional("MaximumEventAgeInSeconds", integer(60, 86'400))};
inline constexpr Member kAppSyncParameters[] = {optional("GraphQLOperation", text(1, 1'048'576).secret())};

inline constexpr Member kTargetMembers[] = {
    required("Id", kTargetId),
    required("Arn", kArn),
    optional("RoleArn", kArn),
    optional("Input", text(Shape::kNoMin, 8192)),
    optional("InputPath", kInputPath),
    optional("InputTransformer", structure("InputTransformer", kInputTransformer)),
    optional("KinesisParameters", structure("KinesisParameters", kKinesisParameters)),
    optional("RunCommandParameters", structure("RunCommandParameters", kRunCommandParameters)),
    optional("EcsParameters", structure("EcsParameters", kEcsParameters)),
    optional("BatchParameters", structure("BatchParameters", kBatchParameters)),
    optional("SqsParameters", structure("SqsParameters", kSqsParameters)),
    optional("HttpParameters", structure("HttpParameters", kHttpParameters)),
    optional("RedshiftDataParameters", structure("RedshiftDataParameters", kRedshiftDataParameters)),
    optional("SageMakerPipelineParameters", structure("SageMakerPipelineParameters", kSageMakerPipelineParameters)),
    optional("DeadLetterConfig", kDeadLetterConfig),
    optional("RetryPolicy", structure("RetryPolicy", kRetryPolicy)),
    optional("AppSyncParameters", structure("AppSyncParameters", kAppSyncParameters)),
};
inline constexpr Shape kTarget = structure("Target", kTargetMembers);

}  // namespace eventbus::aws::events_model
