#include "adapters/aws/request_signer.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace eventbus::aws {

namespace {

// botocore/auth.py, SIGNED_HEADERS_BLACKLIST, and what the HTTP client adds by itself.
constexpr std::array<std::string_view, 7> kUnsignedHeaders = {
    "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id", "authorization", "connection", "content-length"};
constexpr std::array<std::string_view, 5> kOurs = {"host", "x-amz-date", "x-amz-security-token", "authorization",
                                                   "x-amz-content-sha256"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return result;
}

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::vector<std::string> names_to_sign(const std::vector<net::Header>& headers) {
  std::vector<std::string> names;
  for (const net::Header& header : headers) {
    std::string name = lower(header.name);
    if (!contains(kUnsignedHeaders, name)) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

SigningScope scope_of(RequestSigner::Scope scope, std::string_view date) {
  return {std::string(date.substr(0, 8)), std::string(scope.region), std::string(scope.service)};
}

void remove_ours(std::vector<net::Header>& headers) {
  std::erase_if(headers, [](const net::Header& header) { return contains(kOurs, lower(header.name)); });
}

}  // namespace

UrlParts UrlParts::of(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return {};
  UrlParts parts;
  parts.scheme = url.substr(0, colon);
  url = url.substr(0, url.find('#'));
  const std::string_view rest = url.substr(std::min(url.size(), colon + 3));
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  const std::size_t query = std::min(rest.find('?'), rest.size());
  parts.host = rest.substr(0, path);
  parts.path = rest.substr(path, query - path);
  parts.query = rest.substr(std::min(rest.size(), query + 1));
  return parts;
}

std::string_view UrlParts::host_header() const {
  const std::string_view port = scheme == "https" ? ":443" : ":80";
  return host.ends_with(port) ? host.substr(0, host.size() - port.size()) : host;
}

void RequestSigner::sign(net::ClientRequest& request, const Credentials& credentials, Scope scope, TimePoint now) {
  const UrlParts url = UrlParts::of(request.url);
  const std::string date = amz_date(now);
  const std::string payload_hash = hex(sha256(request.body));
  const bool s3 = scope.service == "s3";
  remove_ours(request.headers);
  request.headers.push_back({"Host", std::string(url.host_header())});
  request.headers.push_back({"X-Amz-Date", date});
  if (!credentials.session_token.empty())
    request.headers.push_back({"X-Amz-Security-Token", credentials.session_token});
  if (s3) request.headers.push_back({"X-Amz-Content-SHA256", payload_hash});

  const std::vector<std::string> names = names_to_sign(request.headers);
  const SigningScope signing_scope = scope_of(scope, date);
  const std::string canonical =
      canonical_request({request.method, url.path, url.query, request.headers, names, payload_hash, s3});
  const Sha256 key = keys_.key(credentials.access_key, credentials.secret_key, signing_scope);
  std::string authorization(kSigV4Algorithm);
  authorization += " Credential=" + credentials.access_key + "/" + signing_scope.to_string();
  authorization += ", SignedHeaders=" + join_signed_headers(names);
  authorization += ", Signature=" + signature_of(key, string_to_sign(date, signing_scope, canonical));
  request.headers.push_back({"Authorization", std::move(authorization)});
}

std::string RequestSigner::presign(const net::ClientRequest& request, const Credentials& credentials, Scope scope,
                                   TimePoint now, std::chrono::seconds lifetime) {
  const UrlParts url = UrlParts::of(request.url);
  const std::string date = amz_date(now);
  const SigningScope signing_scope = scope_of(scope, date);
  const bool s3 = scope.service == "s3";
  std::vector<net::Header> headers = request.headers;
  remove_ours(headers);
  headers.push_back({"Host", std::string(url.host_header())});
  const std::vector<std::string> names = names_to_sign(headers);

  std::string query(url.query);
  if (!query.empty()) query += '&';
  query += "X-Amz-Algorithm=" + std::string(kSigV4Algorithm);
  query += "&X-Amz-Credential=" + uri_encode(credentials.access_key + "/" + signing_scope.to_string(), false);
  query += "&X-Amz-Date=" + date + "&X-Amz-Expires=" + std::to_string(lifetime.count());
  query += "&X-Amz-SignedHeaders=" + uri_encode(join_signed_headers(names), false);
  if (!credentials.session_token.empty())
    query += "&X-Amz-Security-Token=" + uri_encode(credentials.session_token, false);

  const std::string payload_hash = s3 ? std::string(kUnsignedPayload) : hex(sha256(request.body));
  const std::string canonical = canonical_request({request.method, url.path, query, headers, names, payload_hash, s3});
  const Sha256 key = keys_.key(credentials.access_key, credentials.secret_key, signing_scope);
  std::string signed_url(url.scheme);
  signed_url.append("://").append(url.host).append(url.path.empty() ? "/" : url.path);
  return signed_url + "?" + query + "&" + std::string(kSignatureParameter) + "=" +
         signature_of(key, string_to_sign(date, signing_scope, canonical));
}

}  // namespace eventbus::aws
