#include "adapters/aws/credentials/sts_client.h"

#include "adapters/aws/client/standard_endpoint.h"
#include "adapters/aws/credentials/credential_document.h"
#include "adapters/aws/sigv4.h"
#include "adapters/aws/xml_text.h"

#include <string_view>
#include <utility>

namespace eventbus::aws {

namespace {

constexpr Duration kTimeout{5'000};

void add(std::string& form, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  if (!form.empty()) form += '&';
  form.append(name).append("=").append(uri_encode(value, false));
}

std::string form_of(std::string_view action, const RoleToAssume& role) {
  std::string form;
  add(form, "Action", action);
  add(form, "Version", "2011-06-15");
  add(form, "RoleArn", role.arn);
  add(form, "RoleSessionName", role.session_name);
  add(form, "ExternalId", role.external_id);
  add(form, "DurationSeconds", role.duration.value_or(""));
  return form;
}

Result<Credentials> read_answer(const std::string& what, const net::Response& response) {
  if (response.status != 200) {
    const std::string text = what + ": STS answered " + std::to_string(response.status) + " " +
                             xml_text(response.body, "Code").value_or("") + ": " +
                             xml_text(response.body, "Message").value_or("");
    const bool later = response.status >= 500 || response.status == 429;
    return later ? unavailable(text) : invalid(text);
  }
  Credentials credentials{xml_text(response.body, "AccessKeyId").value_or(""),
                          xml_text(response.body, "SecretAccessKey").value_or(""),
                          xml_text(response.body, "SessionToken").value_or(""),
                          parse_expiration(xml_text(response.body, "Expiration").value_or(""))};
  if (credentials.access_key.empty() || credentials.secret_key.empty())
    return invalid(what + ": the answer of STS holds no credentials");
  return credentials;
}

}  // namespace

std::string StsClient::standard_endpoint(std::string_view region) { return aws::standard_endpoint("sts", region); }

asio::awaitable<Result<Credentials>> StsClient::assume_role(Credentials as, RoleToAssume role) const {
  std::string form = form_of("AssumeRole", role);
  std::string what = "assuming the role " + role.arn;
  co_return co_await call(std::move(form), std::optional(std::move(as)), std::move(what));
}

asio::awaitable<Result<Credentials>> StsClient::assume_role_with_web_identity(std::string token,
                                                                              RoleToAssume role) const {
  std::string form = form_of("AssumeRoleWithWebIdentity", role);
  add(form, "WebIdentityToken", token);
  std::string what = "assuming the role " + role.arn + " with a web identity";
  co_return co_await call(std::move(form), std::nullopt, std::move(what));
}

asio::awaitable<Result<Credentials>> StsClient::call(std::string form, std::optional<Credentials> as,
                                                     std::string what) const {
  net::ClientRequest request;
  request.url = endpoint_ + "/";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = std::move(form);
  request.deadline = network_.clock.now() + kTimeout;
  if (as) network_.signer.sign(request, *as, {region_, "sts"}, network_.signing_time());
  const auto response = co_await network_.http.send(std::move(request));
  if (!response) co_return unavailable(what + ": " + response.error().message + " (" + endpoint_ + ")");
  co_return read_answer(what, *response);
}

}  // namespace eventbus::aws
