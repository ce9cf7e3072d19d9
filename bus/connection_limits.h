#pragma once

#include <cstddef>

namespace eventbus {

// Limits of connections and API destinations that AWS sets and an operator may raise, with AWS's values (behaviour §4,
// §13). As bus/limits.h; daemon/settings.cpp declares one setting for each.
struct ConnectionLimits {
  std::size_t connections_per_region = 3'000;
  std::size_t api_destinations_per_region = 3'000;
  std::size_t api_destination_rate_max = 300;  // the highest InvocationRateLimitPerSecond
  bool allow_http_endpoints = false;           // AWS calls https:// endpoints only, of API destinations and for tokens
};

}  // namespace eventbus
