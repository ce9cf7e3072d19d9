#pragma once

#include "adapters/aws/targets/oauth_tokens.h"
#include "base/clock.h"
#include "bus/connection_catalog.h"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>

namespace eventbus::aws {

// Takes OAuth connections from AUTHORIZING to AUTHORIZED or DEAUTHORIZED, by asking for their first token in the
// background (behaviour §13). Trouble that may pass (no connection, 5xx) is waited out for a few seconds.
class ConnectionAuthorizer {
 public:
  // Runs work that belongs to no request.
  using Spawn = std::function<void(asio::awaitable<void> work)>;

  ConnectionAuthorizer(ConnectionCatalog& connections, OAuthTokens& tokens, Clock& clock, Spawn spawn);

  // Begins with those that the end of the last daemon interrupted.
  void start();

 private:
  asio::awaitable<void> authorize(ConnectionCatalog::Connection connection);

  ConnectionCatalog& connections_;
  OAuthTokens& tokens_;
  Clock& clock_;
  Spawn spawn_;
};

}  // namespace eventbus::aws
