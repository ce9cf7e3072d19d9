#pragma once

#include "daemon/admin_api.h"
#include "daemon/request_metrics.h"
#include "net/http_server.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>

#include <utility>

namespace spdlog {
class logger;
}

namespace eventbus {

namespace asio = boost::asio;

// What every request passes first: our own paths go to the admin API, everything else to AWS's gateway, counted, timed
// and, at level debug, logged. Safe to call from any shard; outlives every request.
class RequestFront {
 public:
  RequestFront(const AdminApi& admin, net::Handler gateway, RequestMetrics& metrics, spdlog::logger& log)
      : admin_(admin), gateway_(std::move(gateway)), metrics_(metrics), log_(log) {}

  net::Handler handler();
  // Renders as `gateway` does, and counts what the server itself refused.
  net::ErrorRenderer error_renderer(net::ErrorRenderer gateway);

 private:
  asio::awaitable<net::Response> answer(net::Request request);

  const AdminApi& admin_;
  net::Handler gateway_;
  RequestMetrics& metrics_;
  spdlog::logger& log_;
};

}  // namespace eventbus
