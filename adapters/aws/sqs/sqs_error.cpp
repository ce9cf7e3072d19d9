#include "adapters/aws/sqs/sqs_error.h"

#include <algorithm>
#include <array>
#include <utility>

namespace eventbus::aws {

namespace {

struct WireName {
  QueueErrorCode code;
  std::string_view type;
  std::string_view query_code;
  unsigned status = 400;
};

constexpr std::array kWireNames = {
    WireName{QueueErrorCode::kQueueDoesNotExist, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"},
    WireName{QueueErrorCode::kQueueNameExists, "QueueNameExists", "QueueAlreadyExists"},
    WireName{QueueErrorCode::kInvalidAttributeName, "InvalidAttributeName", "InvalidAttributeName"},
    WireName{QueueErrorCode::kInvalidAttributeValue, "InvalidAttributeValue", "InvalidAttributeValue"},
    WireName{QueueErrorCode::kInvalidParameterValue, "InvalidParameterValueException", "InvalidParameterValue"},
    WireName{QueueErrorCode::kMissingParameter, "MissingRequiredParameterException", "MissingParameter"},
    WireName{QueueErrorCode::kInvalidMessageContents, "InvalidMessageContents", "InvalidMessageContents"},
    WireName{QueueErrorCode::kMessageNotInflight, "MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"},
    WireName{QueueErrorCode::kOverLimit, "OverLimit", "OverLimit", 403},
    WireName{QueueErrorCode::kPurgeQueueInProgress, "PurgeQueueInProgress",
             "AWS.SimpleQueueService.PurgeQueueInProgress", 403},
    WireName{QueueErrorCode::kReceiptHandleIsInvalid, "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"},
    WireName{QueueErrorCode::kResourceNotFound, "ResourceNotFoundException", "ResourceNotFoundException", 404},
    WireName{QueueErrorCode::kUnsupportedOperation, "UnsupportedOperation",
             "AWS.SimpleQueueService.UnsupportedOperation"},
    WireName{QueueErrorCode::kEmptyBatchRequest, "EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"},
    WireName{QueueErrorCode::kTooManyEntriesInBatchRequest, "TooManyEntriesInBatchRequest",
             "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"},
    WireName{QueueErrorCode::kBatchEntryIdsNotDistinct, "BatchEntryIdsNotDistinct",
             "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"},
    WireName{QueueErrorCode::kInvalidBatchEntryId, "InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId"},
    WireName{QueueErrorCode::kBatchRequestTooLong, "BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"},
};

}  // namespace

AwsError sqs_error(QueueError error) {
  const auto name = std::ranges::find(kWireNames, error.code, &WireName::code);
  if (name == kWireNames.end()) return AwsError(Error{error.cause, std::move(error.message)});  // kStorage
  AwsError result(std::string(name->type), std::move(error.message), name->status);
  if (name->query_code != name->type) result.query_code = name->query_code;
  return result;
}

boost::json::object failed_entry(std::string_view id, QueueError error) {
  AwsError wire = sqs_error(std::move(error));
  boost::json::object entry;
  entry["Id"] = id;
  entry["SenderFault"] = wire.sender_fault;
  entry["Code"] = wire.query_code.empty() ? wire.type : wire.query_code;
  entry["Message"] = wire.message;
  return entry;
}

AwsError invalid_address(std::string_view url) {
  return AwsError("InvalidAddress", "The address " + std::string(url) + " is not valid for this endpoint.");
}

}  // namespace eventbus::aws
