#include "net/chunk_decoder.h"

#include <algorithm>

namespace eventbus::net {

namespace {

constexpr int kSizeDigitsMax = 15;  // no overflow, and far beyond every body limit
constexpr std::size_t kIgnoredBytesMax = 8 * 1024;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

}  // namespace

ChunkDecoder::Step ChunkDecoder::next(std::string_view bytes) {
  Step step;
  while (step.used < bytes.size() && state_ == State::kGoesOn) {
    if (at_ == At::kData) {
      const std::size_t run = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - step.used));
      step.data = bytes.substr(step.used, run);
      step.used += run;
      left_ -= run;
      if (left_ == 0) at_ = At::kDataEnd;
      return step;
    }
    take(bytes[step.used++]);
  }
  return step;
}

void ChunkDecoder::take(char c) {
  switch (at_) {
    case At::kSize:
      return take_size(c);
    case At::kExtension:
    case At::kTrailer:
      if (c == '\r') {
        at_ = at_ == At::kTrailer ? At::kTrailerEnd : At::kSizeEnd;
      } else if (is_control(c) || ++ignored_bytes_ > kIgnoredBytesMax) {
        state_ = State::kBad;
      }
      return;
    case At::kSizeEnd:
      expect(c, '\n', At::kData);
      return end_of_size_line();
    case At::kDataEnd:
      return expect(c, '\r', At::kAfterData);
    case At::kAfterData:
      return expect(c, '\n', At::kSize);
    case At::kTrailerStart:
      at_ = At::kTrailer;
      if (c != '\r') return take(c);
      at_ = At::kEnd;
      return;
    case At::kTrailerEnd:
      return expect(c, '\n', At::kTrailerStart);
    case At::kEnd:
      if (c == '\n') state_ = State::kDone;
      if (c != '\n') state_ = State::kBad;
      return;
    case At::kData:
      return;  // next() takes data in runs
  }
}

void ChunkDecoder::take_size(char c) {
  if (const int digit = hex_value(c); digit >= 0) {
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    if (++digits_ > kSizeDigitsMax) state_ = State::kBad;
  } else if (digits_ == 0) {
    state_ = State::kBad;
  } else if (c == '\r') {
    at_ = At::kSizeEnd;
  } else if (c == ';' || c == ' ' || c == '\t') {
    at_ = At::kExtension;
  } else {
    state_ = State::kBad;
  }
}

void ChunkDecoder::end_of_size_line() {
  digits_ = 0;
  if (left_ == 0) at_ = At::kTrailerStart;
}

void ChunkDecoder::expect(char c, char wanted, At next) {
  if (c != wanted) state_ = State::kBad;
  at_ = next;
}

}  // namespace eventbus::net
