#pragma once

#include "daemon/admin_api.h"
#include "daemon/request_metrics.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace eventbus {

namespace asio = boost::asio;

// What every request passes first: our own paths go to the admin API, everything else to AWS's gateway, counted, timed
// and, at level debug, logged. Safe to call from any shard; outlives every request.
class RequestFront {
 public:
  // Which service an operation belongs to. Names that clients invent are counted as "unknown", so that no client can
  // make series.
  using ServiceOfOperation = std::map<std::string, std::string, std::less<>>;

  RequestFront(const AdminApi& admin, net::Handler gateway, ServiceOfOperation operations, RequestMetrics& metrics,
               spdlog::logger& log)
      : admin_(admin), gateway_(std::move(gateway)), operations_(std::move(operations)), metrics_(metrics), log_(log) {}

  net::Handler handler();

 private:
  asio::awaitable<net::Response> answer(net::Request request);
  RequestMetrics::Call call_of(const net::Request& request) const;

  const AdminApi& admin_;
  net::Handler gateway_;
  ServiceOfOperation operations_;
  RequestMetrics& metrics_;
  spdlog::logger& log_;
};

}  // namespace eventbus
