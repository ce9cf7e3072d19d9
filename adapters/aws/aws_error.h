#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace eventbus::aws {

// An error as AWS clients see it. Protocol codecs turn it into JSON or XML; nothing else does.
struct AwsError {
  std::string type;  // "ResourceNotFoundException": __type, <Code>
  std::string message;
  unsigned http_status = 400;
  std::string
      query_code;  // SQS: the older code, where it differs ("AWS.SimpleQueueService.NonExistentQueue"); else empty
  bool sender_fault = true;

  AwsError(std::string type_name, std::string text, unsigned status = 400)
      : type(std::move(type_name)), message(std::move(text)), http_status(status), sender_fault(status < 500) {}
  // The generic mapping of what the layers below say: kUnavailable → 503 ServiceUnavailable, kInternal → 500
  // InternalFailure, kLimit → LimitExceededException, and so on.
  explicit AwsError(Error error);
};

template <typename T>
using AwsResult = Result<T, AwsError>;

// Named constructors, with AWS's wording. Those of one service only live in that service's folder.
AwsError validation(std::string message);          // ValidationException
AwsError resource_not_found(std::string message);  // ResourceNotFoundException
AwsError resource_already_exists(std::string message);
AwsError limit_exceeded_exception();          // "The requested resource exceeds the maximum number allowed."
AwsError serialization(std::string message);  // SerializationException: malformed JSON, wrong type
AwsError unknown_operation(std::string_view service, std::string_view operation);
AwsError throttling(std::string message);  // 400 ThrottlingException
AwsError internal_failure();               // 500, AWS's text

}  // namespace eventbus::aws
