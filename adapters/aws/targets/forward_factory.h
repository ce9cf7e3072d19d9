#pragma once

#include "adapters/aws/client/aws_client.h"
#include "adapters/aws/credentials/cached_credentials.h"
#include "adapters/aws/credentials/credential_chain.h"
#include "adapters/aws/credentials/environment.h"
#include "adapters/aws/targets/forward_metrics.h"
#include "adapters/aws/targets/forward_rules.h"
#include "adapters/aws/targets/target_directory.h"
#include "base/clock.h"
#include "base/rng.h"
#include "net/http_client.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace eventbus::aws {

// Deliveries to accounts that the configuration's `forward` section names; to nothing else. Keeps credentials and the
// breakers of endpoints. Safe to use from any thread.
class ForwardFactory final : public TargetFactory {
 public:
  struct Dependencies {
    net::HttpClient& http;
    Clock& clock;
    Rng& rng;
    const CredentialEnvironment& environment;
    ForwardMetrics& metrics;
    // What signatures and credentials go by, where `clock` is virtual: real AWS knows no other time. nullptr: `clock`.
    Clock* wall_clock = nullptr;
  };
  // `rules` outlive it.
  ForwardFactory(const ForwardRules& rules, Dependencies dependencies);
  ~ForwardFactory() override;

  std::shared_ptr<DeliveryTarget> make(const TargetQuery& query) override;

 private:
  std::shared_ptr<AwsClient> client_for(const ForwardRule& rule, const Arn& arn);
  std::shared_ptr<CachedCredentials> credentials_for(const ForwardRule& rule, const std::string& region);
  std::shared_ptr<CircuitBreaker> breaker_for(const std::string& endpoint);

  const ForwardRules& rules_;
  Dependencies dependencies_;
  RequestSigner signer_;
  std::mutex mutex_;
  std::map<std::pair<const ForwardRule*, std::string>, std::shared_ptr<CachedCredentials>> credentials_;  // and region
  std::map<std::string, std::shared_ptr<CircuitBreaker>> breakers_;                                       // by endpoint
};

}  // namespace eventbus::aws
