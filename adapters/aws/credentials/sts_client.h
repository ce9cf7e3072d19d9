#pragma once

#include "adapters/aws/credentials/credentials.h"
#include "adapters/aws/request_signer.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/http_client.h"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace eventbus::aws {

namespace asio = boost::asio;

// What every exchange for credentials needs. All of it outlives the sources.
struct CredentialNetwork {
  net::HttpClient& http;
  RequestSigner& signer;
  Clock& clock;
  const Clock* wall_clock = nullptr;  // what signatures go by, where `clock` is virtual; nullptr: `clock`

  TimePoint signing_time() const { return wall_clock ? wall_clock->now() : clock.now(); }
};

struct RoleToAssume {
  std::string arn;
  std::string session_name = "eventbusd";
  std::string external_id;              // empty: none
  std::optional<std::string> duration;  // seconds
};

// The two calls of STS that hand out credentials (Query protocol, 2011-06-15).
class StsClient {
 public:
  // `endpoint` is a URL without path; `region` is what requests are signed for.
  StsClient(CredentialNetwork network, std::string endpoint, std::string region)
      : network_(network), endpoint_(std::move(endpoint)), region_(std::move(region)) {}

  // Errors: kUnavailable, STS was not reached or answered 5xx or throttled; kInvalid, it refused.
  asio::awaitable<Result<Credentials>> assume_role(Credentials as, RoleToAssume role) const;
  asio::awaitable<Result<Credentials>> assume_role_with_web_identity(std::string token, RoleToAssume role) const;

  // https://sts.<region>.amazonaws.com
  static std::string standard_endpoint(std::string_view region);

 private:
  asio::awaitable<Result<Credentials>> call(std::string form, std::optional<Credentials> as, std::string what) const;

  CredentialNetwork network_;
  std::string endpoint_, region_;
};

}  // namespace eventbus::aws
