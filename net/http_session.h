#pragma once

#include "net/http_server.h"
#include "net/read_buffer.h"
#include "net/request_parser.h"
#include "net/tls_channel.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace eventbus::net {

// Without the type-erased executor: a socket operation then costs no allocation for it.
using Socket = asio::ip::tcp::socket::rebind_executor<asio::io_context::executor_type>::other;

// What all sessions of one server share. Lives as long as any of them.
struct SessionContext {
  ServerLimits limits;
  ServerMetrics metrics;
  std::function<void(std::string_view)> handler_threw;
  Handler handler;
  ErrorRenderer render_error;
  std::shared_ptr<const TlsIdentity> tls;  // nullptr: plain text

  // Deadlines are counted in ticks of the server's one timer: no clock is read and no timer is set per request.
  std::chrono::milliseconds tick_length{250};
  std::uint64_t tick = 0;
  bool stopping = false;

  std::string date;  // see date_now()
  long long date_seconds = -1;
  // The Date header's text, rewritten once a second.
  std::string_view date_now();
};

// One connection: reads a request, has it answered, writes the answer, and again. All of it on the thread of its
// socket.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(Socket socket, SessionContext& context);
  ~HttpSession();

  // The whole life of the connection. Spawned once, with cancellation_slot(), by somebody who keeps the session until
  // then.
  asio::awaitable<void> serve();
  // Instead of serve(): says 503 and closes.
  asio::awaitable<void> refuse();
  asio::cancellation_slot cancellation_slot() { return cancel_.slot(); }

  // Called every tick: deadlines; and a handler that waits for long is watched for its client's leaving.
  void on_tick();
  // The server stops: closes now if idle, else after the current answer.
  void stop();
  // Cancels what the handler waits for; its answer is sent.
  void end_wait();
  // Closes now.
  void abort();

  std::size_t index = 0;  // in the server's table

 private:
  enum class Phase {
    kIdle,      // no byte of the next request yet
    kReading,   // within a request
    kHandling,  // the handler runs
    kWriting,
    kClosing,  // nothing of what still comes will be read as a request
  };

  asio::awaitable<bool> handshake();
  asio::awaitable<bool> read_request();
  asio::awaitable<bool> read_more();
  asio::awaitable<bool> read_more_tls();
  asio::awaitable<bool> read_failed();
  asio::awaitable<Response> handle(Request request);
  Response failure_of_handler(std::string_view what);
  Response rendered(unsigned status, std::string_view reason, const Request& request) const;
  asio::awaitable<bool> write(const Response& response, bool keep_alive, bool head_request);
  asio::awaitable<bool> write_all(std::string_view first, std::string_view second);
  asio::awaitable<bool> write_all_tls(std::string_view bytes);
  asio::awaitable<bool> wait_for(TlsChannel::Progress wanted);
  asio::awaitable<void> answer_fault(RequestFault fault);
  void close_now();
  asio::awaitable<void> close_gently();

  void set_deadline(std::chrono::milliseconds timeout);
  void expire();
  void watch_client();
  void watch_client_tls();
  void on_watched(boost::system::error_code error, std::size_t bytes);

  SessionContext& context_;
  Socket socket_;
  std::unique_ptr<TlsChannel> tls_;  // nullptr: plain text
  std::string peer_;
  ReadBuffer buffer_;
  RequestParser parser_;
  std::string request_head_;  // as it came: a failing handler has consumed the request, and its error needs the headers
  std::string response_head_;  // kept for its memory, as request_head_ is
  asio::cancellation_signal cancel_;

  Phase phase_ = Phase::kIdle;
  std::uint64_t deadline_tick_ = 0;  // 0 = none
  std::uint64_t handling_since_tick_ = 0;
  bool timed_out_ = false;
  bool aborted_ = false;
  bool abandoned_ = false;  // the handler gave up because its client has gone
  bool end_of_input_ = false;

  // The read that watches the client while a handler runs. It may outlive the handler: the next read waits for it.
  bool watching_ = false;
  asio::steady_timer watch_ended_;
};

}  // namespace eventbus::net
