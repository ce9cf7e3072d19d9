#include "adapters/aws/targets/lambda_target.h"

#include "adapters/aws/credentials/credential_chain.h"
#include "adapters/aws/request_signer.h"
#include "adapters/aws/targets/http_outcome.h"
#include "adapters/aws/targets/http_parameters.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::aws {

namespace json = boost::json;

namespace {

constexpr unsigned kUnauthorized = 401;
constexpr unsigned kForbidden = 403;
constexpr unsigned kNotFound = 404;
constexpr unsigned kRequestTimeout = 408;
constexpr unsigned kNotImplemented = 501;

// function:NAME or function:NAME:QUALIFIER, of the resource of an ARN.
struct FunctionName {
  std::string name, qualifier;
};

std::optional<FunctionName> function_of(const Arn& arn) {
  constexpr std::string_view kKind = "function:";
  if (arn.service != "lambda" || !arn.resource.starts_with(kKind)) return std::nullopt;
  const std::string_view rest = std::string_view(arn.resource).substr(kKind.size());
  const std::size_t colon = std::min(rest.find(':'), rest.size());
  FunctionName function{std::string(rest.substr(0, colon)), std::string(rest.substr(std::min(colon + 1, rest.size())))};
  if (function.name.empty()) return std::nullopt;
  return function;
}

std::string invoke_url(const std::string& endpoint, const FunctionName& function) {
  const std::size_t authority = endpoint.find("://") + 3;
  const std::size_t path = endpoint.find('/', authority);
  if (path != std::string::npos && path + 1 < endpoint.size()) return endpoint;
  std::string url =
      endpoint.substr(0, path) + "/2015-03-31/functions/" + percent_encoded(function.name) + "/invocations";
  if (!function.qualifier.empty()) url += "?Qualifier=" + percent_encoded(function.qualifier);
  return url;
}

std::string_view text_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

// What Lambda says of itself in an error, in the words in which AWS's SDK reports it.
std::string refusal_text(const net::Response& response) {
  std::string text = "The function could not be invoked.";
  boost::system::error_code error;
  const json::value body = json::parse(response.body, error);
  if (!error && body.is_object()) {
    for (const std::string_view name : {"Message", "message"}) {
      if (const std::string_view message = text_member(body.get_object(), name); !message.empty()) text = message;
    }
  }
  const std::string_view type = find_header(response.headers, "x-amzn-ErrorType");
  const std::string_view request_id = find_header(response.headers, "x-amzn-RequestId");
  text += " (Service: AWSLambda; Status Code: " + std::to_string(response.status) + "; Error Code: ";
  text.append(type.empty() ? "null" : type.substr(0, type.find(':'))).append("; Request ID: ");
  text.append(request_id.empty() ? "null" : request_id).append("; Proxy: null)");
  return text;
}

AttemptOutcome outcome_of_answer(const Result<net::Response, net::ClientError>& answer, TimePoint now) {
  AttemptOutcome outcome = http_outcome(answer, now);
  if (!answer || outcome.kind == AttemptOutcome::kDelivered) return outcome;
  outcome.failure.message = refusal_text(*answer);
  if (answer->status == kRequestTimeout) {
    outcome.kind = AttemptOutcome::kRetry;
    outcome.failure.code = "TIMEOUT";
  } else if (answer->status == kForbidden || answer->status == kUnauthorized) {
    outcome.kind = AttemptOutcome::kFailed;
    outcome.failure.code = "NO_PERMISSIONS";
  } else if (answer->status == kNotFound) {
    outcome.failure.code = "NO_RESOURCE";
  } else if (outcome.kind == AttemptOutcome::kFailed) {
    outcome.failure.code = "INVALID_PARAMETER";
  }
  return outcome;
}

// What all functions of one endpoint share.
struct Endpoint {
  explicit Endpoint(LambdaTargetParts given) : parts(std::move(given)), credentials(parts.environment) {}
  const LambdaTargetParts parts;
  EnvironmentCredentials credentials;
  RequestSigner signer;
  std::atomic<bool> is_synchronous{false};  // it has refused an asynchronous invocation
};

class LambdaTarget final : public DeliveryTarget {
 public:
  LambdaTarget(std::shared_ptr<Endpoint> endpoint, const FunctionName& function, std::string region)
      : endpoint_(std::move(endpoint)),
        url_(invoke_url(endpoint_->parts.endpoint, function)),
        region_(std::move(region)) {}

  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    std::vector<AttemptOutcome> outcomes;
    const Result<Credentials> credentials = co_await endpoint_->credentials.get();
    if (!credentials && credentials.error().code != ErrorCode::kNotFound) {
      outcomes.assign(attempts.size(), AttemptOutcome::retry("FAILED_TO_ASSUME_ROLE", credentials.error().message));
      co_return outcomes;
    }
    const Credentials* const signed_by = credentials ? &*credentials : nullptr;
    for (const DeliveryAttempt& attempt : attempts) {
      Result<net::Response, net::ClientError> answer = co_await invoke(attempt, signed_by);
      if (answer && answer->status == kNotImplemented && !endpoint_->is_synchronous.exchange(true)) {
        answer = co_await invoke(attempt, signed_by);
      }
      outcomes.push_back(outcome_of_answer(answer, endpoint_->parts.clock.now()));
    }
    co_return outcomes;
  }

  Duration timeout() const override { return endpoint_->parts.timeout; }

 private:
  asio::awaitable<Result<net::Response, net::ClientError>> invoke(const DeliveryAttempt& attempt,
                                                                  const Credentials* signed_by) {
    net::ClientRequest request;
    request.url = url_;
    request.headers = {{"Content-Type", "application/json"},
                       {"X-Amz-Invocation-Type", endpoint_->is_synchronous ? "RequestResponse" : "Event"}};
    if (!attempt.delivery.trace_header.empty()) {
      request.headers.push_back({"X-Amzn-Trace-Id", attempt.delivery.trace_header});
    }
    request.body = attempt.delivery.input;
    request.deadline = attempt.deadline;
    request.body_bytes_max = kKeptBodyBytes;
    request.clip_body = true;
    if (signed_by) endpoint_->signer.sign(request, *signed_by, {region_, "lambda"}, endpoint_->parts.wall_clock.now());
    co_return co_await endpoint_->parts.client.send(std::move(request));
  }

  const std::shared_ptr<Endpoint> endpoint_;
  const std::string url_;
  const std::string region_;
};

class LambdaTargetFactory final : public TargetFactory {
 public:
  explicit LambdaTargetFactory(LambdaTargetParts parts) : endpoint_(std::make_shared<Endpoint>(std::move(parts))) {}

  std::shared_ptr<DeliveryTarget> make(const TargetQuery& query) override {
    if (endpoint_->parts.endpoint.empty() || !query.arn) return nullptr;
    const std::optional<FunctionName> function = function_of(*query.arn);
    if (!function) return nullptr;
    return std::make_shared<LambdaTarget>(endpoint_, *function, query.arn->region);
  }

 private:
  const std::shared_ptr<Endpoint> endpoint_;
};

}  // namespace

std::unique_ptr<TargetFactory> make_lambda_target_factory(LambdaTargetParts parts) {
  return std::make_unique<LambdaTargetFactory>(std::move(parts));
}

}  // namespace eventbus::aws
