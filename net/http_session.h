#pragma once

#include "net/request_parser.h"
#include "net/session_context.h"
#include "net/session_link.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace eventbus::net {

// One connection: reads a request, has it answered, writes the answer, and again. All of it on the thread of its
// socket.
class HttpSession final : public Requester, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(ServerSocket socket, SessionContext& context);
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

  bool has_left() const override { return link_.client_has_left(); }

  std::size_t index = 0;  // in the server's table

 private:
  enum class Phase {
    kIdle,  // no byte of the next request yet
    kReading,
    kHandling,
    kAnswering,  // or closing
  };

  asio::awaitable<bool> handshake();
  asio::awaitable<bool> read_request();
  void feed_parser();
  bool make_room();
  asio::awaitable<bool> read_failed();
  asio::awaitable<Response> handle(Request request);
  Response failure_of_handler(std::string_view what);
  Response rendered(unsigned status, std::string_view reason, const Request& request) const;
  asio::awaitable<bool> write(const Response& response, bool keep_alive, bool head_request);
  asio::awaitable<void> answer_fault(RequestFault fault);

  SessionContext& context_;
  SessionLink link_;
  RequestParser parser_;
  std::string request_head_;  // as it came: a failing handler has consumed the request, and its error needs the headers
  std::string response_head_;  // kept for its memory, as request_head_ is
  asio::cancellation_signal cancel_;

  Phase phase_ = Phase::kIdle;
  std::uint64_t handling_since_tick_ = 0;
  bool cancelled_ = false;  // the handler has been
  bool abandoned_ = false;  // and it gave up because its client has gone
};

}  // namespace eventbus::net
