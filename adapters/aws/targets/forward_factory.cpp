#include "adapters/aws/targets/forward_factory.h"

#include "adapters/aws/targets/forward_target.h"

#include <algorithm>
#include <array>
#include <utility>

namespace eventbus::aws {

namespace {

using Make = std::shared_ptr<DeliveryTarget> (*)(ForwardTarget::Parts);
struct Kind {
  std::string_view service;
  Make make;
};
constexpr auto kKinds = std::to_array<Kind>({
    {"events", forward_to_event_bus},
    {"execute-api", forward_to_rest_api},
    {"firehose", forward_to_delivery_stream},
    {"kinesis", forward_to_stream},
    {"lambda", forward_to_function},
    {"logs", forward_to_log_group},
    {"sns", forward_to_topic},
    {"sqs", forward_to_queue},
    {"states", forward_to_state_machine},
});
static_assert(std::ranges::equal(kKinds, kForwardedServices, {}, &Kind::service));

}  // namespace

ForwardFactory::ForwardFactory(const ForwardRules& rules, Dependencies dependencies)
    : rules_(rules), dependencies_(dependencies) {}

ForwardFactory::~ForwardFactory() = default;

std::shared_ptr<DeliveryTarget> ForwardFactory::make(const TargetQuery& query) {
  if (!query.arn) return nullptr;
  const ForwardRule* rule = rules_.find(*query.arn);
  if (!rule) return nullptr;
  const Arn arn = rule->mapped(*query.arn);
  std::shared_ptr<AwsClient> client = client_for(*rule, arn);
  const std::string& endpoint = client->options().endpoint;
  ForwardTarget::Parts parts{
      .client = client,
      .arn = arn,
      .parameters = query.target.parameters,
      .message_group_id = query.target.sqs ? query.target.sqs->message_group_id.value_or("") : "",
      .metrics = dependencies_.metrics.series(endpoint, arn.service),
      .rng = dependencies_.rng};
  const auto kind = std::ranges::find(kKinds, std::string_view(arn.service), &Kind::service);
  return kind == kKinds.end() ? nullptr : kind->make(std::move(parts));
}

std::shared_ptr<AwsClient> ForwardFactory::client_for(const ForwardRule& rule, const Arn& arn) {
  std::string endpoint = rule.endpoint_of(arn);
  std::lock_guard lock(mutex_);
  std::shared_ptr<CachedCredentials> credentials = credentials_for(rule, arn.region);
  std::shared_ptr<CircuitBreaker> breaker = breaker_for(endpoint);
  // A user's API is called as often as the target's RetryPolicy says.
  const int attempts_max = arn.service == "execute-api" ? 1 : AwsClient::kAttemptsMax;
  return std::make_shared<AwsClient>(AwsClient::Options{std::move(endpoint), arn.region, arn.service, attempts_max},
                                     std::move(credentials), std::move(breaker),
                                     AwsClient::Dependencies{dependencies_.http, signer_, dependencies_.clock,
                                                             dependencies_.rng, dependencies_.wall_clock});
}

std::shared_ptr<CachedCredentials> ForwardFactory::credentials_for(const ForwardRule& rule, const std::string& region) {
  std::shared_ptr<CachedCredentials>& kept = credentials_[{&rule, region}];
  if (!kept) {
    CredentialQuery query{region, rule.sts_endpoint, rule.profile, rule.role};
    const CredentialNetwork network{dependencies_.http, signer_, dependencies_.clock, dependencies_.wall_clock};
    kept = std::make_shared<CachedCredentials>(
        make_credential_source(std::move(query), dependencies_.environment, network),
        dependencies_.wall_clock ? *dependencies_.wall_clock : dependencies_.clock, dependencies_.rng);
  }
  return kept;
}

std::shared_ptr<CircuitBreaker> ForwardFactory::breaker_for(const std::string& endpoint) {
  std::shared_ptr<CircuitBreaker>& kept = breakers_[endpoint];
  if (!kept) {
    kept = std::make_shared<CircuitBreaker>(dependencies_.rng);
    dependencies_.metrics.watch(endpoint, kept);
  }
  return kept;
}

}  // namespace eventbus::aws
