#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace eventbus::net::testing {

inline std::string deflated(std::string_view plain, int window_bits) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  std::string packed(deflateBound(&stream, static_cast<uLong>(plain.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// One gzip member that holds `plain`.
inline std::string gzip(std::string_view plain) { return deflated(plain, 16 + MAX_WBITS); }
// The two things that servers call "deflate".
inline std::string zlib(std::string_view plain) { return deflated(plain, MAX_WBITS); }
inline std::string raw_deflate(std::string_view plain) { return deflated(plain, -MAX_WBITS); }

}  // namespace eventbus::net::testing
