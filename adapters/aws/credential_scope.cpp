#include "adapters/aws/credential_scope.h"

#include "adapters/aws/query_protocol.h"

#include <algorithm>
#include <vector>

namespace eventbus::aws {

namespace {

AwsError incomplete(std::string message) { return AwsError("IncompleteSignature", std::move(message)); }

// Regions and services become parts of ARNs and of storage keys.
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

AwsResult<std::optional<CredentialScope>> parse_credential(std::string_view credential, std::string_view region_set) {
  std::vector<std::string_view> parts;
  for (std::string_view rest = credential;;) {
    const std::size_t slash = rest.find('/');
    parts.push_back(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  const bool sigv4a = parts.size() == 4;  // AWS: SigV4a has no region in its scope
  if ((parts.size() != 5 && !sigv4a) || parts.back() != "aws4_request" || parts.front().empty())
    return incomplete("Credential '" + std::string(credential) +
                      "' is not of the form <access key>/<date>/<region>/<service>/aws4_request.");
  CredentialScope scope;
  scope.access_key = parts[0];
  scope.service = parts[parts.size() - 2];
  if (!sigv4a) scope.region = parts[2];
  if (sigv4a && is_label(region_set.substr(0, region_set.find(','))))
    scope.region = region_set.substr(0, region_set.find(','));
  if (!is_label(scope.service) || !(is_label(scope.region) || (sigv4a && scope.region.empty())))
    return incomplete("Credential '" + std::string(credential) + "' is not scoped to a valid region and service.");
  return std::optional(std::move(scope));
}

// The value of `name=` in "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
std::optional<std::string_view> authorization_part(std::string_view authorization, std::string_view name) {
  std::size_t begin = authorization.find(name);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view rest = authorization.substr(begin + name.size());
  return rest.substr(0, rest.find_first_of(", "));
}

}  // namespace

AwsResult<std::optional<CredentialScope>> credential_scope_of(const net::Request& request) {
  const std::string_view region_set = request.header("x-amz-region-set");
  const std::string_view authorization = request.header("authorization");
  if (authorization.starts_with("AWS4-")) {
    const std::optional<std::string_view> credential = authorization_part(authorization, "Credential=");
    if (!credential) return incomplete("Authorization header requires 'Credential' parameter.");
    return parse_credential(*credential, region_set);
  }
  // A presigned URL. Looked for before anything is decoded: most requests have no query.
  if (query_of(request).find("X-Amz-Credential=") == std::string_view::npos) return std::optional<CredentialScope>();
  TRY(const std::vector<FormField> fields, decode_form(query_of(request)));
  const std::string* credential = find_field(fields, "X-Amz-Credential");
  if (!credential) return std::optional<CredentialScope>();
  const std::string* regions = find_field(fields, "X-Amz-Region-Set");
  return parse_credential(*credential, regions ? std::string_view(*regions) : region_set);
}

}  // namespace eventbus::aws
