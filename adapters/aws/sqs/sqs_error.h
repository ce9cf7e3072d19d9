#pragma once

#include "adapters/aws/aws_error.h"
#include "bus/queue_error.h"

#include <boost/json/object.hpp>

#include <string_view>

namespace eventbus::aws {

// The wire names and HTTP status of a queue error (behaviour §26): `type` is the JSON shape, `query_code` the older
// code that Query clients and `x-amzn-query-error` see.
AwsError sqs_error(QueueError error);

// The same as an entry of `Failed` in a batch's answer, which shows the older code in both protocols.
boost::json::object failed_entry(std::string_view id, QueueError error);

// Input that the API model forbids.
AwsError invalid_address(std::string_view url);

// A Result<T, QueueError> as the AwsResult of a handler: SQS_TRY(auto queue, co_await …).
#define SQS_TRY(declaration, ...)                                                                    \
  auto&& EVENTBUS_CONCAT(sqs_result_, __LINE__) = (__VA_ARGS__);                                     \
  if (!EVENTBUS_CONCAT(sqs_result_, __LINE__))                                                       \
    co_return ::eventbus::aws::sqs_error(std::move(EVENTBUS_CONCAT(sqs_result_, __LINE__)).error()); \
  declaration = std::move(EVENTBUS_CONCAT(sqs_result_, __LINE__)).value()
#define SQS_TRY_VOID(...)                             \
  if (auto&& sqs_result = (__VA_ARGS__); !sqs_result) \
  co_return ::eventbus::aws::sqs_error(std::move(sqs_result).error())

}  // namespace eventbus::aws
