#include "adapters/aws/events/constraints.h"

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace {

// ---- Names and ARNs ----

constexpr std::string_view kNamePattern = R"([\.\-_A-Za-z0-9]+)";

constexpr Shape kRuleName = text(1, 64).matching(kNamePattern);
constexpr Shape kTargetId = text(1, 64).matching(kNamePattern);
constexpr Shape kBusName = text(1, 256).matching(R"([/\.\-_A-Za-z0-9]+)");
constexpr Shape kBusNameOrArn =
    text(1, 1600).matching(R"((arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+)");
// Partner buses, whose names hold a '/', take neither events nor permissions of ours.
constexpr Shape kOwnBusName = text(1, 256).matching(kNamePattern);
constexpr Shape kOwnBusNameOrArn =
    text(1, 1600).matching(R"((arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[\.\-_A-Za-z0-9]+)");
constexpr Shape kEventSourceName = text(1, 256).matching(R"(aws\.partner(/[\.\-_A-Za-z0-9]+){2,})");
constexpr Shape kArn = text(1, 1600);
constexpr Shape kText = text();

// ---- What many operations share ----

constexpr Shape kNextToken = text(1, 2048);
constexpr Shape kLimit = integer(1, 100);

constexpr Shape kTagKey = text(1, 128);
constexpr Member kTagMembers[] = {required("Key", kTagKey), required("Value", text(0, 256))};
constexpr Shape kTag = structure("Tag", kTagMembers);
constexpr Shape kTags = list_of(kTag);
constexpr Shape kTagKeys = list_of(kTagKey);

constexpr Member kDeadLetterConfigMembers[] = {optional("Arn", kArn)};
constexpr Shape kDeadLetterConfig = structure("DeadLetterConfig", kDeadLetterConfigMembers);

constexpr std::string_view kIncludeDetail[] = {"NONE", "FULL"};
constexpr std::string_view kLevel[] = {"OFF", "ERROR", "INFO", "TRACE"};
constexpr Member kLogConfigMembers[] = {optional("IncludeDetail", one_of(kIncludeDetail)),
                                        optional("Level", one_of(kLevel))};
constexpr Shape kLogConfig = structure("LogConfig", kLogConfigMembers);

constexpr Shape kBusDescription = text(Shape::kNoMin, 512);
constexpr Shape kKmsKeyIdentifier = text(Shape::kNoMin, 2048).matching(R"(^[a-zA-Z0-9_\-/:]*$)");
constexpr Shape kEventPattern = text(Shape::kNoMin, 4096);

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

constexpr Shape kInputPath = text(Shape::kNoMin, 256);
constexpr Shape kPathKey = text(1, 256).matching(R"([A-Za-z0-9\_\-]+)");
constexpr Member kInputTransformer[] = {
    optional("InputPathsMap", map_of(kPathKey, kInputPath, Shape::kNoMin, 100)),
    required("InputTemplate", text(1, 8192)),
};

constexpr Member kKinesisParameters[] = {required("PartitionKeyPath", text(Shape::kNoMin, 256))};

constexpr Shape kRunCommandValue = text(1, 256);
constexpr Member kRunCommandTargetMembers[] = {
    required("Key", text(1, 128).matching(R"(^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$)")),
    required("Values", list_of(kRunCommandValue, 1, 50)),
};
constexpr Shape kRunCommandTarget = structure("RunCommandTarget", kRunCommandTargetMembers);
constexpr Member kRunCommandParameters[] = {required("RunCommandTargets", list_of(kRunCommandTarget, 1, 5))};

constexpr std::string_view kLaunchType[] = {"EC2", "FARGATE", "EXTERNAL"};
constexpr std::string_view kAssignPublicIp[] = {"ENABLED", "DISABLED"};
constexpr std::string_view kPropagateTags[] = {"TASK_DEFINITION"};
constexpr std::string_view kConstraintType[] = {"distinctInstance", "memberOf"};
constexpr std::string_view kStrategyType[] = {"random", "spread", "binpack"};
constexpr Member kVpcMembers[] = {required("Subnets", list_of(kText)), optional("SecurityGroups", list_of(kText)),
                                  optional("AssignPublicIp", one_of(kAssignPublicIp))};
constexpr Member kNetworkMembers[] = {optional("awsvpcConfiguration", structure("AwsVpcConfiguration", kVpcMembers))};
constexpr Member kCapacityProviderMembers[] = {required("capacityProvider", text(1, 255)),
                                               optional("weight", integer(0, 1000)),
                                               optional("base", integer(0, 100'000))};
constexpr Shape kCapacityProvider = structure("CapacityProviderStrategyItem", kCapacityProviderMembers);
constexpr Member kPlacementConstraintMembers[] = {optional("type", one_of(kConstraintType)),
                                                  optional("expression", text(Shape::kNoMin, 2000))};
constexpr Shape kPlacementConstraint = structure("PlacementConstraint", kPlacementConstraintMembers);
constexpr Member kPlacementStrategyMembers[] = {optional("type", one_of(kStrategyType)),
                                                optional("field", text(Shape::kNoMin, 255))};
constexpr Shape kPlacementStrategy = structure("PlacementStrategy", kPlacementStrategyMembers);
constexpr Member kEcsParameters[] = {
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

constexpr Member kArrayPropertiesMembers[] = {optional("Size", integer())};
constexpr Member kRetryStrategyMembers[] = {optional("Attempts", integer())};
constexpr Member kBatchParameters[] = {
    required("JobDefinition", kText), required("JobName", kText),
    optional("ArrayProperties", structure("BatchArrayProperties", kArrayPropertiesMembers)),
    optional("RetryStrategy", structure("BatchRetryStrategy", kRetryStrategyMembers))};

constexpr Member kSqsParameters[] = {optional("MessageGroupId", text(Shape::kNoMin, 100))};

constexpr Shape kPathParameter = text().matching(R"(^(?!\s*$).+)", R"(.*\S.*)");
constexpr Shape kHeaderName = text(Shape::kNoMin, 512).matching(R"(^[!#$%&'*+-.^_`|~0-9a-zA-Z]+$)");
constexpr Shape kHeaderValue = text(Shape::kNoMin, 512).matching(R"(^[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*$)");
constexpr Shape kQueryName = text(Shape::kNoMin, 512).matching(R"([^\x00-\x1F\x7F]+)");
constexpr Shape kQueryValue = text(Shape::kNoMin, 512).matching(R"([^\x00-\x09\x0B\x0C\x0E-\x1F\x7F]+)");
constexpr Member kHttpParameters[] = {optional("PathParameterValues", list_of(kPathParameter)),
                                      optional("HeaderParameters", map_of(kHeaderName, kHeaderValue)),
                                      optional("QueryStringParameters", map_of(kQueryName, kQueryValue))};

constexpr Shape kSql = text(1, 100'000).secret();
constexpr Member kRedshiftDataParameters[] = {
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

constexpr Member kPipelineParameterMembers[] = {
    required("Name", text(1, 256).matching("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$")),
    required("Value", text(Shape::kNoMin, 1024))};
constexpr Shape kPipelineParameter = structure("SageMakerPipelineParameter", kPipelineParameterMembers);
constexpr Member kSageMakerPipelineParameters[] = {
    optional("PipelineParameterList", list_of(kPipelineParameter, 0, 200))};

constexpr Member kRetryPolicy[] = {optional("MaximumRetryAttempts", integer(0, 185)),
                                   optional("MaximumEventAgeInSeconds", integer(60, 86'400))};
constexpr Member kAppSyncParameters[] = {optional("GraphQLOperation", text(1, 1'048'576).secret())};

constexpr Member kTargetMembers[] = {
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
constexpr Shape kTarget = structure("Target", kTargetMembers);

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

constexpr Shape kConnectionName = text(1, 64).matching(kNamePattern);
constexpr Shape kConnectionDescription = text(Shape::kNoMin, 512).matching(".*");
constexpr std::string_view kAuthorizationType[] = {"BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"};
constexpr std::string_view kTokenMethod[] = {"GET", "POST", "PUT"};
constexpr std::string_view kConnectionState[] = {"CREATING",      "UPDATING",     "DELETING",
                                                 "AUTHORIZED",    "DEAUTHORIZED", "AUTHORIZING",
                                                 "DEAUTHORIZING", "ACTIVE",       "FAILED_CONNECTIVITY"};
constexpr Shape kAuthText = text(1, 512).matching(R"(^[ \t]*[^\x00-\x1F:\x7F]+([ \t]+[^\x00-\x1F:\x7F]+)*[ \t]*$)");
constexpr Shape kEndpoint =
    text(1, 2048).matching(R"(^((%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@\x26=+$,A-Za-z0-9])+)([).!';/?:,])?$)");

constexpr Member kHeaderParameterMembers[] = {optional("Key", kHeaderName), optional("Value", kHeaderValue.secret()),
                                              optional("IsValueSecret", boolean())};
constexpr Shape kHeaderParameter = structure("ConnectionHeaderParameter", kHeaderParameterMembers);
constexpr Member kQueryParameterMembers[] = {optional("Key", kQueryName), optional("Value", kQueryValue.secret()),
                                             optional("IsValueSecret", boolean())};
constexpr Shape kQueryParameter = structure("ConnectionQueryStringParameter", kQueryParameterMembers);
constexpr Member kBodyParameterMembers[] = {optional("Key", kText), optional("Value", kText.secret()),
                                            optional("IsValueSecret", boolean())};
constexpr Shape kBodyParameter = structure("ConnectionBodyParameter", kBodyParameterMembers);
constexpr Member kConnectionHttpMembers[] = {
    optional("HeaderParameters", list_of(kHeaderParameter, 0, 100)),
    optional("QueryStringParameters", list_of(kQueryParameter, 0, 100)),
    optional("BodyParameters", list_of(kBodyParameter, 0, 100)),
};
constexpr Shape kConnectionHttpParameters = structure("ConnectionHttpParameters", kConnectionHttpMembers);

constexpr Member kResourceMembers[] = {required(
    "ResourceConfigurationArn",
    text(0, 2048).matching(
        R"(^(?:^arn:[a-z0-9\-]+:vpc-lattice:[a-zA-Z0-9\-]+:\d{12}:resourceconfiguration/rcfg-[0-9a-z]{17}$|^$))"))};
constexpr Member kConnectivityMembers[] = {
    required("ResourceParameters", structure("ConnectivityResourceConfigurationArn", kResourceMembers))};
constexpr Shape kConnectivity = structure("ConnectivityResourceParameters", kConnectivityMembers);

constexpr Member kCreateBasicMembers[] = {required("Username", kAuthText), required("Password", kAuthText.secret())};
constexpr Member kCreateApiKeyMembers[] = {required("ApiKeyName", kAuthText),
                                           required("ApiKeyValue", kAuthText.secret())};
constexpr Member kCreateClientMembers[] = {required("ClientID", kAuthText),
                                           required("ClientSecret", kAuthText.secret())};
constexpr Member kCreateOAuthMembers[] = {
    required("ClientParameters", structure("CreateConnectionOAuthClientRequestParameters", kCreateClientMembers)),
    required("AuthorizationEndpoint", kEndpoint),
    required("HttpMethod", one_of(kTokenMethod)),
    optional("OAuthHttpParameters", kConnectionHttpParameters),
};
constexpr Member kCreateAuthMembers[] = {
    optional("BasicAuthParameters", structure("CreateConnectionBasicAuthRequestParameters", kCreateBasicMembers)),
    optional("OAuthParameters", structure("CreateConnectionOAuthRequestParameters", kCreateOAuthMembers)),
    optional("ApiKeyAuthParameters", structure("CreateConnectionApiKeyAuthRequestParameters", kCreateApiKeyMembers)),
    optional("InvocationHttpParameters", kConnectionHttpParameters),
    optional("ConnectivityParameters", kConnectivity),
};
constexpr Member kCreateConnection[] = {
    required("Name", kConnectionName),
    optional("Description", kConnectionDescription),
    required("AuthorizationType", one_of(kAuthorizationType)),
    required("AuthParameters", structure("CreateConnectionAuthRequestParameters", kCreateAuthMembers)),
    optional("InvocationConnectivityParameters", kConnectivity),
    optional("KmsKeyIdentifier", kKmsKeyIdentifier),
};

constexpr Member kUpdateBasicMembers[] = {optional("Username", kAuthText), optional("Password", kAuthText.secret())};
constexpr Member kUpdateApiKeyMembers[] = {optional("ApiKeyName", kAuthText),
                                           optional("ApiKeyValue", kAuthText.secret())};
constexpr Member kUpdateClientMembers[] = {optional("ClientID", kAuthText),
                                           optional("ClientSecret", kAuthText.secret())};
constexpr Member kUpdateOAuthMembers[] = {
    optional("ClientParameters", structure("UpdateConnectionOAuthClientRequestParameters", kUpdateClientMembers)),
    optional("AuthorizationEndpoint", kEndpoint),
    optional("HttpMethod", one_of(kTokenMethod)),
    optional("OAuthHttpParameters", kConnectionHttpParameters),
};
constexpr Member kUpdateAuthMembers[] = {
    optional("BasicAuthParameters", structure("UpdateConnectionBasicAuthRequestParameters", kUpdateBasicMembers)),
    optional("OAuthParameters", structure("UpdateConnectionOAuthRequestParameters", kUpdateOAuthMembers)),
    optional("ApiKeyAuthParameters", structure("UpdateConnectionApiKeyAuthRequestParameters", kUpdateApiKeyMembers)),
    optional("InvocationHttpParameters", kConnectionHttpParameters),
    optional("ConnectivityParameters", kConnectivity),
};
constexpr Member kUpdateConnection[] = {
    required("Name", kConnectionName),
    optional("Description", kConnectionDescription),
    optional("AuthorizationType", one_of(kAuthorizationType)),
    optional("AuthParameters", structure("UpdateConnectionAuthRequestParameters", kUpdateAuthMembers)),
    optional("InvocationConnectivityParameters", kConnectivity),
    optional("KmsKeyIdentifier", kKmsKeyIdentifier),
};
// DescribeConnection, DeleteConnection, DeauthorizeConnection, DescribeApiDestination, DeleteApiDestination
constexpr Member kNamed[] = {required("Name", kConnectionName)};
constexpr Member kListConnections[] = {optional("NamePrefix", kConnectionName),
                                       optional("ConnectionState", one_of(kConnectionState)),
                                       optional("NextToken", kNextToken), optional("Limit", kLimit)};

constexpr std::string_view kApiDestinationMethod[] = {"HEAD", "POST", "PATCH", "DELETE", "PUT", "GET", "OPTIONS"};
constexpr Shape kConnectionArn = text(1, 1600).matching(
    R"(^arn:aws([a-z]|\-)*:events:([a-z]|\d|\-)*:([0-9]{12})?:connection\/[\.\-_A-Za-z0-9]+\/[\-A-Za-z0-9]+$)");
constexpr Member kCreateApiDestination[] = {
    required("Name", kConnectionName),
    optional("Description", kConnectionDescription),
    required("ConnectionArn", kConnectionArn),
    required("InvocationEndpoint", kEndpoint),
    required("HttpMethod", one_of(kApiDestinationMethod)),
    optional("InvocationRateLimitPerSecond", integer(1)),
};
constexpr Member kUpdateApiDestination[] = {
    required("Name", kConnectionName),
    optional("Description", kConnectionDescription),
    optional("ConnectionArn", kConnectionArn),
    optional("InvocationEndpoint", kEndpoint),
    optional("HttpMethod", one_of(kApiDestinationMethod)),
    optional("InvocationRateLimitPerSecond", integer(1)),
};
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
    OperationInput{"CreateApiDestination", structure("CreateApiDestinationRequest", kCreateApiDestination)},
    OperationInput{"CreateArchive", structure("CreateArchiveRequest", kCreateArchive)},
    OperationInput{"CreateConnection", structure("CreateConnectionRequest", kCreateConnection)},
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
    OperationInput{"UpdateApiDestination", structure("UpdateApiDestinationRequest", kUpdateApiDestination)},
    OperationInput{"UpdateArchive", structure("UpdateArchiveRequest", kUpdateArchive)},
    OperationInput{"UpdateConnection", structure("UpdateConnectionRequest", kUpdateConnection)},
    OperationInput{"UpdateEventBus", structure("UpdateEventBusRequest", kUpdateEventBus)},
};
static_assert(std::ranges::is_sorted(kInputs, {}, &OperationInput::operation));

}  // namespace

std::span<const OperationInput> events_inputs() { return kInputs; }

std::vector<MovedMaximum> events_maxima(const Limits& limits) {
  const auto entries = static_cast<std::int64_t>(limits.put_events_entries);
  // The quota on patterns is below the model's bound, which moves only to make room for a higher one.
  const auto pattern = std::max(kEventPattern.max, static_cast<std::int64_t>(limits.event_pattern_characters));
  return {{"PutEvents", "Entries", entries},
          {"CreateArchive", "EventPattern", pattern},
          {"PutRule", "EventPattern", pattern},
          {"TestEventPattern", "EventPattern", pattern},
          {"UpdateArchive", "EventPattern", pattern}};
}

}  // namespace eventbus::aws
