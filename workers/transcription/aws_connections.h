#pragma once

#include "adapters/aws/client/aws_client.h"
#include "adapters/aws/credentials/credential_chain.h"
#include "base/clock.h"
#include "base/rng.h"
#include "net/http_client.h"

#include <memory>
#include <string>
#include <string_view>

namespace eventbus::transcription {

// The AWS clients of this worker: one credential chain, an endpoint for each service. One thread.
class AwsConnections {
 public:
  struct Options {
    std::string region;
    // Empty: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, else AWS's own.
    std::string endpoint;     // of SQS and EventBridge
    std::string s3_endpoint;  // of S3; `endpoint` does not count for it, since eventbusd is no S3
  };
  AwsConnections(Options options, aws::CredentialEnvironment environment, net::HttpClient& http, Clock& clock,
                 Rng& rng);

  // service: "sqs", "events", "s3".
  std::unique_ptr<aws::AwsClient> client(std::string_view service);
  std::string endpoint_of(std::string_view service) const;

 private:
  const Options options_;
  const aws::CredentialEnvironment environment_;
  net::HttpClient& http_;
  Clock& clock_;
  Rng& rng_;
  aws::RequestSigner signer_;
  std::shared_ptr<aws::CachedCredentials> credentials_;
};

}  // namespace eventbus::transcription
