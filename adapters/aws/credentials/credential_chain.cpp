#include "adapters/aws/credentials/credential_chain.h"

namespace eventbus::aws {

asio::awaitable<Result<Credentials>> EnvironmentCredentials::get() {
  const auto access_key = environment_.variable("AWS_ACCESS_KEY_ID");
  const auto secret_key = environment_.variable("AWS_SECRET_ACCESS_KEY");
  if (!access_key) co_return not_found("AWS_ACCESS_KEY_ID is not set");
  if (!secret_key) co_return invalid("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
  Credentials credentials{*access_key, *secret_key, environment_.variable("AWS_SESSION_TOKEN").value_or(""), {}};
  co_return credentials;
}

asio::awaitable<Result<Credentials>> WebIdentityCredentials::get() {
  const auto file = environment_.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
  const auto role_arn = environment_.variable("AWS_ROLE_ARN");
  if (!file) co_return not_found("AWS_WEB_IDENTITY_TOKEN_FILE is not set");
  if (!role_arn) co_return invalid("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
  CO_TRY(std::string token, environment_.read_file(*file));
  RoleToAssume role{.arn = *role_arn};
  role.session_name = environment_.variable("AWS_ROLE_SESSION_NAME").value_or(role.session_name);
  co_return co_await sts_.assume_role_with_web_identity(std::move(token), std::move(role));
}

asio::awaitable<Result<Credentials>> CredentialChain::get() {
  std::string tried;
  for (const Named& each : sources_) {
    Result<Credentials> credentials = co_await each.source->get();
    if (credentials) co_return credentials;
    const Error& error = credentials.error();
    if (error.code != ErrorCode::kNotFound) co_return Error{error.code, each.name + ": " + error.message};
    tried += (tried.empty() ? "" : "; ") + each.name + ": " + error.message;
  }
  co_return not_found("no AWS credentials were found (" + tried + ")");
}

asio::awaitable<Result<Credentials>> AssumedRole::get() {
  CO_TRY(Credentials base, co_await base_->get());
  RoleToAssume role = role_;
  co_return co_await sts_.assume_role(std::move(base), std::move(role));
}

std::shared_ptr<CredentialSource> make_credential_source(CredentialQuery query,
                                                         const CredentialEnvironment& environment,
                                                         CredentialNetwork network) {
  std::string endpoint = StsClient::standard_endpoint(query.region);
  if (const auto variable = environment.variable("AWS_ENDPOINT_URL_STS")) endpoint = *variable;
  if (query.sts_endpoint) endpoint = *query.sts_endpoint;
  const StsClient sts(network, std::move(endpoint), query.region);

  std::shared_ptr<CredentialSource> source;
  if (query.profile) {
    source = std::make_shared<ProfileCredentials>(query.profile, environment, network, sts);
  } else {
    std::vector<CredentialChain::Named> chain;
    chain.push_back({"environment", std::make_unique<EnvironmentCredentials>(environment)});
    chain.push_back({"web identity", std::make_unique<WebIdentityCredentials>(environment, sts)});
    chain.push_back({"profile", std::make_unique<ProfileCredentials>(std::nullopt, environment, network, sts)});
    chain.push_back({"container", std::make_unique<ContainerCredentials>(environment, network)});
    chain.push_back({"instance metadata", std::make_unique<InstanceCredentials>(environment, network)});
    source = std::make_shared<CredentialChain>(std::move(chain));
  }
  if (query.role) source = std::make_shared<AssumedRole>(std::move(source), *query.role, sts);
  return source;
}

}  // namespace eventbus::aws
