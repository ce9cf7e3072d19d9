#include "adapters/aws/credentials/credential_chain.h"
#include "adapters/aws/credentials/credential_document.h"

#include <algorithm>
#include <array>

namespace eventbus::aws {

namespace {

constexpr Duration kContainerTimeout{2'000};
constexpr Duration kInstanceTimeout{1'000};  // AWS's tools wait so long: elsewhere than on EC2 nobody answers

constexpr std::string_view kEcsHost = "http://169.254.170.2";
constexpr std::array<std::string_view, 6> kPlainHosts = {"127.0.0.1",     "localhost",      "[::1]",
                                                         "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};

// 127.0.0.0/8, written as a number: a name may begin like one.
bool is_loopback_number(std::string_view host) {
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

// Over plain HTTP credentials may come from this machine alone.
bool may_be_asked(std::string_view url) {
  const UrlParts parts = UrlParts::of(url);
  if (parts.scheme == "https") return !parts.host.empty();
  if (parts.scheme != "http") return false;
  const std::size_t bracket = parts.host.rfind(']');
  const std::size_t colon = parts.host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = parts.host.substr(0, colon);
  return std::ranges::find(kPlainHosts, host) != kPlainHosts.end() || is_loopback_number(host);
}

asio::awaitable<Result<std::string>> fetch(net::HttpClient& http, net::ClientRequest request) {
  const std::string url = request.url;
  request.body_bytes_max = 64 << 10;
  const auto response = co_await http.send(std::move(request));
  if (!response) co_return unavailable(url + ": " + response.error().message);
  if (response->status == 404) co_return not_found(url + " answered 404");
  if (response->status != 200) co_return unavailable(url + " answered " + std::to_string(response->status));
  co_return response->body;
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find_first_of("\r\n")); }

Error at(const std::string& url, const Error& error) { return {error.code, url + ": " + error.message}; }

}  // namespace

asio::awaitable<Result<Credentials>> ContainerCredentials::get() {
  const auto relative = environment_.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const auto full = environment_.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative && !full)
    co_return not_found("neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set");
  net::ClientRequest request{.method = "GET"};
  if (relative) {
    request.url = std::string(kEcsHost) + *relative;
  } else {
    request.url = *full;
  }
  if (!may_be_asked(request.url))
    co_return invalid(request.url + " is neither https:// nor on this machine: it is not asked for credentials");
  std::string token = environment_.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  if (const auto file = environment_.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    CO_TRY(token, environment_.read_file(*file));
    while (token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
  }
  if (first_line(token).size() != token.size())
    co_return invalid("the container's authorization token has several lines");
  request.headers = {{"Accept", "application/json"}};
  if (!token.empty()) request.headers.push_back({"Authorization", std::move(token)});
  request.deadline = network_.clock.now() + kContainerTimeout;
  const std::string url = request.url;
  CO_TRY(const std::string document, co_await fetch(network_.http, std::move(request)));
  auto credentials = parse_credential_document(document);
  if (!credentials) co_return at(url, credentials.error());
  co_return credentials;
}

asio::awaitable<Result<Credentials>> InstanceCredentials::get() {
  const std::string disabled = environment_.variable("AWS_EC2_METADATA_DISABLED").value_or("");
  if (disabled == "true" || disabled == "TRUE" || disabled == "True")
    co_return not_found("AWS_EC2_METADATA_DISABLED is set");
  std::string endpoint = "http://169.254.169.254";
  if (environment_.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("") == "IPv6")
    endpoint = "http://[fd00:ec2::254]";
  endpoint = environment_.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(endpoint);
  while (endpoint.ends_with('/')) endpoint.pop_back();

  net::ClientRequest for_token{.method = "PUT", .url = endpoint + "/latest/api/token"};
  for_token.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}};
  for_token.deadline = network_.clock.now() + kInstanceTimeout;
  const auto token = co_await fetch(network_.http, std::move(for_token));
  // Nobody there: this is no EC2 instance.
  if (!token) co_return not_found(token.error().message);
  const net::Header proof{"X-aws-ec2-metadata-token", std::string(first_line(*token))};

  const std::string roles = endpoint + "/latest/meta-data/iam/security-credentials/";
  net::ClientRequest for_role{.method = "GET", .url = roles, .headers = {proof}};
  for_role.deadline = network_.clock.now() + kInstanceTimeout;
  CO_TRY(const std::string role, co_await fetch(network_.http, std::move(for_role)));  // 404: an instance without role
  const std::string url = roles + std::string(first_line(role));
  net::ClientRequest for_keys{.method = "GET", .url = url, .headers = {proof}};
  for_keys.deadline = network_.clock.now() + kInstanceTimeout;
  CO_TRY(const std::string document, co_await fetch(network_.http, std::move(for_keys)));
  auto credentials = parse_credential_document(document);
  if (!credentials) co_return at(url, credentials.error());
  co_return credentials;
}

}  // namespace eventbus::aws
