#pragma once

#include "base/error.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace eventbus {

// What can go wrong with a queue, by the kinds SQS tells apart. adapters/aws/sqs gives each its wire names; the
// messages are AWS's own wording.
enum class QueueErrorCode {
  kQueueDoesNotExist,
  kQueueNameExists,
  kInvalidAttributeName,
  kInvalidAttributeValue,
  kInvalidParameterValue,
  kMissingParameter,
  kInvalidMessageContents,
  kMessageNotInflight,
  kOverLimit,
  kPurgeQueueInProgress,
  kReceiptHandleIsInvalid,
  kResourceNotFound,  // of message move tasks
  kUnsupportedOperation,
  kEmptyBatchRequest,
  kTooManyEntriesInBatchRequest,
  kBatchEntryIdsNotDistinct,
  kInvalidBatchEntryId,
  kBatchRequestTooLong,
  kStorage,  // `cause` says what storage said
};

struct QueueError {
  QueueErrorCode code = QueueErrorCode::kStorage;
  std::string message;
  ErrorCode cause = ErrorCode::kInternal;  // of kStorage

  QueueError(QueueErrorCode error_code, std::string text) : code(error_code), message(std::move(text)) {}
  // What storage answers. Its kNotFound and kConflict mean a queue that vanished meanwhile.
  explicit QueueError(Error error);

  friend bool operator==(const QueueError&, const QueueError&) = default;
};

template <typename T>
using QueueResult = Result<T, QueueError>;

QueueError queue_does_not_exist();
QueueError unknown_attribute(std::string_view name);
// "Invalid value for the parameter X." with " Reason: …" behind it if there is one.
QueueError invalid_attribute_value(std::string_view name, std::string_view reason = {});
// "Value V for parameter P is invalid. Reason: R"
QueueError invalid_parameter(std::string_view value, std::string_view parameter, std::string_view reason);
QueueError invalid_parameter_value(std::string message);
QueueError missing_parameter(std::string_view name);

}  // namespace eventbus
