#include "bus/queue_error.h"

namespace eventbus {

QueueError::QueueError(Error error) : message(std::move(error.message)), cause(error.code) {
  if (cause == ErrorCode::kNotFound) *this = queue_does_not_exist();
}

QueueError queue_does_not_exist() {
  return {QueueErrorCode::kQueueDoesNotExist, "The specified queue does not exist."};
}

QueueError unknown_attribute(std::string_view name) {
  return {QueueErrorCode::kInvalidAttributeName, "Unknown Attribute " + std::string(name) + "."};
}

QueueError invalid_attribute_value(std::string_view name, std::string_view reason) {
  std::string message = "Invalid value for the parameter " + std::string(name) + ".";
  if (!reason.empty()) message.append(" Reason: ").append(reason);
  return {QueueErrorCode::kInvalidAttributeValue, std::move(message)};
}

QueueError invalid_parameter(std::string_view value, std::string_view parameter, std::string_view reason) {
  std::string message = "Value ";
  message.append(value).append(" for parameter ").append(parameter).append(" is invalid. Reason: ").append(reason);
  return {QueueErrorCode::kInvalidParameterValue, std::move(message)};
}

QueueError invalid_parameter_value(std::string message) {
  return {QueueErrorCode::kInvalidParameterValue, std::move(message)};
}

QueueError missing_parameter(std::string_view name) {
  return {QueueErrorCode::kMissingParameter, "The request must contain the parameter " + std::string(name) + "."};
}

}  // namespace eventbus
