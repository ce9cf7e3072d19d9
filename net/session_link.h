#pragma once

#include "net/client_watch.h"
#include "net/read_buffer.h"
#include "net/server_socket.h"
#include "net/session_context.h"
#include "net/tls_channel.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace eventbus::net {

// The bytes of one accepted connection, plain or in TLS, and what ends waiting for them: a deadline, the server's stop,
// abort(). Knows nothing of HTTP. On the thread of its socket; one read and one write at a time.
class SessionLink {
 public:
  SessionLink(ServerSocket socket, const SessionContext& context);
  ~SessionLink();

  const std::string& peer() const { return peer_; }  // "127.0.0.1:53412"
  bool is_tls() const { return tls_ != nullptr; }
  ReadBuffer& input() { return input_; }  // read and not consumed

  enum class Handshake {
    kDone,
    kPlainHttp,  // the client speaks plain HTTP, and so does the link from now on
    kFailed,     // and is closed
  };
  asio::awaitable<Handshake> handshake();

  // What for: between requests the server's stop ends the wait (but what has arrived already is read).
  enum class Reading { kBetweenRequests, kRequest };
  // Appends at least one byte to the input, or says false: end of input, error, or a deadline has passed.
  asio::awaitable<bool> read_more(Reading reading);
  asio::awaitable<bool> write_all(std::string_view first, std::string_view second);

  void close_now();
  // Sends the end of our side and reads on until the client has seen it (end of its side), or for two seconds: closing
  // at once with bytes unread would send a reset that can overtake the last answer.
  asio::awaitable<void> close_gently();

  // In ticks of the server: expires a little late, never early. A deadline that passes makes what is waited for fail.
  void set_deadline(std::chrono::milliseconds timeout);
  void clear_deadline() { deadline_tick_ = 0; }
  void on_tick();
  bool timed_out() const { return timed_out_; }
  // For a last answer: from now on as if no deadline had passed.
  void forgive() { timed_out_ = false; }

  // What is waited for completes; bytes that have come are kept.
  void interrupt();
  void abort();
  bool aborted() const { return aborted_; }

  // Notices from now on that the client leaves (net/client_watch.h); with a full input looks whether it has left. To be
  // called again and again; `keeper` owns this.
  void watch_client(std::shared_ptr<void> keeper, const std::function<void()>& left);
  void unwatch_client() { watch_.dismiss(); }
  bool input_ended() const { return input_ended_ || watch_.saw_end(); }
  bool client_has_left() const { return aborted_ || input_ended() || net::client_has_left(socket_); }

 private:
  asio::awaitable<bool> read_more_tls(Reading reading);
  asio::awaitable<bool> write_all_tls(std::string_view bytes);
  asio::awaitable<bool> wait_for(TlsChannel::Progress wanted);
  bool may_wait(Reading reading) const { return !context_.stopping || reading == Reading::kRequest; }

  const SessionContext& context_;
  ServerSocket socket_;
  std::unique_ptr<TlsChannel> tls_;  // nullptr: plain text
  std::string peer_;
  ReadBuffer input_;
  ClientWatch watch_;  // may outlive its handler: the next read waits for it

  std::uint64_t deadline_tick_ = 0;  // 0 = none
  bool timed_out_ = false;
  bool aborted_ = false;
  bool closing_ = false;  // nothing of what still comes will be read as a request
  bool input_ended_ = false;
};

}  // namespace eventbus::net
