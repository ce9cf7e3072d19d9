#pragma once

#include "net/body_decoder.h"
#include "net/message.h"
#include "net/server_limits.h"

#include <cstddef>
#include <memory>
#include <string_view>

namespace eventbus::net {

// HTTP/1 requests out of bytes, without I/O: the session feeds it what it reads, tests and fuzzing feed it what they
// like. One parser serves a connection; reset() between its requests.
class RequestParser {
 public:
  enum class State {
    kNothing,  // no byte of a request seen yet
    kHeader,   // within the request line or the headers
    kBody,     // the headers are complete, the body is not
    kDone,     // take() the request
    kFault,    // fault() says what is wrong; nothing after it can be trusted
  };

  explicit RequestParser(const ServerLimits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Consumes bytes from the front of `bytes` and returns how many. It stops where the headers end (state kBody) and
  // where the request ends (kDone); otherwise what it left needs more bytes behind it: offer it again, in one piece,
  // with more.
  std::size_t feed(std::string_view bytes);
  // No more bytes fit behind those that feed() left: the header that begins there is too long.
  void overflow();
  // Ready for the next request.
  void reset();

  State state() const { return state_; }
  const RequestFault& fault() const { return fault_; }
  // Known from state kBody on.
  bool keep_alive() const;
  bool expects_continue() const;
  bool is_http_1_0() const;

  // kDone: the whole request. Earlier: what of it is known, for an error message in its protocol.
  Request take();

 private:
  struct Message;  // keeps Beast out of this header
  struct Slot;
  Message& message();
  const Message& message() const;
  std::size_t feed_head(std::string_view bytes);
  void begin_body();
  std::size_t feed_body(std::string_view bytes);
  std::size_t feed_chunks(std::string_view bytes);
  void end_body();
  void fail(RequestFault fault);

  const ServerLimits& limits_;
  State state_ = State::kNothing;
  RequestFault fault_;
  std::unique_ptr<Slot> slot_;
};

}  // namespace eventbus::net
