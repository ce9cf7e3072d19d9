#pragma once

#include "adapters/aws/credentials/credentials.h"
#include "base/clock.h"
#include "base/result.h"

#include <optional>
#include <string_view>

namespace eventbus::aws {

// "2026-01-02T03:04:05Z", with fractions of a second too; nullopt for anything else.
std::optional<TimePoint> parse_expiration(std::string_view text);

// The document that containers' and instances' metadata hand out: {"AccessKeyId", "SecretAccessKey", "Token",
// "Expiration", and of instances "Code": "Success"}. kUnavailable when it is no such document, or says that it failed.
Result<Credentials> parse_credential_document(std::string_view text);

}  // namespace eventbus::aws
