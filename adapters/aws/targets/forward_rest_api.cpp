#include "adapters/aws/sigv4.h"
#include "adapters/aws/targets/forward_target.h"
#include "adapters/aws/targets/http_outcome.h"
#include "adapters/aws/targets/http_parameters.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace eventbus::aws {

namespace {

// AWS: what EventBridge waits for an API (behaviour §11).
constexpr Duration kTimeout{5'000};

// What an ARN of API Gateway's says behind the API's id: STAGE/METHOD/path, the path with its '*'.
struct Method {
  std::string stage, name, path;
};

// "abc123/prod/POST/orders/*". nullopt: it does not name one stage.
std::optional<Method> method_of(std::string_view resource) {
  std::array<std::string_view, 3> parts;  // the API's id, stage, method
  for (std::string_view& part : parts) {
    const std::size_t slash = std::min(resource.find('/'), resource.size());
    part = resource.substr(0, slash);
    resource.remove_prefix(std::min(slash + 1, resource.size()));
  }
  if (parts[1].empty() || parts[1] == "*" || parts[2].empty()) return std::nullopt;
  // Any method will do then, and an event is something that is posted.
  const bool any = parts[2] == "*" || parts[2] == "ANY";
  return Method{std::string(parts[1]), any ? "POST" : std::string(parts[2]), "/" + std::string(resource)};
}

// AWS: headers that rules cannot set for API Gateway (behaviour §11).
bool is_reserved(std::string_view name) {
  constexpr auto kReserved = std::to_array<std::string_view>(
      {"authorization", "connection", "content-encoding", "content-length", "host", "max-forwards", "te", "trailer",
       "transfer-encoding", "upgrade", "via", "www-authenticate", "x-forwarded-for"});
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return lower.starts_with("x-amz") || std::ranges::find(kReserved, lower) != kReserved.end();
}

// A call of a method of a REST API, signed for execute-api: body = input, path, query and headers from HttpParameters.
// AWS: of what the API answers, 429 and 5xx are tried again (EventBridge user guide, API Gateway targets).
class ForwardRestApi final : public ForwardTarget {
 public:
  using ForwardTarget::ForwardTarget;
  Duration timeout() const override { return kTimeout; }

 protected:
  asio::awaitable<Outcomes> send(Attempts attempts, TimePoint deadline) override {
    const DeliveryAttempt& attempt = attempts.front();
    const std::optional<Method> method = method_of(arn().resource);
    if (!method)
      co_return Outcomes(1, AttemptOutcome::failed("INVALID_PARAMETER", "The ARN " + attempt.target.arn +
                                                                            " names no stage and method of an API."));
    AwsCall request = request_of(*method, attempt);
    for (const net::Header& header : request.headers) {
      if (is_header_value(header.value)) continue;
      std::string message = "The value of header " + header.name + " holds characters that no header may hold.";
      co_return Outcomes(1, AttemptOutcome::failed("INVALID_PARAMETER", std::move(message)));
    }
    auto answer = co_await call(std::move(request), deadline, 1);
    if (answer) co_return Outcomes(1, AttemptOutcome::delivered());
    Outcomes outcomes = std::move(answer).error();
    // What the API itself says, other than AWS before it, is no matter of our parameters.
    if (outcomes.front().failure.code == "INVALID_PARAMETER") outcomes.front().failure.code = "ERROR_FROM_TARGET";
    co_return outcomes;
  }

 private:
  static AwsCall request_of(const Method& method, const DeliveryAttempt& attempt) {
    const Delivery& delivery = attempt.delivery;
    const HttpParameters given = http_parameters_of(attempt.target, delivery.original_event());
    AwsCall call;
    call.method = method.name;
    call.path =
        with_query("/" + uri_encode(method.stage, false) + with_path_values(method.path, given.path), given.query);
    call.headers = {{"Content-Type", "application/json"}};
    for (const net::Header& header : given.headers)
      if (!is_reserved(header.name)) set_header(call.headers, header.name, header.value);
    call.headers.push_back({"X-Amz-Source-Arn", delivery.rule_arn});
    call.headers.push_back({"X-Amz-Source-Account", attempt.bus_scope.account});
    if (!delivery.trace_header.empty()) call.headers.push_back({"X-Amzn-Trace-Id", delivery.trace_header});
    call.body = delivery.input;
    call.answer_bytes_kept = kKeptBodyBytes;
    return call;
  }
};

}  // namespace

std::shared_ptr<DeliveryTarget> forward_to_rest_api(ForwardTarget::Parts parts) {
  return std::make_shared<ForwardRestApi>(std::move(parts));
}

}  // namespace eventbus::aws
