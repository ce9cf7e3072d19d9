#pragma once

#include "base/clock.h"
#include "bus/connection_records.h"
#include "net/http_client.h"

#include <optional>
#include <string>

namespace eventbus::aws {

// A token request that came to nothing. `reason` may be shown to clients: it holds neither secrets nor what the server
// said.
struct TokenRefusal {
  std::string reason;
  bool lasting = false;  // the credentials or the endpoint are wrong: only other ones will help
};

struct AccessToken {
  std::string text;
  std::optional<Duration> lifetime;  // expires_in; nullopt: the server does not say
};

// The request for a token with the credentials of an OAuth connection (RFC 6749 §4.4): client_id, client_secret and the
// body parameters as a form (as JSON when the connection sets a JSON Content-Type); `grant_type=client_credentials`
// with it unless the parameters say another. With GET all of it goes into the query. Its deadline is the caller's to
// set.
Result<net::ClientRequest, TokenRefusal> token_request(const ConnectionAuth& auth, bool http_allowed);

// What the server answered to it.
Result<AccessToken, TokenRefusal> read_token_answer(const Result<net::Response, net::ClientError>& answer);

}  // namespace eventbus::aws
