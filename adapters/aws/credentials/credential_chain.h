#pragma once

#include "adapters/aws/credentials/credential_source.h"
#include "adapters/aws/credentials/environment.h"
#include "adapters/aws/credentials/sts_client.h"
#include "adapters/aws/sigv4.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::aws {

// Which credentials are wanted, and for where.
struct CredentialQuery {
  std::string region;                       // of STS
  std::optional<std::string> sts_endpoint;  // default: AWS_ENDPOINT_URL_STS, else AWS's of the region
  std::optional<std::string> profile;       // this profile and nothing else; else the chain
  std::optional<RoleToAssume> role;         // assumed with what the profile or the chain gives
};

// The sources AWS's tools ask, in their order: environment, web identity, the profile (AWS_PROFILE, else "default"),
// container, instance metadata. Each is uncached: see CachedCredentials. `environment` and `network` outlive it.
std::shared_ptr<CredentialSource> make_credential_source(CredentialQuery query,
                                                         const CredentialEnvironment& environment,
                                                         CredentialNetwork network);

// ---- The single sources ----

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
class EnvironmentCredentials final : public CredentialSource {
 public:
  explicit EnvironmentCredentials(const CredentialEnvironment& environment) : environment_(environment) {}
  asio::awaitable<Result<Credentials>> get() override;

 private:
  const CredentialEnvironment& environment_;
};

// AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME: what Kubernetes service accounts get. The token is
// read anew each time, since it is replaced while the process runs.
class WebIdentityCredentials final : public CredentialSource {
 public:
  WebIdentityCredentials(const CredentialEnvironment& environment, StsClient sts)
      : environment_(environment), sts_(std::move(sts)) {}
  asio::awaitable<Result<Credentials>> get() override;

 private:
  const CredentialEnvironment& environment_;
  StsClient sts_;
};

// A profile of the shared files: static keys; role_arn with source_profile (a chain of them, through STS) or with
// credential_source; role_arn with web_identity_token_file. external_id, role_session_name, duration_seconds count.
// Not supported, and said so: credential_process (we run no programs), SSO.
class ProfileCredentials final : public CredentialSource {
 public:
  // Without `name`: AWS_PROFILE, else "default", whose absence is kNotFound; a name that was given must exist.
  ProfileCredentials(std::optional<std::string> name, const CredentialEnvironment& environment,
                     CredentialNetwork network, StsClient sts)
      : name_(std::move(name)), environment_(environment), network_(network), sts_(std::move(sts)) {}
  asio::awaitable<Result<Credentials>> get() override;

 private:
  const std::optional<std::string> name_;
  const CredentialEnvironment& environment_;
  CredentialNetwork network_;
  StsClient sts_;
};

// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (ECS) or …_FULL_URI (EKS Pod Identity, Greengrass), with the token of
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or …_TOKEN. AWS: over plain HTTP a full URI may name loopback and the
// link-local addresses of ECS and EKS alone.
class ContainerCredentials final : public CredentialSource {
 public:
  ContainerCredentials(const CredentialEnvironment& environment, CredentialNetwork network)
      : environment_(environment), network_(network) {}
  asio::awaitable<Result<Credentials>> get() override;

 private:
  const CredentialEnvironment& environment_;
  CredentialNetwork network_;
};

// The role of an EC2 instance, by IMDSv2 alone. AWS_EC2_METADATA_DISABLED and AWS_EC2_METADATA_SERVICE_ENDPOINT count.
class InstanceCredentials final : public CredentialSource {
 public:
  InstanceCredentials(const CredentialEnvironment& environment, CredentialNetwork network)
      : environment_(environment), network_(network) {}
  asio::awaitable<Result<Credentials>> get() override;

 private:
  const CredentialEnvironment& environment_;
  CredentialNetwork network_;
};

// Asks one after another until one has something: what answers kNotFound is passed over. When none has, the message
// names all that were asked, and why they had nothing.
class CredentialChain final : public CredentialSource {
 public:
  struct Named {
    std::string name;
    std::unique_ptr<CredentialSource> source;
  };
  explicit CredentialChain(std::vector<Named> sources) : sources_(std::move(sources)) {}
  asio::awaitable<Result<Credentials>> get() override;

 private:
  std::vector<Named> sources_;
};

// A role, assumed with another source's credentials.
class AssumedRole final : public CredentialSource {
 public:
  AssumedRole(std::shared_ptr<CredentialSource> base, RoleToAssume role, StsClient sts)
      : base_(std::move(base)), role_(std::move(role)), sts_(std::move(sts)) {}
  asio::awaitable<Result<Credentials>> get() override;

 private:
  std::shared_ptr<CredentialSource> base_;
  RoleToAssume role_;
  StsClient sts_;
};

}  // namespace eventbus::aws
