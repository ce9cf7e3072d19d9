#pragma once

#include "base/result.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace eventbus::net {

namespace asio = boost::asio;

struct ServerLimits {
  std::size_t header_bytes_max = 64 * 1024;
  std::size_t body_bytes_max = 16 * 1024 * 1024;  // after decompression too
  std::size_t connections_max = 10'000;           // over all shards; beyond it: 503 with Retry-After, then close
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{60'000};  // for the whole body
  std::chrono::milliseconds idle_timeout{65'000};  // between requests of a kept-alive connection
  std::chrono::milliseconds write_timeout{60'000};
};

struct ServerMetrics {
  // Called on the shard threads; must be thread-safe. May be empty.
  std::function<void(int delta)> connections;
  std::function<void()> refused;
  std::function<void(unsigned status, std::chrono::microseconds took)> answered;
};

// What the server itself must answer (too large, malformed, too slow, handler threw): the application renders it in the
// protocol of the request, as far as that is known. `request.headers` may be incomplete.
using ErrorRenderer = std::function<Response(unsigned status, std::string_view reason, const Request& request)>;

// One shard's listener: an acceptor with SO_REUSEPORT on `io`, one coroutine per connection. HTTP/1.1 with keep-alive
// and pipelining (answers in order), chunked and gzip-encoded bodies, Expect: 100-continue. All of it runs on the
// thread of `io`; connection counts are shared between shards through `ConnectionBudget`.
class ConnectionBudget;

class HttpServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";  // literal address or a name to resolve
    std::uint16_t port = 4566;       // 0 = any; see port()
    ServerLimits limits;
    ServerMetrics metrics;
  };

  // Binds and listens; connections are accepted from run() on. Errors say which address could not be bound and why.
  static Result<std::unique_ptr<HttpServer>> listen(asio::io_context& io, Options options,
                                                    std::shared_ptr<ConnectionBudget> budget, Handler handler,
                                                    ErrorRenderer render_error);
  virtual ~HttpServer() = default;

  virtual std::uint16_t port() const = 0;
  virtual void run() = 0;  // starts accepting; returns at once
  // Stops accepting; idle connections close now, busy ones after their current answer (with Connection: close). On the
  // thread of io.
  virtual void stop() = 0;
  // Ends every connection still open: the stop deadline has passed.
  virtual void abort() = 0;
  virtual std::size_t open_connections() const = 0;
};

std::shared_ptr<ConnectionBudget> make_connection_budget(std::size_t connections_max);

}  // namespace eventbus::net
