#pragma once

#include "adapters/aws/json_protocol.h"
#include "adapters/aws/rest_operation.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus::aws {

// AWS REST-JSON: the operation in method and path, members in path, query and a JSON body; Scheduler and Schemas
// (client-calls §2).

// How a service spells an error of ours, and with what status: {"InternalFailure", "InternalServerException", 500}.
// Types that a service does not list keep their name and status.
struct RestError {
  std::string_view type;
  std::string_view as;
  unsigned status;
};

struct RestJsonProtocol {
  std::string_view service;                     // signing name, and for messages: "scheduler"
  std::string_view message_member = "Message";  // of the body of an error
  std::string_view code_member = {};            // schemas repeats the type in the body, as "Code"
  std::span<const RestError> errors = {};
};

// The input of an operation: body first (an object, or nothing; GET, HEAD and DELETE have none), then query, then
// labels, each over what came before. Errors: SerializationException.
AwsResult<json::object> decode_rest(const net::Request& request, std::span<const RestParameter> query,
                                    const RestLabels& labels);

// Method and path, for what has no name: "GET /v2/things".
std::string rest_call(const net::Request& request);

net::Response rest_response(std::string_view request_id, unsigned status, const json::object& output);
net::Response rest_error(const RestJsonProtocol& protocol, std::string_view request_id, AwsError error);

// Answers one request: finds the row, decodes, checks, runs, encodes. What names no operation and rows without a
// handler answer 400 UnknownOperationException (never a 5xx, which clients would try again for minutes). `routes` are
// those of `operations`, in the same order. Everything passed by reference outlives the call.
template <typename Api>
asio::awaitable<net::Response> answer_rest(const RestJsonProtocol& protocol,
                                           std::span<const RestOperation<Api>> operations,
                                           std::span<const RestRoute> routes, Api& api, const RequestContext& context,
                                           const net::Request& request, const InputCheck& check) {
  const std::optional<RestMatch> match = find_route(routes, context.service, request);
  if (!match || !operations[match->index].implemented()) {
    const std::string call = match ? std::string(operations[match->index].name) : rest_call(request);
    co_return rest_error(protocol, context.request_id, unknown_operation(protocol.service, call));
  }
  const RestOperation<Api>& row = operations[match->index];

  AwsResult<json::object> input = decode_rest(request, row.query, match->labels);
  if (!input) co_return rest_error(protocol, context.request_id, std::move(input).error());
  if (check) {
    if (std::optional<AwsError> violation = check(row.name, *input))
      co_return rest_error(protocol, context.request_id, std::move(*violation));
  }

  if (row.raw) {
    AwsResult<net::Response> made = co_await row.raw(api, context, std::move(*input));
    if (!made) co_return rest_error(protocol, context.request_id, std::move(made).error());
    made->headers.push_back({"x-amzn-RequestId", context.request_id});
    co_return std::move(*made);
  }
  AwsResult<json::object> output = co_await row.handler(api, context, std::move(*input));
  if (!output) co_return rest_error(protocol, context.request_id, std::move(output).error());
  co_return rest_response(context.request_id, row.success, *output);
}

}  // namespace eventbus::aws
