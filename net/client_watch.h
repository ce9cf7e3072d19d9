#pragma once

#include "net/read_buffer.h"
#include "net/server_socket.h"
#include "net/tls_channel.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace eventbus::net {

// Notices that a client goes away while its request is being handled: reads ahead, into the buffer in which the next
// requests wait their turn, until the end of input comes. A full buffer is a client that pipelines far ahead; its
// session then looks at the socket now and then (client_has_left).
//
// What counts as going away: a reset, and also the plain end of input (FIN). The kernel of a process that was killed
// says no more than that, and so does shutdown(SHUT_WR) of a client that ends its half and still reads; HTTP says
// nothing of such clients (httpwg/http-core #22). nginx (499), Envoy (downstream_remote_disconnect; its #2066) and Go's
// net/http since 1.8 (golang/go #18527) take both for gone and drop the answer; hyper serves the half-closed unless
// told otherwise. We do it in between, so that neither loses: the handler is cancelled, which ends a wait and undoes
// nothing, and what it then answers is sent all the same. A half-closed client has its long poll answered early and
// empty; of one that was killed nobody takes a message for a reader that is not there. No SDK of AWS and no curl ends
// its half before its answer.
//
// It costs an operation in the reactor, so it begins only when a handler has been at it for a while (HttpSession): what
// is answered at once pays nothing. A machine that vanished without a word is not noticed at all.
//
// On the thread of the socket.
class ClientWatch {
 public:
  ClientWatch(ServerSocket& socket, ReadBuffer& input);

  // Calls `left` when the client goes, at most once, and not after dismiss(). `tls` is the socket's channel, or
  // nullptr; `keeper` lives while the watch reads. Neither on() nor with a full buffer, nor after saw_end().
  void begin(TlsChannel* tls, std::shared_ptr<void> keeper, std::function<void()> left);
  // Nobody needs to know any more. What is being read is still read: nobody else may until ended().
  void dismiss() { left_ = nullptr; }

  bool on() const { return on_; }
  asio::awaitable<void> ended();
  bool saw_end() const { return saw_end_; }

 private:
  void read(std::shared_ptr<void> keeper);
  void read_tls(std::shared_ptr<void> keeper);
  void on_read(boost::system::error_code error, std::size_t bytes, std::shared_ptr<void> keeper);

  ServerSocket& socket_;
  ReadBuffer& input_;
  TlsChannel* tls_ = nullptr;
  std::function<void()> left_;
  asio::steady_timer ended_;
  bool on_ = false;
  bool saw_end_ = false;
};

// Looks at once: whether the other side has ended its half of the connection, or it is broken, also behind bytes that
// nobody has read yet.
bool client_has_left(const ServerSocket& socket);

}  // namespace eventbus::net
