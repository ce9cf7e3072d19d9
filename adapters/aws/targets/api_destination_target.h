#pragma once

#include "adapters/aws/targets/oauth_tokens.h"
#include "adapters/aws/targets/target_directory.h"
#include "base/clock.h"
#include "bus/connection_catalog.h"
#include "bus/connection_limits.h"
#include "net/http_client.h"

#include <memory>

namespace eventbus::aws {

// What deliveries to API destinations use; all of it outlives them.
struct ApiDestinationParts {
  ConnectionCatalog& connections;
  OAuthTokens& tokens;
  net::HttpClient& client;
  Clock& clock;
  const ConnectionLimits& limits;
};

// Deliveries to API destinations (behaviour §13):
//   deleted (or made anew under its name)                 NO_RESOURCE, for good
//   its connection is not AUTHORIZED                      NO_PERMISSIONS, tried again
//   2xx                                                   delivered
//   401, 407 (an OAuth token is fetched anew then), 409, 429, 5xx, timeouts, connections that fail    tried again
//   everything else                                       for good
// One call takes 5 s at most, the request for a token included; redirects are not followed.
std::unique_ptr<TargetFactory> make_api_destination_factory(ApiDestinationParts parts);

}  // namespace eventbus::aws
