#include "workers/transcription/metrics_server.h"

#include <utility>

namespace eventbus::transcription {

namespace {

constexpr std::size_t kConnectionsMax = 64;

net::Response plain(unsigned status, std::string body) {
  net::Response response;
  response.status = status;
  response.headers.push_back({"Content-Type", "text/plain; version=0.0.4; charset=utf-8"});
  response.body = std::move(body);
  return response;
}

// A free function, since a coroutine must not outlive the captures of a lambda.
asio::awaitable<net::Response> answer(net::Request request, const WorkerMetrics* metrics, bool healthy) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (request.method != "GET" && request.method != "HEAD") co_return plain(405, "GET only\n");
  if (path == "/metrics") co_return plain(200, metrics->text());
  if (path == "/health") co_return healthy ? plain(200, "ok\n") : plain(503, "the queue does not answer\n");
  co_return plain(404, "/metrics or /health\n");
}

}  // namespace

Result<std::unique_ptr<MetricsServer>> MetricsServer::listen(asio::io_context& io, const ListenAddress& address,
                                                             const WorkerMetrics& metrics,
                                                             std::function<bool()> healthy) {
  net::HttpServer::Options options;
  options.host = address.host;
  options.port = address.port;
  options.limits.connections_max = kConnectionsMax;
  const auto handler = [&metrics, healthy = std::move(healthy)](net::Request request) {
    return answer(std::move(request), &metrics, healthy());
  };
  const auto render_error = [](unsigned status, std::string_view reason, const net::Request&) {
    return plain(status, std::string(reason) + "\n");
  };
  auto server = std::make_unique<MetricsServer>();
  TRY(server->server_, net::HttpServer::listen(io, std::move(options), net::make_connection_budget(kConnectionsMax),
                                               handler, render_error));
  server->server_->run();
  return server;
}

void MetricsServer::stop() {
  server_->stop();
  server_->abort();
}

}  // namespace eventbus::transcription
