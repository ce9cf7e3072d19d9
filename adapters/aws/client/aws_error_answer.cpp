#include "adapters/aws/client/aws_client.h"
#include "adapters/aws/targets/http_outcome.h"
#include "adapters/aws/xml_text.h"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace json = boost::json;

namespace {

// botocore/retries/standard.py: what asks for less, and what may be otherwise the next time.
constexpr std::array<std::string_view, 17> kThrottling = {"Throttling",
                                                          "ThrottlingException",
                                                          "ThrottledException",
                                                          "RequestThrottledException",
                                                          "TooManyRequestsException",
                                                          "ProvisionedThroughputExceededException",
                                                          "TransactionInProgressException",
                                                          "RequestLimitExceeded",
                                                          "BandwidthLimitExceeded",
                                                          "LimitExceededException",
                                                          "RequestThrottled",
                                                          "SlowDown",
                                                          "PriorRequestNotComplete",
                                                          "EC2ThrottledException",
                                                          "KMSThrottlingException",
                                                          "KMS.ThrottlingException",
                                                          "KmsThrottled"};
constexpr std::array<std::string_view, 9> kTransient = {"RequestTimeout",
                                                        "RequestTimeoutException",
                                                        "InternalError",
                                                        "InternalFailure",
                                                        "InternalException",
                                                        "ServiceUnavailable",
                                                        "ServiceUnavailableException",
                                                        "KMSInternalException",
                                                        "ExpiredTokenException"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& codes, std::string_view code) {
  return std::ranges::find(codes, code) != codes.end();
}

// "com.amazonaws.sqs#QueueDoesNotExist", "ValidationException:http://…" → the name alone.
std::string bare(std::string_view type) {
  type = type.substr(0, type.find(':'));
  return std::string(type.substr(type.find('#') == std::string_view::npos ? 0 : type.find('#') + 1));
}

std::string text_of(const json::object& body, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const json::value* found = body.if_contains(name); found && found->is_string())
      return std::string(found->get_string());
  return "";
}

}  // namespace

void classify(AwsCallError& error) {
  // AWS: LimitExceededException throttles in Kinesis, and says that something is full elsewhere; both pass with time.
  error.throttling = error.status == 429 || contains(kThrottling, error.code);
  error.transient = error.throttling || error.status >= 500 || contains(kTransient, error.code);
}

AwsCallError parse_aws_error(const net::Response& response, TimePoint now) {
  AwsCallError error{.kind = AwsCallError::kService, .status = response.status};
  const auto header = [&response](std::string_view name) { return net::find_header(response.headers, name); };
  boost::system::error_code failure;
  const json::value parsed = json::parse(response.body, failure);
  if (!failure && parsed.is_object()) {
    error.code = bare(text_of(parsed.get_object(), {"__type", "code", "Code"}));
    error.message = text_of(parsed.get_object(), {"message", "Message", "errorMessage"});
  } else {
    error.code = xml_text(response.body, "Code").value_or("");
    error.message = xml_text(response.body, "Message").value_or("");
  }
  if (const std::string_view type = header("x-amzn-errortype"); error.code.empty() && !type.empty())
    error.code = bare(type);
  if (const std::string_view query = header("x-amzn-query-error"); !query.empty())
    error.code = query.substr(0, query.find(';'));
  error.request_id = header("x-amzn-requestid");
  if (error.request_id.empty()) error.request_id = xml_text(response.body, "RequestId").value_or("");
  classify(error);
  if (const RetryAfter after = parse_retry_after(header("retry-after"), now); after.delay)
    error.not_before = now + *after.delay;
  constexpr std::size_t kKept = kKeptBodyBytes;
  error.body = response.body.substr(0, kKept);
  return error;
}

std::string AwsCallError::describe(std::string_view service) const {
  if (kind != kService) return message;
  std::string text = message.empty() ? "null" : message;
  text.append(" (Service: ").append(service).append("; Status Code: ").append(std::to_string(status));
  text.append("; Error Code: ").append(code.empty() ? "null" : code);
  text.append("; Request ID: ").append(request_id.empty() ? "null" : request_id).append("; Proxy: null)");
  return text;
}

}  // namespace eventbus::aws
