#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eventbus::net {

// The chunked transfer coding (RFC 9112 §7.1):
//   body    = *( size [ extensions ] CRLF data CRLF ) "0" [ extensions ] CRLF *( trailer CRLF ) CRLF
// Extensions and trailers are read over. Our own, because Boost 1.81's parser runs into an assertion on some of them.
class ChunkDecoder {
 public:
  enum class State { kGoesOn, kDone, kBad };

  struct Step {
    std::size_t used = 0;   // bytes consumed, those of `data` included
    std::string_view data;  // a run of the body within them; may be empty
  };
  // Consumes from the front of `bytes`, up to the end of one run of data at most. Call again with what is left while it
  // is not empty and the state is kGoesOn.
  Step next(std::string_view bytes);

  State state() const { return state_; }

 private:
  enum class At {
    kSize,
    kExtension,
    kSizeEnd,
    kData,
    kDataEnd,
    kAfterData,
    kTrailerStart,
    kTrailer,
    kTrailerEnd,
    kEnd
  };
  void take(char c);
  void take_size(char c);
  void end_of_size_line();
  void expect(char c, char wanted, At next);

  State state_ = State::kGoesOn;
  At at_ = At::kSize;
  std::uint64_t left_ = 0;         // of the chunk
  int digits_ = 0;                 // of its size
  std::size_t ignored_bytes_ = 0;  // extensions and trailers so far
};

}  // namespace eventbus::net
