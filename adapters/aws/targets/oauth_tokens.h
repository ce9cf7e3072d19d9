#pragma once

#include "adapters/aws/targets/oauth_token_request.h"
#include "base/clock.h"
#include "bus/connection_limits.h"
#include "bus/connection_records.h"
#include "net/http_client.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace eventbus::aws {

namespace asio = boost::asio;

// The access tokens of OAuth connections, in memory alone: a restart fetches them anew. A token is kept until shortly
// before it expires, or until the endpoint it is for refuses it; whoever needs one while it is fetched waits for that
// one request. It belongs to the very credentials it was fetched with: changed ones fetch another. Safe to call from
// any thread.
class OAuthTokens {
 public:
  using Auth = std::shared_ptr<const ConnectionAuth>;

  OAuthTokens(net::HttpClient& client, Clock& clock, const ConnectionLimits& limits)
      : client_(client), clock_(clock), limits_(limits) {}
  ~OAuthTokens();

  // `deadline` bounds the request for a token, not the wait for somebody else's.
  asio::awaitable<Result<std::string, TokenRefusal>> token(Auth auth, TimePoint deadline);

  // The endpoint refused `token` (401, 407): the next one who asks gets another. Does nothing when there is another one
  // already.
  void refused(const Auth& auth, std::string_view token);

  // Credentials that tokens are kept for.
  std::size_t size() const;

 private:
  struct Slot;
  std::shared_ptr<Slot> slot_of(const Auth& auth);

  net::HttpClient& client_;
  Clock& clock_;
  const ConnectionLimits& limits_;
  mutable std::mutex mutex_;
  std::unordered_map<const ConnectionAuth*, std::shared_ptr<Slot>> slots_;
};

}  // namespace eventbus::aws
