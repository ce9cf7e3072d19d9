#pragma once

#include <chrono>
#include <cstddef>

namespace eventbus::net {

// What one client may cost the server before it is told so.
struct ServerLimits {
  std::size_t header_bytes_max = 64 * 1024;  // request line and all headers
  std::size_t headers_max = 500;
  std::size_t body_bytes_max = 16 * 1024 * 1024;  // as sent, and after decompression too
  std::size_t connections_max = 10'000;           // over all shards; beyond it: 503 with Retry-After, then close
  std::chrono::milliseconds header_timeout{
      10'000};                                      // from the request's first byte (or the connect) to its last header
  std::chrono::milliseconds body_timeout{60'000};   // for the whole body
  std::chrono::milliseconds idle_timeout{65'000};   // between requests of a kept-alive connection
  std::chrono::milliseconds write_timeout{60'000};  // for one whole response
};

}  // namespace eventbus::net
