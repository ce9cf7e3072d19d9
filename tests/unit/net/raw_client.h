#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eventbus::net::testing {

// A TCP client that sends exactly the bytes it is told to: well-behaved HTTP libraries cannot misbehave on demand.
// Blocking; a read that gets nothing for 60 s throws, so that a broken server fails a test instead of hanging it.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient(const RawClient&) = delete;

  RawClient& send(std::string_view bytes);
  // Sends what the peer takes without waiting; returns how much.
  std::size_t send_some(std::string_view bytes);
  void end_input();              // half-closes: no more bytes from us
  void close();                  // orderly
  void reset();                  // with an RST
  void shrink_receive_buffer();  // a client that hardly reads

  // Whether the server has sent or closed.
  bool has_news() const;
  // One response: status line, headers, and as many body bytes as Content-Length says (none after HEAD).
  std::string read_response(bool with_body = true);
  // Everything until the server closes.
  std::string read_to_end();
  // True when the server has closed and no byte was left.
  bool at_end();

 private:
  bool fill();

  int socket_ = -1;
  std::string unread_;
};

// "HTTP/1.1 200 OK…" → 200; 0 if it is no status line.
int status_of(std::string_view response);
std::string body_of(std::string_view response);

}  // namespace eventbus::net::testing
