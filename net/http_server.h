#pragma once

#include "base/result.h"
#include "net/message.h"
#include "net/server_limits.h"
#include "net/tls_identity.h"

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

struct ServerMetrics {
  // Called on the shard threads; must be thread-safe. May be empty.
  std::function<void(int delta)> connections;
  std::function<void()> refused;
  // From the request's last byte read to its answer's last byte handed to the kernel.
  std::function<void(unsigned status, std::chrono::microseconds took)> answered;
};

// What the server itself must answer (too large, malformed, too slow, handler threw): the application renders it in the
// protocol of the request, as far as that is known. `request.headers` may be incomplete.
using ErrorRenderer = std::function<Response(unsigned status, std::string_view reason, const Request& request)>;

// How many connections all shards of one daemon may hold together, and which addresses are theirs. Thread-safe.
class ConnectionBudget;
std::shared_ptr<ConnectionBudget> make_connection_budget(std::size_t connections_max);

// One shard's listener: an acceptor with SO_REUSEPORT on `io`, one coroutine per connection. HTTP/1.1 with keep-alive
// and pipelining (answers in order), HTTP/1.0, chunked and gzip-encoded bodies, Expect: 100-continue. All of it runs on
// the thread of `io`, and so must every call of a method unless it says otherwise.
class HttpServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";  // literal address or a name to resolve
    std::uint16_t port = 4566;       // 0 = any; see port()
    ServerLimits limits;
    ServerMetrics metrics;
    // TLS as this, on every connection; nullptr: plain text. The handshake has header_timeout.
    std::shared_ptr<const TlsIdentity> tls;
    // A handler threw: a bug. The client gets render_error(500, …) without the text. May be empty.
    std::function<void(std::string_view what)> handler_threw;
  };

  // Binds and listens; connections are accepted from run() on. Errors say which address could not be bound and why.
  // The shards of one daemon share `budget`, and with it the right to a port: an address that another program, or a
  // server with another budget, listens on is refused.
  static Result<std::unique_ptr<HttpServer>> listen(asio::io_context& io, Options options,
                                                    std::shared_ptr<ConnectionBudget> budget, Handler handler,
                                                    ErrorRenderer render_error);
  // Closes what is still open. Before `io` is destroyed; on the thread of io, or after io has stopped running.
  virtual ~HttpServer() = default;

  // Any thread.
  virtual std::uint16_t port() const = 0;
  virtual void run() = 0;  // starts accepting; returns at once
  // Stops accepting; idle connections close now, busy ones after their current answer (with Connection: close).
  virtual void stop() = 0;
  // Cancels what handlers wait for, as if their clients had left, but still sends what they answer: long polls end
  // early and empty. After stop(), so that nobody begins to wait anew.
  virtual void end_waits() = 0;
  // Ends every connection still open: the stop deadline has passed. Handlers that wait are cancelled.
  virtual void abort() = 0;
  // Connections not yet closed, those being refused excepted. Any thread.
  virtual std::size_t open_connections() const = 0;
};

}  // namespace eventbus::net
