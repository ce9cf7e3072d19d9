#include "adapters/aws/sqs/sqs_shapes.h"

#include <algorithm>
#include <array>

// AWS: botocore sqs/2012-11-05 (JSON names); the Query names are those of the same model before it became JSON.

namespace eventbus::aws {

namespace {

constexpr Shape kString{Shape::kString};
constexpr Shape kInteger{Shape::kInteger};
constexpr Shape kBoolean{Shape::kBoolean};
constexpr Shape kStrings{.kind = Shape::kList, .element = &kString};
constexpr Shape kTags{.kind = Shape::kMap, .element = &kString, .key = "Key"};
constexpr Shape kAttributes{.kind = Shape::kMap, .element = &kString, .key = "Name"};

template <std::size_t N>
constexpr Shape structure(const Member (&members)[N]) {
  return {.kind = Shape::kStructure, .members = members};
}
constexpr Shape list_of(const Shape& element) { return {.kind = Shape::kList, .element = &element}; }

constexpr Member member(std::string_view name, const Shape& shape) { return {name, name, &shape}; }
constexpr Member required(std::string_view name, const Shape& shape) { return {name, name, &shape, true}; }

constexpr Member kQueueUrl = required("QueueUrl", kString);

// ---- messages

// BinaryValue travels as base64 in both protocols.
constexpr Member kValueMembers[] = {
    member("StringValue", kString),
    member("BinaryValue", kString),
    {"StringListValues", "StringListValue", &kStrings},
    {"BinaryListValues", "BinaryListValue", &kStrings},
    required("DataType", kString),
};
constexpr Shape kValue = structure(kValueMembers);
constexpr Shape kMessageAttributes{.kind = Shape::kMap, .element = &kValue, .key = "Name"};

constexpr Member kMessageBody = required("MessageBody", kString);
constexpr Member kDelaySeconds = member("DelaySeconds", kInteger);
constexpr Member kUserAttributes{"MessageAttributes", "MessageAttribute", &kMessageAttributes};
constexpr Member kSystemAttributes{"MessageSystemAttributes", "MessageSystemAttribute", &kMessageAttributes};
constexpr Member kDeduplicationId = member("MessageDeduplicationId", kString);
constexpr Member kGroupId = member("MessageGroupId", kString);

constexpr Member kMessageMembers[] = {
    member("MessageId", kString),
    member("ReceiptHandle", kString),
    member("MD5OfBody", kString),
    member("Body", kString),
    {"Attributes", "Attribute", &kAttributes},
    member("MD5OfMessageAttributes", kString),
    kUserAttributes,
};
constexpr Shape kMessage = structure(kMessageMembers);
constexpr Shape kMessages = list_of(kMessage);

// ---- batches

constexpr Member kSendEntryMembers[] = {required("Id", kString), kMessageBody,     kDelaySeconds, kUserAttributes,
                                        kSystemAttributes,       kDeduplicationId, kGroupId};
constexpr Shape kSendEntry = structure(kSendEntryMembers);
constexpr Shape kSendEntries = list_of(kSendEntry);

constexpr Member kSentEntryMembers[] = {
    member("Id", kString),
    member("MessageId", kString),
    member("MD5OfMessageBody", kString),
    member("MD5OfMessageAttributes", kString),
    member("MD5OfMessageSystemAttributes", kString),
    member("SequenceNumber", kString),
};
constexpr Shape kSentEntry = structure(kSentEntryMembers);
constexpr Shape kSentEntries = list_of(kSentEntry);

constexpr Member kDeleteEntryMembers[] = {required("Id", kString), required("ReceiptHandle", kString)};
constexpr Shape kDeleteEntry = structure(kDeleteEntryMembers);
constexpr Shape kDeleteEntries = list_of(kDeleteEntry);

constexpr Member kChangeEntryMembers[] = {required("Id", kString), required("ReceiptHandle", kString),
                                          member("VisibilityTimeout", kInteger)};
constexpr Shape kChangeEntry = structure(kChangeEntryMembers);
constexpr Shape kChangeEntries = list_of(kChangeEntry);

constexpr Member kIdMembers[] = {member("Id", kString)};
constexpr Shape kId = structure(kIdMembers);
constexpr Shape kIds = list_of(kId);

constexpr Member kFailedEntryMembers[] = {member("Id", kString), member("SenderFault", kBoolean),
                                          member("Code", kString), member("Message", kString)};
constexpr Shape kFailedEntry = structure(kFailedEntryMembers);
constexpr Shape kFailedEntries = list_of(kFailedEntry);
constexpr Member kFailed{"Failed", "BatchResultErrorEntry", &kFailedEntries};

// ---- message move tasks

constexpr Member kMoveTaskMembers[] = {
    member("TaskHandle", kString),
    member("Status", kString),
    member("SourceArn", kString),
    member("DestinationArn", kString),
    member("MaxNumberOfMessagesPerSecond", kInteger),
    member("ApproximateNumberOfMessagesMoved", kInteger),
    member("ApproximateNumberOfMessagesToMove", kInteger),
    member("FailureReason", kString),
    member("StartedTimestamp", kInteger),
};
constexpr Shape kMoveTask = structure(kMoveTaskMembers);
constexpr Shape kMoveTasks = list_of(kMoveTask);

// ---- operations

constexpr Member kAddPermissionInput[] = {kQueueUrl,
                                          required("Label", kString),
                                          {"AWSAccountIds", "AWSAccountId", &kStrings, true},
                                          {"Actions", "ActionName", &kStrings, true}};
constexpr Member kCancelMessageMoveTaskInput[] = {required("TaskHandle", kString)};
constexpr Member kCancelMessageMoveTaskOutput[] = {member("ApproximateNumberOfMessagesMoved", kInteger)};
constexpr Member kChangeMessageVisibilityInput[] = {kQueueUrl, required("ReceiptHandle", kString),
                                                    required("VisibilityTimeout", kInteger)};
constexpr Member kChangeMessageVisibilityBatchInput[] = {
    kQueueUrl, {"Entries", "ChangeMessageVisibilityBatchRequestEntry", &kChangeEntries, true}};
constexpr Member kChangeMessageVisibilityBatchOutput[] = {
    {"Successful", "ChangeMessageVisibilityBatchResultEntry", &kIds}, kFailed};
constexpr Member kCreateQueueInput[] = {
    required("QueueName", kString), {"Attributes", "Attribute", &kAttributes}, {"tags", "Tag", &kTags}};
constexpr Member kQueueUrlOutput[] = {member("QueueUrl", kString)};
constexpr Member kDeleteMessageInput[] = {kQueueUrl, required("ReceiptHandle", kString)};
constexpr Member kDeleteMessageBatchInput[] = {kQueueUrl,
                                               {"Entries", "DeleteMessageBatchRequestEntry", &kDeleteEntries, true}};
constexpr Member kDeleteMessageBatchOutput[] = {{"Successful", "DeleteMessageBatchResultEntry", &kIds}, kFailed};
constexpr Member kQueueUrlInput[] = {kQueueUrl};
constexpr Member kGetQueueAttributesInput[] = {kQueueUrl, {"AttributeNames", "AttributeName", &kStrings}};
constexpr Member kGetQueueAttributesOutput[] = {{"Attributes", "Attribute", &kAttributes}};
constexpr Member kGetQueueUrlInput[] = {required("QueueName", kString), member("QueueOwnerAWSAccountId", kString)};
constexpr Member kListDeadLetterSourceQueuesInput[] = {kQueueUrl, member("NextToken", kString),
                                                       member("MaxResults", kInteger)};
constexpr Member kListDeadLetterSourceQueuesOutput[] = {{"queueUrls", "QueueUrl", &kStrings},
                                                        member("NextToken", kString)};
constexpr Member kListMessageMoveTasksInput[] = {required("SourceArn", kString), member("MaxResults", kInteger)};
constexpr Member kListMessageMoveTasksOutput[] = {{"Results", "ListMessageMoveTasksResultEntry", &kMoveTasks}};
constexpr Member kListQueueTagsOutput[] = {{"Tags", "Tag", &kTags}};
constexpr Member kListQueuesInput[] = {member("QueueNamePrefix", kString), member("NextToken", kString),
                                       member("MaxResults", kInteger)};
constexpr Member kListQueuesOutput[] = {{"QueueUrls", "QueueUrl", &kStrings}, member("NextToken", kString)};
constexpr Member kReceiveMessageInput[] = {kQueueUrl,
                                           {"AttributeNames", "AttributeName", &kStrings},
                                           {"MessageSystemAttributeNames", "MessageSystemAttributeName", &kStrings},
                                           {"MessageAttributeNames", "MessageAttributeName", &kStrings},
                                           member("MaxNumberOfMessages", kInteger),
                                           member("VisibilityTimeout", kInteger),
                                           member("WaitTimeSeconds", kInteger),
                                           member("ReceiveRequestAttemptId", kString)};
constexpr Member kReceiveMessageOutput[] = {{"Messages", "Message", &kMessages}};
constexpr Member kRemovePermissionInput[] = {kQueueUrl, required("Label", kString)};
constexpr Member kSendMessageInput[] = {kQueueUrl,         kMessageBody,     kDelaySeconds, kUserAttributes,
                                        kSystemAttributes, kDeduplicationId, kGroupId};
constexpr Member kSendMessageOutput[] = {member("MD5OfMessageBody", kString), member("MD5OfMessageAttributes", kString),
                                         member("MD5OfMessageSystemAttributes", kString), member("MessageId", kString),
                                         member("SequenceNumber", kString)};
constexpr Member kSendMessageBatchInput[] = {kQueueUrl,
                                             {"Entries", "SendMessageBatchRequestEntry", &kSendEntries, true}};
constexpr Member kSendMessageBatchOutput[] = {{"Successful", "SendMessageBatchResultEntry", &kSentEntries}, kFailed};
constexpr Member kSetQueueAttributesInput[] = {kQueueUrl, {"Attributes", "Attribute", &kAttributes, true}};
constexpr Member kStartMessageMoveTaskInput[] = {required("SourceArn", kString), member("DestinationArn", kString),
                                                 member("MaxNumberOfMessagesPerSecond", kInteger)};
constexpr Member kStartMessageMoveTaskOutput[] = {member("TaskHandle", kString)};
constexpr Member kTagQueueInput[] = {kQueueUrl, {"Tags", "Tag", &kTags, true}};
constexpr Member kUntagQueueInput[] = {kQueueUrl, {"TagKeys", "TagKey", &kStrings, true}};

constexpr std::array kShapes = {
    OperationShapes{"AddPermission", kAddPermissionInput, {}},
    OperationShapes{"CancelMessageMoveTask", kCancelMessageMoveTaskInput, kCancelMessageMoveTaskOutput, true},
    OperationShapes{"ChangeMessageVisibility", kChangeMessageVisibilityInput, {}},
    OperationShapes{"ChangeMessageVisibilityBatch", kChangeMessageVisibilityBatchInput,
                    kChangeMessageVisibilityBatchOutput, true},
    OperationShapes{"CreateQueue", kCreateQueueInput, kQueueUrlOutput, true},
    OperationShapes{"DeleteMessage", kDeleteMessageInput, {}},
    OperationShapes{"DeleteMessageBatch", kDeleteMessageBatchInput, kDeleteMessageBatchOutput, true},
    OperationShapes{"DeleteQueue", kQueueUrlInput, {}},
    OperationShapes{"GetQueueAttributes", kGetQueueAttributesInput, kGetQueueAttributesOutput, true},
    OperationShapes{"GetQueueUrl", kGetQueueUrlInput, kQueueUrlOutput, true},
    OperationShapes{"ListDeadLetterSourceQueues", kListDeadLetterSourceQueuesInput, kListDeadLetterSourceQueuesOutput,
                    true},
    OperationShapes{"ListMessageMoveTasks", kListMessageMoveTasksInput, kListMessageMoveTasksOutput, true},
    OperationShapes{"ListQueueTags", kQueueUrlInput, kListQueueTagsOutput, true},
    OperationShapes{"ListQueues", kListQueuesInput, kListQueuesOutput, true},
    OperationShapes{"PurgeQueue", kQueueUrlInput, {}},
    OperationShapes{"ReceiveMessage", kReceiveMessageInput, kReceiveMessageOutput, true},
    OperationShapes{"RemovePermission", kRemovePermissionInput, {}},
    OperationShapes{"SendMessage", kSendMessageInput, kSendMessageOutput, true},
    OperationShapes{"SendMessageBatch", kSendMessageBatchInput, kSendMessageBatchOutput, true},
    OperationShapes{"SetQueueAttributes", kSetQueueAttributesInput, {}},
    OperationShapes{"StartMessageMoveTask", kStartMessageMoveTaskInput, kStartMessageMoveTaskOutput, true},
    OperationShapes{"TagQueue", kTagQueueInput, {}},
    OperationShapes{"UntagQueue", kUntagQueueInput, {}},
};
static_assert(std::ranges::is_sorted(kShapes, {}, &OperationShapes::operation));

}  // namespace

const OperationShapes* sqs_shapes(std::string_view operation) {
  const auto row = std::ranges::lower_bound(kShapes, operation, {}, &OperationShapes::operation);
  return row != kShapes.end() && row->operation == operation ? &*row : nullptr;
}

}  // namespace eventbus::aws
