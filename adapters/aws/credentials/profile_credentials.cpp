#include "adapters/aws/credentials/credential_chain.h"
#include "adapters/aws/credentials/profile_file.h"

#include <algorithm>

namespace eventbus::aws {

namespace {

std::string value(const Profile& profile, std::string_view key) {
  const auto found = profile.find(key);
  return found == profile.end() ? std::string() : found->second;
}

bool has_keys(const Profile& profile) { return !value(profile, "aws_access_key_id").empty(); }

Result<Credentials> static_keys(const std::string& name, const Profile& profile) {
  Credentials credentials{value(profile, "aws_access_key_id"),
                          value(profile, "aws_secret_access_key"),
                          value(profile, "aws_session_token"),
                          {}};
  if (credentials.secret_key.empty())
    return invalid("profile " + name + " has aws_access_key_id, but no aws_secret_access_key");
  return credentials;
}

RoleToAssume role_of(const Profile& profile) {
  RoleToAssume role{.arn = value(profile, "role_arn")};
  if (const std::string session = value(profile, "role_session_name"); !session.empty()) role.session_name = session;
  role.external_id = value(profile, "external_id");
  if (const std::string seconds = value(profile, "duration_seconds"); !seconds.empty()) role.duration = seconds;
  return role;
}

// Why a profile that has neither keys nor a role gives nothing.
std::string nothing_usable(const std::string& name, const Profile& profile) {
  if (profile.contains("credential_process"))
    return "profile " + name + " has credential_process, and eventbusd runs no programs";
  if (profile.contains("sso_session") || profile.contains("sso_start_url"))
    return "profile " + name + " signs in by SSO, which eventbusd does not";
  return "profile " + name + " has neither aws_access_key_id nor role_arn";
}

// One profile of a chain of roles: what its credentials begin with, or the profile they begin with.
struct Link {
  std::string name;
  RoleToAssume role;
};

}  // namespace

asio::awaitable<Result<Credentials>> ProfileCredentials::get() {
  CO_TRY(const Profiles profiles, Profiles::read(environment_));
  const std::optional<std::string> asked_for = name_ ? name_ : environment_.variable("AWS_PROFILE");
  std::string name = asked_for.value_or("default");
  const Profile* profile = profiles.find(name);
  if (!profile && asked_for) co_return invalid("there is no profile " + name + " in " + profiles.places());
  if (!profile) co_return not_found("there is no profile default in " + profiles.places());

  // From the profile down its sources, until one has keys, or names where keys are; then the roles, upwards.
  std::vector<Link> links;
  std::optional<Credentials> credentials;
  while (!credentials) {
    const bool seen = std::ranges::any_of(links, [&](const Link& link) { return link.name == name; });
    const bool own_source = seen && links.back().name == name && has_keys(*profile);  // its role, by its own keys
    if (seen && !own_source) co_return invalid("the source_profile of profile " + name + " leads back to it");
    const RoleToAssume role = role_of(*profile);
    if (role.arn.empty() || own_source) {
      if (!has_keys(*profile) && links.empty() && !asked_for) co_return not_found(nothing_usable(name, *profile));
      if (!has_keys(*profile)) co_return invalid(nothing_usable(name, *profile));
      CO_TRY(credentials, static_keys(name, *profile));
    } else if (const std::string file = value(*profile, "web_identity_token_file"); !file.empty()) {
      CO_TRY(std::string token, environment_.read_file(file));
      RoleToAssume by_token = role;
      CO_TRY(credentials, co_await sts_.assume_role_with_web_identity(std::move(token), std::move(by_token)));
    } else if (const std::string where = value(*profile, "credential_source"); !where.empty()) {
      std::unique_ptr<CredentialSource> source;
      if (where == "Environment") source = std::make_unique<EnvironmentCredentials>(environment_);
      if (where == "Ec2InstanceMetadata") source = std::make_unique<InstanceCredentials>(environment_, network_);
      if (where == "EcsContainer") source = std::make_unique<ContainerCredentials>(environment_, network_);
      if (!source) co_return invalid("profile " + name + " has the unknown credential_source " + where);
      CO_TRY(credentials, co_await source->get());
      links.push_back({name, role});
    } else {
      const std::string next = value(*profile, "source_profile");
      if (next.empty())
        co_return invalid("profile " + name + " has role_arn, but neither source_profile nor credential_source");
      links.push_back({name, role});
      name = next;
      profile = profiles.find(name);
      if (!profile) co_return invalid("there is no profile " + name + ", the source_profile of " + links.back().name);
    }
  }
  for (; !links.empty(); links.pop_back()) {
    Credentials base = std::move(*credentials);
    RoleToAssume role = std::move(links.back().role);
    CO_TRY(credentials, co_await sts_.assume_role(std::move(base), std::move(role)));
  }
  co_return *std::move(credentials);
}

}  // namespace eventbus::aws
