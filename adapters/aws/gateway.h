#pragma once

#include "adapters/aws/aws_error.h"
#include "adapters/aws/request_authenticator.h"
#include "adapters/aws/request_context.h"
#include "adapters/aws/service.h"
#include "base/rng.h"
#include "net/http_server.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus::aws {

// The door of the AWS API: who asks and for which region, which service is meant, and an answer in the protocol of the
// request even when there is no such service. Safe to call from any shard; outlives every request.
class Gateway {
 public:
  struct Options {
    std::string default_account = "000000000000";
    std::string default_region = "us-east-1";
    std::string scheme = "http";  // of the URLs we hand out
    Rng& rng;
    spdlog::logger& log;
    // Verifies every request before anything of it is read; nullptr: whoever reaches the port is believed.
    RequestAuthenticator* authenticator = nullptr;
  };

  // `services` are asked in this order whether a request is theirs.
  Gateway(std::vector<std::unique_ptr<Service>> services, Options options);
  ~Gateway();

  net::Handler handler();
  // For what the daemon itself asks, as its configuration file does: as without an authenticator.
  net::Handler trusted_handler();
  net::ErrorRenderer error_renderer();

  // Who says he asks and how, from the headers and the URL alone. A 12-digit access key selects that account; unsigned
  // requests and schemes other than AWS4 get the defaults. Errors: IncompleteSignature for a credential that has not
  // the five parts of a scope or names no possible region.
  AwsResult<RequestContext> context_of(const net::Request& request) const;

 private:
  enum class Trust { kVerify, kBelieve };
  asio::awaitable<net::Response> answer(net::Request request, Trust trust);
  // The same for a request that has been verified: the account and the name are the key's.
  AwsResult<RequestContext> verified_context_of(const net::Request& request) const;

  std::vector<std::unique_ptr<Service>> services_;
  Options options_;
};

// An error in the protocol of the request, when no service answers for it: JSON for X-Amz-Target and JSON bodies, XML
// for Query and S3, REST-JSON for the rest. Never HTML.
net::Response render_in_protocol_of(const net::Request& request, std::string_view signing_name,
                                    std::string_view request_id, const AwsError& error);

}  // namespace eventbus::aws
