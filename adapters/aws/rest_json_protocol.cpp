#include "adapters/aws/rest_json_protocol.h"

#include "adapters/aws/query_protocol.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

namespace eventbus::aws {

namespace {

constexpr std::string_view kContentType = "application/json";

bool has_body(const net::Request& request) {
  return request.method != "GET" && request.method != "HEAD" && request.method != "DELETE";
}

// Of a parameter that is no list the first value counts.
AwsResult<void> add_parameter(json::object& input, const RestParameter& parameter, const std::string& value) {
  json::value* known = input.if_contains(parameter.member);
  switch (parameter.type) {
    case RestParameter::kTextList: {
      if (!known) known = &(input[parameter.member] = json::array());
      known->get_array().emplace_back(value);
      return {};
    }
    case RestParameter::kInteger: {
      std::int64_t number = 0;
      const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (failure != std::errc() || end != value.data() + value.size())
        return serialization("STRING_VALUE can not be converted to an Integer");
      if (!known) input[parameter.member] = number;
      return {};
    }
    case RestParameter::kBoolean:
      if (value != "true" && value != "false") return serialization("STRING_VALUE can not be converted to a Boolean");
      if (!known) input[parameter.member] = value == "true";
      return {};
    case RestParameter::kText:
      if (!known) input[parameter.member] = value;
      return {};
  }
  return {};
}

}  // namespace

AwsResult<json::object> decode_rest(const net::Request& request, std::span<const RestParameter> query,
                                    const RestLabels& labels) {
  json::object input;
  if (has_body(request)) {
    TRY(input, decode_json(request.body));
  }
  for (const RestParameter& parameter : query) input.erase(parameter.member);
  TRY(const std::vector<FormField> fields, decode_form(query_of(request)));
  for (const FormField& field : fields) {
    const auto parameter = std::ranges::find(query, std::string_view(field.name), &RestParameter::parameter);
    if (parameter != query.end()) TRY_VOID(add_parameter(input, *parameter, field.value));
  }
  for (const auto& [member, value] : labels) input[member] = value;
  return input;
}

std::string rest_call(const net::Request& request) { return request.method + " " + std::string(path_of(request)); }

net::Response rest_response(std::string_view request_id, unsigned status, const json::object& output) {
  net::Response response;
  response.status = status;
  response.headers.push_back({"x-amzn-RequestId", std::string(request_id)});
  if (status == 204) return response;
  response.headers.push_back({"Content-Type", std::string(kContentType)});
  response.body = encode_json(output);
  return response;
}

net::Response rest_error(const RestJsonProtocol& protocol, std::string_view request_id, AwsError error) {
  const auto known = std::ranges::find(protocol.errors, std::string_view(error.type), &RestError::type);
  if (known != protocol.errors.end()) {
    error.type = known->as;
    error.http_status = known->status;
  }
  json::object body;
  if (!protocol.code_member.empty()) body[protocol.code_member] = error.type;
  body[protocol.message_member] = error.message;
  net::Response response = rest_response(request_id, error.http_status, body);
  response.headers.push_back({"x-amzn-ErrorType", error.type});
  return response;
}

}  // namespace eventbus::aws
