#pragma once

#include "adapters/aws/aws_error.h"
#include "net/message.h"

#include <optional>
#include <string>

namespace eventbus::aws {

// What a signed request says of itself: AK/20260102/us-east-1/events/aws4_request.
struct CredentialScope {
  std::string access_key;
  std::string region;  // empty for SigV4a, which signs for a set of regions
  std::string service;
};

// From the Authorization header or, of a presigned URL, from X-Amz-Credential; nullopt for an unsigned request and for
// schemes other than AWS4. The signature itself is not looked at here. Errors: IncompleteSignature.
AwsResult<std::optional<CredentialScope>> credential_scope_of(const net::Request& request);

}  // namespace eventbus::aws
