#include "adapters/aws/json_protocol.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace eventbus::aws {

namespace {

constexpr std::size_t kDepthMax = 1'000;

}  // namespace

bool claims_json(const JsonProtocol& protocol, const net::Request& request) {
  return request.header("x-amz-target").starts_with(protocol.target_prefix);
}

std::string_view json_operation_name(const JsonProtocol& protocol, const net::Request& request) {
  std::string_view target = request.header("x-amz-target");
  if (target.starts_with(protocol.target_prefix)) target.remove_prefix(protocol.target_prefix.size());
  return target;
}

AwsResult<json::object> decode_json(std::string_view body) {
  if (body.empty()) return json::object();
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code failure;
  json::value value = json::parse(body, failure, {}, options);
  if (failure) return serialization("The request body is not valid JSON: " + failure.message() + ".");
  if (!value.is_object()) return serialization("The request body must be a JSON object.");
  return std::move(value.as_object());
}

std::string encode_json(const json::object& output) { return json::serialize(output); }

net::Response json_response(const JsonProtocol& protocol, const RequestContext& context, std::string body) {
  net::Response response;
  response.headers.push_back({"Content-Type", std::string(protocol.content_type)});
  response.headers.push_back({"x-amzn-RequestId", context.request_id});
  response.body = std::move(body);
  return response;
}

net::Response json_error(const JsonProtocol& protocol, std::string_view request_id, const AwsError& error) {
  net::Response response;
  response.status = error.http_status;
  response.headers.push_back({"Content-Type", std::string(protocol.content_type)});
  response.headers.push_back({"x-amzn-RequestId", std::string(request_id)});
  response.headers.push_back({"x-amzn-ErrorType", error.type});
  if (protocol.query_error_header) {
    std::string code = error.query_code.empty() ? error.type : error.query_code;
    code += error.sender_fault ? ";Sender" : ";Receiver";
    response.headers.push_back({"x-amzn-query-error", std::move(code)});
  }
  json::object body;
  body["__type"] = std::string(protocol.error_namespace) + error.type;
  body["message"] = error.message;
  response.body = json::serialize(body);
  return response;
}

}  // namespace eventbus::aws
