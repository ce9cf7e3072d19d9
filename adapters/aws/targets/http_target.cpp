#include "adapters/aws/targets/http_target.h"

#include "adapters/aws/targets/http_outcome.h"
#include "adapters/aws/targets/http_parameters.h"
#include "bus/target_rules.h"

#include <string>
#include <utility>
#include <vector>

namespace eventbus::aws {

namespace {

class HttpTarget final : public DeliveryTarget {
 public:
  explicit HttpTarget(HttpTargetParts parts) : parts_(parts) {}

  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    std::vector<AttemptOutcome> outcomes;
    for (const DeliveryAttempt& attempt : attempts) {
      net::ClientRequest request = http_target_request(attempt);
      request.deadline = attempt.deadline;
      const Result<net::Response, net::ClientError> answer = co_await parts_.client.send(std::move(request));
      outcomes.push_back(http_outcome(answer, parts_.clock.now()));
    }
    co_return outcomes;
  }

 private:
  const HttpTargetParts parts_;
};

class HttpTargetFactory final : public TargetFactory {
 public:
  explicit HttpTargetFactory(HttpTargetParts parts)
      : limits_(parts.limits), target_(std::make_shared<HttpTarget>(parts)) {}

  std::shared_ptr<DeliveryTarget> make(const TargetQuery& query) override {
    if (!limits_.allow_http_targets || !is_http_url(query.target.arn)) return nullptr;
    return target_;
  }

 private:
  const Limits& limits_;
  const std::shared_ptr<DeliveryTarget> target_;
};

}  // namespace

net::ClientRequest http_target_request(const DeliveryAttempt& attempt) {
  const Delivery& delivery = attempt.delivery;
  const HttpParameters parameters = http_parameters_of(attempt.target, delivery.original_event());
  net::ClientRequest request;
  request.method = "POST";
  request.url = with_query(with_path_values(attempt.target.arn, parameters.path), parameters.query);
  request.body = delivery.input;
  request.body_bytes_max = kKeptBodyBytes;
  request.clip_body = true;
  request.headers = {{"Content-Type", "application/json"}};
  for (const net::Header& header : parameters.headers) {
    if (!is_dropped_header(header.name)) set_header(request.headers, header.name, header.value);
  }
  set_header(request.headers, "X-Eventbus-Event-Id", delivery.event_id);
  set_header(request.headers, "X-Eventbus-Rule-Arn", delivery.rule_arn);
  set_header(request.headers, "X-Eventbus-Target-Id", delivery.target_id);
  set_header(request.headers, "X-Eventbus-Attempt", std::to_string(attempt.number));
  if (!delivery.trace_header.empty()) set_header(request.headers, "X-Amzn-Trace-Id", delivery.trace_header);
  return request;
}

std::unique_ptr<TargetFactory> make_http_target_factory(HttpTargetParts parts) {
  return std::make_unique<HttpTargetFactory>(parts);
}

}  // namespace eventbus::aws
