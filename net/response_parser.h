#pragma once

#include "net/body_decoder.h"
#include "net/chunk_decoder.h"
#include "net/http_client.h"
#include "net/message.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus::net {

// One HTTP/1 answer out of bytes, without I/O. Informational answers (1xx) before it are passed over; their bytes count
// with those of its head, so that endless ones end.
class ResponseParser {
 public:
  struct Options {
    std::size_t header_bytes_max = 64 << 10;
    std::size_t body_bytes_max = 16 << 20;
    bool clip_body = false;
    bool head_request = false;  // its answer has no body, whatever its headers say
  };
  enum class State {
    kHead,
    kBody,
    kDone,   // take() the answer
    kFault,  // fault() says what is wrong
  };

  explicit ResponseParser(const Options& options);

  // Consumes all of `bytes`, or as many as belong to the answer: what is left after kDone is nobody's.
  std::size_t feed(std::string_view bytes);
  // The connection has ended: kDone if that is how this answer ends and it was no accident, else kFault (kClosed).
  void end_of_input(bool orderly);

  State state() const { return state_; }
  bool started() const { return started_; }  // a byte has come
  const ClientError& fault() const { return fault_; }
  // kDone: another request may follow on this connection.
  bool keep_alive() const { return keep_alive_; }
  Response take();

 private:
  void take_line(std::string_view line);
  void take_status_line(std::string_view line);
  void take_header_line(std::string_view line);
  void end_of_head();
  void begin_body();
  std::optional<std::uint64_t> content_length();
  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_body(std::string_view bytes);
  bool append(std::string_view piece);
  void end_body();
  void fail(ClientError::Kind kind, std::string message);

  Options options_;
  State state_ = State::kHead;
  ClientError fault_;
  bool started_ = false;
  std::size_t head_bytes_ = 0;  // of all heads so far
  std::string line_;            // what of the head has come without its line's end
  bool has_status_ = false;
  bool is_http_1_0_ = false;
  bool keep_alive_ = false;
  Response response_;
  BodyDecoder body_;
  std::optional<ChunkDecoder> chunks_;
  std::optional<std::uint64_t>
      bytes_left_;  // of a body with a length; without one and without chunks, it ends the stream
};

}  // namespace eventbus::net
