#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::net {

namespace asio = boost::asio;

// Why there is no answer. Whether a later try may succeed is the caller's business.
struct ClientError {
  enum Kind {
    kBadUrl,     // not an absolute http:// or https:// URL
    kResolve,    // there is no such name
    kConnect,    // refused, unreachable; or nobody can say now what address the name has
    kTls,        // handshake failed, certificate not trusted or not of that name
    kTimeout,    // not complete by the deadline, in whatever phase
    kClosed,     // the connection ended before a whole answer had come
    kMalformed,  // what came is not HTTP
    kTooLarge,   // head or body over the limit
    kCancelled,  // the caller's coroutine was cancelled
  };
  Kind kind = kClosed;
  std::string message;
};

struct ClientRequest {
  std::string method = "POST";
  std::string url;  // absolute; its query is sent as it stands
  // Sent in this order, spelled as given. Host, Content-Length and Connection are added where they are missing.
  std::vector<Header> headers;
  std::string body;
  TimePoint deadline;  // for everything: name, connection, handshake, sending, the whole answer
  // Of the answer's body, decoded. Beyond it: kTooLarge, or with `clip_body` what fits, and the connection is closed.
  std::size_t body_bytes_max = 16 << 20;
  bool clip_body = false;
  // A connection for this request alone, announced by Connection: close.
  bool close = false;
};

// HTTP/1.1 over TCP or TLS, with a pool of kept-alive connections per (scheme, host, port). Redirects are not followed.
// A kept-alive connection that turns out to be closed before a byte of the answer came is replaced once by a fresh one.
//
// Safe to call from any thread. A connection belongs to the io_context of the coroutine that opened it and is reused by
// coroutines of that context alone; that context must be run by one thread. Bodies that come gzip- or deflate-encoded
// are decoded, their headers stay as they came. Resumes on the caller's executor. Cancellation does not throw: it
// answers kCancelled.
class HttpClient {
 public:
  struct Options {
    std::string user_agent = "eventbusd";
    std::chrono::milliseconds connect_timeout{5'000};  // name + TCP + TLS, within the request's deadline
    std::chrono::milliseconds idle_timeout{30'000};    // a pooled connection is closed after it
    std::size_t idle_connections_per_host_max = 64;    // of one context
    std::size_t header_bytes_max = 64 << 10;
    std::string extra_ca_file;  // PEM, trusted beside the system's
    // false: any certificate will do. For asking one's own daemon how it is, and nothing else.
    bool verify_servers = true;
    // What `idle_timeout` is measured by; nullptr: the client's clock. The peer's patience knows no virtual time.
    Clock* idle_clock = nullptr;
  };

  static Result<std::unique_ptr<HttpClient>> make(Options options, Clock& clock);
  virtual ~HttpClient() = default;

  // The answer, whatever its status. 1xx answers are passed over.
  virtual asio::awaitable<Result<Response, ClientError>> send(ClientRequest request) = 0;

  // Closes pooled connections of the calling context; its thread's business. What is open when the io_context ends is
  // closed with it.
  virtual void close_idle() = 0;
  // Closes what has been idle for too long also while nothing is sent, until cancelled: one coroutine per context that
  // cares. Without it, such connections are closed when the context sends next.
  virtual asio::awaitable<void> keep_tidy() = 0;
};

}  // namespace eventbus::net
