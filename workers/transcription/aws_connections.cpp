#include "workers/transcription/aws_connections.h"

#include "adapters/aws/client/standard_endpoint.h"

#include <utility>

namespace eventbus::transcription {

namespace {

// The names that AWS's SDKs look up ("Service-specific endpoints", SDKs and Tools reference guide).
std::string_view variable_of(std::string_view service) {
  if (service == "sqs") return "AWS_ENDPOINT_URL_SQS";
  if (service == "s3") return "AWS_ENDPOINT_URL_S3";
  return "AWS_ENDPOINT_URL_EVENTBRIDGE";
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

AwsConnections::AwsConnections(Options options, aws::CredentialEnvironment environment, net::HttpClient& http,
                               Clock& clock, Rng& rng)
    : options_(std::move(options)), environment_(std::move(environment)), http_(http), clock_(clock), rng_(rng) {
  aws::CredentialQuery query{options_.region, std::nullopt, std::nullopt, std::nullopt};
  const aws::CredentialNetwork network{http_, signer_, clock_};
  credentials_ = std::make_shared<aws::CachedCredentials>(
      aws::make_credential_source(std::move(query), environment_, network), clock_, rng_);
}

std::string AwsConnections::endpoint_of(std::string_view service) const {
  const std::string& set = service == "s3" ? options_.s3_endpoint : options_.endpoint;
  if (!set.empty()) return without_slash(set);
  if (const auto own = environment_.variable(variable_of(service))) return without_slash(*own);
  if (const auto general = environment_.variable("AWS_ENDPOINT_URL")) return without_slash(*general);
  return aws::standard_endpoint(service, options_.region);
}

std::unique_ptr<aws::AwsClient> AwsConnections::client(std::string_view service) {
  return std::make_unique<aws::AwsClient>(
      aws::AwsClient::Options{endpoint_of(service), options_.region, std::string(service)}, credentials_,
      std::make_shared<aws::CircuitBreaker>(rng_), aws::AwsClient::Dependencies{http_, signer_, clock_, rng_});
}

}  // namespace eventbus::transcription
