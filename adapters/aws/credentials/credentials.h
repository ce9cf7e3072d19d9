#pragma once

#include "base/clock.h"

#include <optional>
#include <string>

namespace eventbus::aws {

// What requests are signed with. Never logged.
struct Credentials {
  std::string access_key, secret_key;
  std::string session_token;            // of temporary credentials; else empty
  std::optional<TimePoint> expires_at;  // nullopt: they last

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

}  // namespace eventbus::aws
