#pragma once

#include "adapters/aws/request_authenticator.h"
#include "adapters/aws/rest_route.h"
#include "daemon/admin_api.h"
#include "daemon/request_metrics.h"
#include "net/http_server.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>

#include <utility>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

namespace asio = boost::asio;

// What every request passes first: our own paths go to the admin API, everything else to AWS's gateway, counted, timed
// and, at level debug, logged. Safe to call from any shard; outlives every request.
//
// With an `authenticator` our own paths, but for those that say no more than that the daemon is there, are for callers
// on this machine and for requests that any of its keys has signed.
class RequestFront {
 public:
  // `rest` are the routes of all REST services: requests for those have no other name than method and path.
  RequestFront(const AdminApi& admin, net::Handler gateway, aws::RequestAuthenticator* authenticator,
               std::vector<aws::RestRoute> rest, RequestMetrics& metrics, spdlog::logger& log)
      : admin_(admin),
        gateway_(std::move(gateway)),
        authenticator_(authenticator),
        rest_(std::move(rest)),
        metrics_(metrics),
        log_(log) {}

  net::Handler handler();
  // Renders as `gateway` does, and counts what the server itself refused.
  net::ErrorRenderer error_renderer(net::ErrorRenderer gateway);

 private:
  asio::awaitable<net::Response> answer(net::Request request);
  bool may_administrate(const net::Request& request) const;
  RequestMetrics::Call& call_of(const net::Request& request);

  const AdminApi& admin_;
  net::Handler gateway_;
  aws::RequestAuthenticator* authenticator_;
  const std::vector<aws::RestRoute> rest_;
  RequestMetrics& metrics_;
  spdlog::logger& log_;
};

}  // namespace eventbus
