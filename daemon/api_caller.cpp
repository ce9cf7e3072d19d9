#include "daemon/api_caller.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <utility>

namespace eventbus {
namespace {

namespace json = boost::json;

constexpr std::size_t kReadableBytesBehindBody = 64;  // net/message.h

net::Request request_of(const Scope& scope, std::string_view target, std::string_view operation,
                        const json::object& input) {
  const std::string_view service = target == "AmazonSQS" ? "sqs" : "events";
  net::Request request;
  request.method = "POST";
  request.target = "/";
  request.peer = "configuration";
  request.headers = {
      {"Host", "localhost"},
      {"Content-Type", "application/x-amz-json-1.1"},
      {"X-Amz-Target", std::string(target) + "." + std::string(operation)},
      // Names the scope; whether a signature is right is asked of those who come through the network.
      {"Authorization", "AWS4-HMAC-SHA256 Credential=" + scope.account + "/20260101/" + scope.region + "/" +
                            std::string(service) + "/aws4_request, SignedHeaders=host, Signature=0"},
  };
  request.body = json::serialize(input);
  request.body.reserve(request.body.size() + kReadableBytesBehindBody);
  return request;
}

std::string text_member(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member && member->is_string() ? std::string(member->get_string()) : std::string();
}

ApiCaller::Refusal refusal_of(unsigned status, const json::object& body) {
  std::string type = text_member(body, "__type");
  type = type.substr(type.find('#') + 1);  // "com.amazonaws.sqs#QueueDoesNotExist"
  if (type.empty()) type = "HTTP status " + std::to_string(status);
  std::string message = text_member(body, "message");
  if (message.empty()) message = text_member(body, "Message");
  return {std::move(type), std::move(message)};
}

}  // namespace

asio::awaitable<ApiCaller::Answer<json::object>> ApiCaller::call(std::string_view target, std::string_view operation,
                                                                 json::object input) const {
  net::Request request = request_of(scope_, target, operation, input);
  const net::Response response = co_await handler_(std::move(request));
  boost::system::error_code bad_json;
  json::value body = json::parse(response.body.empty() ? "{}" : response.body, bad_json);
  if (bad_json || !body.is_object()) body = json::object();
  if (response.status != 200) co_return refusal_of(response.status, body.get_object());
  co_return std::move(body.get_object());
}

}  // namespace eventbus
