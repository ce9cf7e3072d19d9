#pragma once

#include "net/http_client.h"
#include "net/interrupt.h"
#include "net/tls_channel.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus::net {

// One connection of a client, plain or TLS. Reading and writing do what is possible now; wait() is where time passes.
// Belongs to the thread of its executor.
class ClientConnection {
 public:
  using Progress = TlsChannel::Progress;

  explicit ClientConnection(const asio::any_io_executor& executor) : socket_(executor) {}
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  // Nothing: it worked. kConnect; kTimeout if interrupted; kCancelled.
  asio::awaitable<std::optional<ClientError>> connect(asio::ip::tcp::endpoint to, Interrupt& interrupt);
  // The TLS handshake, as a client of `host`. kTls, kTimeout, kCancelled.
  asio::awaitable<std::optional<ClientError>> secure(std::shared_ptr<const TlsContext> context, std::string host,
                                                     Interrupt& interrupt);

  Progress read_some(char* to, std::size_t room, std::size_t& bytes);
  Progress write_some(std::string_view from, std::size_t& bytes);

  struct Wants {
    bool read = false;
    bool write = false;
  };
  // Until one of what is wanted is possible. kTimeout if interrupted, kCancelled.
  asio::awaitable<std::optional<ClientError>> wait(Wants wants, Interrupt& interrupt);

  // Of a connection without a request under way: nothing has come, not even its end.
  bool is_quiet();

 private:
  asio::awaitable<bool> wait_for_either();

  asio::ip::tcp::socket socket_;
  std::unique_ptr<TlsChannel> tls_;
};

}  // namespace eventbus::net
