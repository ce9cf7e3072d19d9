#pragma once

#include "base/result.h"
#include "daemon/config.h"
#include "net/http_server.h"
#include "workers/transcription/worker_metrics.h"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>

namespace eventbus::transcription {

// /metrics for Prometheus, /health for whoever restarts what is not well: 200, or 503 while the queue does not answer.
class MetricsServer {
 public:
  static Result<std::unique_ptr<MetricsServer>> listen(asio::io_context& io, const ListenAddress& address,
                                                       const WorkerMetrics& metrics, std::function<bool()> healthy);
  std::uint16_t port() const { return server_->port(); }
  void stop();

 private:
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace eventbus::transcription
