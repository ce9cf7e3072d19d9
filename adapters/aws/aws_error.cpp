#include "adapters/aws/aws_error.h"

#include <utility>

namespace eventbus::aws {

namespace {

AwsError from_layers_below(Error error) {
  switch (error.code) {
    case ErrorCode::kInvalid:
      return validation(std::move(error.message));
    case ErrorCode::kNotFound:
      return resource_not_found(std::move(error.message));
    case ErrorCode::kConflict:
      // Two writers met on one catalog key: AWS asks the caller to try again.
      return AwsError("ConcurrentModificationException", std::move(error.message));
    case ErrorCode::kLimit:
      return AwsError("LimitExceededException", std::move(error.message));
    case ErrorCode::kUnavailable:
      // 503 is what every SDK retries, whatever the name.
      return AwsError("ServiceUnavailable", std::move(error.message), 503);
    case ErrorCode::kInternal:
      return internal_failure();  // the detail is for the log, not for the client
  }
  return internal_failure();
}

}  // namespace

AwsError::AwsError(Error error) : AwsError(from_layers_below(std::move(error))) {}

AwsError validation(std::string message) { return AwsError("ValidationException", std::move(message)); }

AwsError resource_not_found(std::string message) { return AwsError("ResourceNotFoundException", std::move(message)); }

AwsError resource_already_exists(std::string message) {
  return AwsError("ResourceAlreadyExistsException", std::move(message));
}

AwsError limit_exceeded_exception() {
  return AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
}

AwsError serialization(std::string message) { return AwsError("SerializationException", std::move(message)); }

AwsError unknown_operation(std::string_view service, std::string_view operation) {
  std::string message = "The operation ";
  message += operation;
  if (!service.empty()) {
    message += " of the service ";
    message += service;
  }
  message += " is not available here.";
  return AwsError("UnknownOperationException", std::move(message));
}

AwsError throttling(std::string message) { return AwsError("ThrottlingException", std::move(message)); }

AwsError internal_failure() {
  // AWS: the text of InternalException (behaviour §1).
  return AwsError("InternalFailure", "Service encountered unexpected problem. Please try again.", 500);
}

}  // namespace eventbus::aws
