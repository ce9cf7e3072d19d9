#include "adapters/aws/targets/universal_target.h"

#include "bus/schedule_rules.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::aws {

namespace json = boost::json;

namespace {

constexpr std::size_t kReadableBytesBehindBody = 64;  // net/message.h
constexpr std::size_t kKeptBodyBytes = 4'096;

struct CalledService {
  std::string_view sdk_name;  // in the ARN
  std::string_view signing_name, target_prefix, content_type;
  bool lower_camel = false;  // the API's own spelling of members; the SDK's, in Input, begins with a capital
};
constexpr std::array kServices = {
    CalledService{"sqs", "sqs", "AmazonSQS.", "application/x-amz-json-1.0"},
    CalledService{"eventbridge", "events", "AWSEvents.", "application/x-amz-json-1.1"},
    CalledService{"events", "events", "AWSEvents.", "application/x-amz-json-1.1"},
    CalledService{"cloudwatchlogs", "logs", "Logs_20140328.", "application/x-amz-json-1.1", true},
    CalledService{"logs", "logs", "Logs_20140328.", "application/x-amz-json-1.1", true},
};

// The codes that outcomes are told apart by; literals, as DeliveryFailure wants them.
constexpr std::array<std::string_view, 17> kCodes = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "ResourceAlreadyExistsException",
    "ValidationException",
    "InvalidParameterException",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "MissingParameter",
    "MissingRequiredParameterException",
    "InvalidMessageContents",
    "SerializationException",
    "UnknownOperationException",
    "LimitExceededException",
    "MalformedDetail",
    "InvalidArgument",
    "NotAuthorizedForSourceException",
};

std::string_view literal_of(std::string_view code) {
  const auto known = std::ranges::find(kCodes, code);
  return known == kCodes.end() ? "INVALID_PARAMETER" : *known;
}

bool is_throttling(std::string_view code) {
  return code.find("Throttl") != std::string_view::npos || code.find("TooManyRequests") != std::string_view::npos;
}
bool is_internal(std::string_view code) {
  return code == "InternalFailure" || code == "InternalException" || code == "InternalError" ||
         code == "ServiceUnavailable";
}

