#include "adapters/aws/sqs/sqs_shapes.h"

#include <algorithm>
#include <array>

// AWS: botocore sqs/2012-11-05 (JSON names); the Query names are those of the same model before it became JSON.

namespace eventbus::aws {

namespace {

constexpr SqsShape kString{SqsShape::kString};
constexpr SqsShape kInteger{SqsShape::kInteger};
constexpr SqsShape kBoolean{SqsShape::kBoolean};
constexpr SqsShape kStrings{.kind = SqsShape::kList, .element = &kString};
constexpr SqsShape kTags{.kind = SqsShape::kMap, .element = &kString, .key = "Key"};
constexpr SqsShape kAttributes{.kind = SqsShape::kMap, .element = &kString, .key = "Name"};

template <std::size_t N>
constexpr SqsShape structure(const SqsMember (&members)[N]) {
  return {.kind = SqsShape::kStructure, .members = members};
}
constexpr SqsShape list_of(const SqsShape& element) { return {.kind = SqsShape::kList, .element = &element}; }

constexpr SqsMember member(std::string_view name, const SqsShape& shape) { return {name, name, &shape}; }
constexpr SqsMember required(std::string_view name, const SqsShape& shape) { return {name, name, &shape, true}; }

constexpr SqsMember kQueueUrl = required("QueueUrl", kString);

// ---- messages

// BinaryValue travels as base64 in both protocols.
constexpr SqsMember kValueMembers[] = {
    member("StringValue", kString),
    member("BinaryValue", kString),
    {"StringListValues", "StringListValue", &kStrings},
    {"BinaryListValues", "BinaryListValue", &kStrings},
    required("DataType", kString),
};
constexpr SqsShape kValue = structure(kValueMembers);
constexpr SqsShape kMessageAttributes{.kind = SqsShape::kMap, .element = &kValue, .key = "Name"};

constexpr SqsMember kMessageBody = required("MessageBody", kString);
constexpr SqsMember kDelaySeconds = member("DelaySeconds", kInteger);
constexpr SqsMember kUserAttributes{"MessageAttributes", "MessageAttribute", &kMessageAttributes};
constexpr SqsMember kSystemAttributes{"MessageSystemAttributes", "MessageSystemAttribute", &kMessageAttributes};
constexpr SqsMember kDeduplicationId = member("MessageDeduplicationId", kString);
constexpr SqsMember kGroupId = member("MessageGroupId", kString);

constexpr SqsMember kMessageMembers[] = {
    member("MessageId", kString),
    member("ReceiptHandle", kString),
    member("MD5OfBody", kString),
    member("Body", kString),
    {"Attributes", "Attribute", &kAttributes},
    member("MD5OfMessageAttributes", kString),
    kUserAttributes,
};
constexpr SqsShape kMessage = structure(kMessageMembers);
constexpr SqsShape kMessages = list_of(kMessage);

// ---- batches

constexpr SqsMember kSendEntryMembers[] = {required("Id", kString), kMessageBody,     kDelaySeconds, kUserAttributes,
                                           kSystemAttributes,       kDeduplicationId, kGroupId};
constexpr SqsShape kSendEntry = structure(kSendEntryMembers);
constexpr SqsShape kSendEntries = list_of(kSendEntry);

constexpr SqsMember kSentEntryMembers[] = {
    member("Id", kString),
    member("MessageId", kString),
    member("MD5OfMessageBody", kString),
    member("MD5OfMessageAttributes", kString),
    member("MD5OfMessageSystemAttributes", kString),
    member("SequenceNumber", kString),
};
constexpr SqsShape kSentEntry = structure(kSentEntryMembers);
constexpr SqsShape kSentEntries = list_of(kSentEntry);

constexpr SqsMember kDeleteEntryMembers[] = {required("Id", kString), required("ReceiptHandle", kString)};
constexpr SqsShape kDeleteEntry = structure(kDeleteEntryMembers);
constexpr SqsShape kDeleteEntries = list_of(kDeleteEntry);

constexpr SqsMember kChangeEntryMembers[] = {required("Id", kString), required("ReceiptHandle", kString),
                                             member("VisibilityTimeout", kInteger)};
constexpr SqsShape kChangeEntry = structure(kChangeEntryMembers);
constexpr SqsShape kChangeEntries = list_of(kChangeEntry);

constexpr SqsMember kIdMembers[] = {member("Id", kString)};
constexpr SqsShape kId = structure(kIdMembers);
constexpr SqsShape kIds = list_of(kId);

constexpr SqsMember kFailedEntryMembers[] = {member("Id", kString), member("SenderFault", kBoolean),
                                             member("Code", kString), member("Message", kString)};
constexpr SqsShape kFailedEntry = structure(kFailedEntryMembers);
constexpr SqsShape kFailedEntries = list_of(kFailedEntry);
constexpr SqsMember kFailed{"Failed", "BatchResultErrorEntry", &kFailedEntries};

// ---- message move tasks

constexpr SqsMember kMoveTaskMembers[] = {
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
constexpr SqsShape kMoveTask = structure(kMoveTaskMembers);
constexpr SqsShape kMoveTasks = list_of(kMoveTask);

// ---- operations

constexpr SqsMember kAddPermissionInput[] = {kQueueUrl,
                                             required("Label", kString),
                                             {"AWSAccountIds", "AWSAccountId", &kStrings, true},
                                             {"Actions", "ActionName", &kStrings, true}};
constexpr SqsMember kCancelMessageMoveTaskInput[] = {required("TaskHandle", kString)};
constexpr SqsMember kCancelMessageMoveTaskOutput[] = {member("ApproximateNumberOfMessagesMoved", kInteger)};
constexpr SqsMember kChangeMessageVisibilityInput[] = {kQueueUrl, required("ReceiptHandle", kString),
                                                       required("VisibilityTimeout", kInteger)};
constexpr SqsMember kChangeMessageVisibilityBatchInput[] = {
    kQueueUrl, {"Entries", "ChangeMessageVisibilityBatchRequestEntry", &kChangeEntries, true}};
constexpr SqsMember kChangeMessageVisibilityBatchOutput[] = {
    {"Successful", "ChangeMessageVisibilityBatchResultEntry", &kIds}, kFailed};
constexpr SqsMember kCreateQueueInput[] = {
    required("QueueName", kString), {"Attributes", "Attribute", &kAttributes}, {"tags", "Tag", &kTags}};
constexpr SqsMember kQueueUrlOutput[] = {member("QueueUrl", kString)};
constexpr SqsMember kDeleteMessageInput[] = {kQueueUrl, required("ReceiptHandle", kString)};
constexpr SqsMember kDeleteMessageBatchInput[] = {kQueueUrl,
                                                  {"Entries", "DeleteMessageBatchRequestEntry", &kDeleteEntries, true}};
constexpr SqsMember kDeleteMessageBatchOutput[] = {{"Successful", "DeleteMessageBatchResultEntry", &kIds}, kFailed};
constexpr SqsMember kQueueUrlInput[] = {kQueueUrl};
constexpr SqsMember kGetQueueAttributesInput[] = {kQueueUrl, {"AttributeNames", "AttributeName", &kStrings}};
constexpr SqsMember kGetQueueAttributesOutput[] = {{"Attributes", "Attribute", &kAttributes}};
constexpr SqsMember kGetQueueUrlInput[] = {required("QueueName", kString), member("QueueOwnerAWSAccountId", kString)};
constexpr SqsMember kListDeadLetterSourceQueuesInput[] = {kQueueUrl, member("NextToken", kString),
                                                          member("MaxResults", kInteger)};
constexpr SqsMember kListDeadLetterSourceQueuesOutput[] = {{"queueUrls", "QueueUrl", &kStrings},
                                                           member("NextToken", kString)};
constexpr SqsMember kListMessageMoveTasksInput[] = {required("SourceArn", kString), member("MaxResults", kInteger)};
constexpr SqsMember kListMessageMoveTasksOutput[] = {{"Results", "ListMessageMoveTasksResultEntry", &kMoveTasks}};
constexpr SqsMember kListQueueTagsOutput[] = {{"Tags", "Tag", &kTags}};
constexpr SqsMember kListQueuesInput[] = {member("QueueNamePrefix", kString), member("NextToken", kString),
                                          member("MaxResults", kInteger)};
constexpr SqsMember kListQueuesOutput[] = {{"QueueUrls", "QueueUrl", &kStrings}, member("NextToken", kString)};
constexpr SqsMember kReceiveMessageInput[] = {kQueueUrl,
                                              {"AttributeNames", "AttributeName", &kStrings},
                                              {"MessageSystemAttributeNames", "MessageSystemAttributeName", &kStrings},
                                              {"MessageAttributeNames", "MessageAttributeName", &kStrings},
                                              member("MaxNumberOfMessages", kInteger),
                                              member("VisibilityTimeout", kInteger),
                                              member("WaitTimeSeconds", kInteger),
                                              member("ReceiveRequestAttemptId", kString)};
constexpr SqsMember kReceiveMessageOutput[] = {{"Messages", "Message", &kMessages}};
constexpr SqsMember kRemovePermissionInput[] = {kQueueUrl, required("Label", kString)};
constexpr SqsMember kSendMessageInput[] = {kQueueUrl,         kMessageBody,     kDelaySeconds, kUserAttributes,
                                           kSystemAttributes, kDeduplicationId, kGroupId};
constexpr SqsMember kSendMessageOutput[] = {
    member("MD5OfMessageBody", kString), member("MD5OfMessageAttributes", kString),
    member("MD5OfMessageSystemAttributes", kString), member("MessageId", kString), member("SequenceNumber", kString)};
constexpr SqsMember kSendMessageBatchInput[] = {kQueueUrl,
                                                {"Entries", "SendMessageBatchRequestEntry", &kSendEntries, true}};
constexpr SqsMember kSendMessageBatchOutput[] = {{"Successful", "SendMessageBatchResultEntry", &kSentEntries}, kFailed};
constexpr SqsMember kSetQueueAttributesInput[] = {kQueueUrl, {"Attributes", "Attribute", &kAttributes, true}};
constexpr SqsMember kStartMessageMoveTaskInput[] = {required("SourceArn", kString), member("DestinationArn", kString),
                                                    member("MaxNumberOfMessagesPerSecond", kInteger)};
constexpr SqsMember kStartMessageMoveTaskOutput[] = {member("TaskHandle", kString)};
constexpr SqsMember kTagQueueInput[] = {kQueueUrl, {"Tags", "Tag", &kTags, true}};
constexpr SqsMember kUntagQueueInput[] = {kQueueUrl, {"TagKeys", "TagKey", &kStrings, true}};

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
