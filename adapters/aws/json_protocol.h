#pragma once

#include "adapters/aws/operation.h"
#include "adapters/aws/request_context.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace eventbus::aws {

// AWS JSON 1.0 and 1.1: `POST /`, the operation in X-Amz-Target, the input as a JSON object in the body (behaviour §1).
struct JsonProtocol {
  std::string_view service;          // for messages: "events"
  std::string_view target_prefix;    // "AWSEvents."
  std::string_view content_type;     // "application/x-amz-json-1.1"
  std::string_view error_namespace;  // before the name in __type: "com.amazonaws.sqs#"; events sends the bare name
  // AWS: services that once spoke Query add `x-amzn-query-error: <Code>;Sender`, and SDKs prefer that code.
  bool query_error_header = false;
};

// Checks (and may complete) the input against the constraints of the service's API model; nullopt = all is well.
using InputCheck = std::function<std::optional<AwsError>(std::string_view operation, json::object& input)>;

// Does X-Amz-Target name an operation of this protocol, known or not?
bool claims_json(const JsonProtocol& protocol, const net::Request& request);

// The name behind the prefix; the whole header when the prefix is another.
std::string_view json_operation_name(const JsonProtocol& protocol, const net::Request& request);

// The body as an object; an empty body is {} as AWS takes it. Of duplicate keys the last one wins. Errors are
// SerializationException: not JSON, not an object, invalid UTF-8, more than 1,000 levels.
AwsResult<json::object> decode_json(std::string_view body);

// Compact JSON text.
std::string encode_json(const json::object& output);

net::Response json_response(const JsonProtocol& protocol, const RequestContext& context, std::string body);
net::Response json_error(const JsonProtocol& protocol, std::string_view request_id, const AwsError& error);

// The row named `name` of a table sorted by name; nullptr if there is none.
template <typename Api>
const Operation<Api>* find_operation(std::span<const Operation<Api>> operations, std::string_view name) {
  const auto row = std::ranges::lower_bound(operations, name, {}, &Operation<Api>::name);
  return row != operations.end() && row->name == name ? &*row : nullptr;
}

// Runs a row's handler on a decoded input, whatever the wire protocol was: the check first, then the handler.
template <typename Api>
asio::awaitable<AwsResult<json::object>> run_operation(const Operation<Api>& operation, Api& api,
                                                       const RequestContext& context, json::object input,
                                                       const InputCheck& check) {
  if (check) {
    if (std::optional<AwsError> violation = check(operation.name, input)) co_return std::move(*violation);
  }
  co_return co_await operation.handler(api, context, std::move(input));
}

// Answers one request of a JSON service: finds the row, decodes, checks, runs, encodes. Unknown names and rows without
// a handler answer 400 UnknownOperationException. Everything passed by reference outlives the call.
template <typename Api>
asio::awaitable<net::Response> answer_json(const JsonProtocol& protocol, std::span<const Operation<Api>> operations,
                                           Api& api, const RequestContext& context, const net::Request& request,
                                           const InputCheck& check) {
  const std::string_view name = json_operation_name(protocol, request);
  const Operation<Api>* operation = find_operation(operations, name);
  if (!operation || !operation->implemented())
    co_return json_error(protocol, context.request_id, unknown_operation(protocol.service, name));

  if (operation->raw) {
    AwsResult<std::string> output = co_await operation->raw(api, context, request);
    if (!output) co_return json_error(protocol, context.request_id, output.error());
    co_return json_response(protocol, context, std::move(*output));
  }

  AwsResult<json::object> input = decode_json(request.body);
  if (!input) co_return json_error(protocol, context.request_id, input.error());
  AwsResult<json::object> output = co_await run_operation(*operation, api, context, std::move(*input), check);
  if (!output) co_return json_error(protocol, context.request_id, output.error());
  co_return json_response(protocol, context, encode_json(*output));
}

}  // namespace eventbus::aws