// "LogGroupName" → "logGroupName", at every level but inside of tags, whose names are the user's.
json::value spelt_as_api(const json::value& value) {
  if (value.is_array()) {
    json::array list;
    for (const json::value& element : value.get_array()) list.push_back(spelt_as_api(element));
    return list;
  }
  if (!value.is_object()) return value;
  json::object object;
  for (const auto& [name, member] : value.get_object()) {
    std::string lower(name);
    if (!lower.empty() && lower[0] >= 'A' && lower[0] <= 'Z') lower[0] = static_cast<char>(lower[0] - 'A' + 'a');
    if (lower == "tags")
      object[lower] = member;
    else
      object[lower] = spelt_as_api(member);
  }
  return object;
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

AttemptOutcome outcome_of_code(std::string_view code, std::string message) {
  if (is_throttling(code)) {
    AttemptOutcome outcome = AttemptOutcome::retry("THROTTLING", std::move(message));
    outcome.throttled = true;
    return outcome;
  }
  if (is_internal(code)) return AttemptOutcome::retry("INTERNAL_ERROR", std::move(message));
  return AttemptOutcome::failed(literal_of(code), std::move(message));
}

// An entry of a batch that failed within a call that succeeded; nullopt when there is none.
std::optional<AttemptOutcome> failed_entry(const json::object& body) {
  const json::value* entries = body.if_contains("Failed");  // SQS
  if (!entries) entries = body.if_contains("Entries");      // PutEvents
  if (!entries || !entries->is_array()) return std::nullopt;
  for (const json::value& value : entries->get_array()) {
    if (!value.is_object()) continue;
    const json::object& entry = value.get_object();
    std::string code = text_of(entry, "ErrorCode");
    if (code.empty()) code = text_of(entry, "Code");
    if (code.empty()) continue;
    std::string message = text_of(entry, "ErrorMessage");
    if (message.empty()) message = text_of(entry, "Message");
    return outcome_of_code(code, std::move(message));
  }
  return std::nullopt;
}

AttemptOutcome outcome_of(const net::Response& response) {
  boost::system::error_code bad_json;
  json::value parsed = json::parse(response.body.empty() ? "{}" : response.body, bad_json);
  const json::object body = !bad_json && parsed.is_object() ? std::move(parsed.get_object()) : json::object();
  AttemptOutcome outcome = AttemptOutcome::delivered();
  if (response.status >= 500) {
    outcome = AttemptOutcome::retry("INTERNAL_ERROR", text_of(body, "message"));
  } else if (response.status >= 300) {
    std::string code(net::find_header(response.headers, "x-amzn-query-error"));
    code = code.substr(0, code.find(';'));
    if (code.empty()) code = net::find_header(response.headers, "x-amzn-ErrorType");
    outcome = outcome_of_code(code, text_of(body, "message"));
  } else if (std::optional<AttemptOutcome> failed = failed_entry(body)) {
    outcome = *std::move(failed);
  }
  outcome.http_status = response.status;
  outcome.response_body = response.body.substr(0, kKeptBodyBytes);
  return outcome;
}

net::Request request_for(const CalledService& service, std::string_view action, const DeliveryAttempt& attempt) {
  std::string operation(action);
  if (operation[0] >= 'a' && operation[0] <= 'z') operation[0] = static_cast<char>(operation[0] - 'a' + 'A');
  net::Request request;
  request.method = "POST";
  request.target = "/";
  request.peer = "scheduler";
  request.headers = {
      {"Host", "localhost"},
      {"Content-Type", std::string(service.content_type)},
      {"X-Amz-Target", std::string(service.target_prefix) + operation},
      {"x-amzn-query-mode", "true"},
      // Names the scope; nobody asks for a signature here.
      {"Authorization", "AWS4-HMAC-SHA256 Credential=" + attempt.bus_scope.account + "/20260101/" +
                            attempt.bus_scope.region + "/" + std::string(service.signing_name) +
                            "/aws4_request, SignedHeaders=host, Signature=0"},
  };
  boost::system::error_code bad_json;
  const json::value input = json::parse(attempt.delivery.input, bad_json);
  request.body = bad_json || !service.lower_camel ? attempt.delivery.input : json::serialize(spelt_as_api(input));
  request.body.reserve(request.body.size() + kReadableBytesBehindBody);
  return request;
}

class CalledOperation final : public DeliveryTarget {
 public:
  CalledOperation(const net::Handler& api, const CalledService& service, std::string action)
      : api_(api), service_(service), action_(std::move(action)) {}

  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    std::vector<AttemptOutcome> outcomes;
    for (const DeliveryAttempt& attempt : attempts) {
      net::Request request = request_for(service_, action_, attempt);
      const net::Response response = co_await api_(std::move(request));
      outcomes.push_back(outcome_of(response));
    }
    co_return outcomes;
  }

 private:
  const net::Handler& api_;
  const CalledService& service_;
  const std::string action_;
};

class UniversalTargets final : public TargetFactory {
 public:
  explicit UniversalTargets(net::Handler api) : api_(std::move(api)) {}

  std::shared_ptr<DeliveryTarget> make(const TargetQuery& query) override {
    std::optional<UniversalTarget> called = universal_target(query.target.arn);
    if (!called) return nullptr;
    const auto service = std::ranges::find(kServices, std::string_view(called->service), &CalledService::sdk_name);
    if (service == kServices.end()) return nullptr;
    return std::make_shared<CalledOperation>(api_, *service, std::move(called->action));
  }

 private:
  const net::Handler api_;
};

}  // namespace

std::unique_ptr<TargetFactory> make_universal_targets(net::Handler api) {
  return std::make_unique<UniversalTargets>(std::move(api));
}

}  // namespace eventbus::aws
