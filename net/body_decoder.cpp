#include "net/body_decoder.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace eventbus::net {

// zlib's view of a gzip file (RFC 1952): one or more members, each a deflate stream with header and checksum. And of
// "deflate": one stream, in zlib's own wrapping (RFC 1950) as HTTP says, or bare, as some servers have it.
struct BodyDecoder::Inflater {
  static constexpr int kGzipOnly = 16 + MAX_WBITS;

  explicit Inflater(Encoding from) : encoding(from) {
    if (inflateInit2(&stream, from == Encoding::kGzip ? kGzipOnly : MAX_WBITS) != Z_OK) {
      throw std::runtime_error("zlib cannot allocate its state");
    }
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::string name() const { return encoding == Encoding::kGzip ? "gzip" : "deflate"; }

  // The first two bytes of deflate tell which kind it is.
  bool still_probing(std::string_view& piece) {
    if (encoding != Encoding::kDeflate || probed) return false;
    probe.append(piece);
    if (probe.size() < 2) return true;
    probed = true;
    const unsigned first = static_cast<unsigned char>(probe[0]);
    const unsigned second = static_cast<unsigned char>(probe[1]);
    const bool is_zlib = (first & 0x0fU) == Z_DEFLATED && (first * 256 + second) % 31 == 0;
    if (!is_zlib) inflateReset2(&stream, -MAX_WBITS);
    piece = probe;
    return false;
  }

  const Encoding encoding;
  z_stream stream{};
  bool member_ended = true;  // between members: nothing is missing if the body ends here
  bool probed = false;
  std::string probe;
};

BodyDecoder::BodyDecoder(Encoding encoding, std::size_t bytes_max) : bytes_max_(bytes_max) {
  if (encoding != Encoding::kIdentity) inflater_ = std::make_unique<Inflater>(encoding);
}
BodyDecoder::~BodyDecoder() = default;
BodyDecoder::BodyDecoder(BodyDecoder&&) noexcept = default;
BodyDecoder& BodyDecoder::operator=(BodyDecoder&&) noexcept = default;

void BodyDecoder::expect(std::size_t encoded_bytes) {
  constexpr std::size_t kUsualRatio = 4;  // JSON shrinks about so much
  const std::size_t bytes = inflater_ ? std::min(bytes_max_, encoded_bytes * kUsualRatio) : encoded_bytes;
  body_.reserve(bytes + kBodySpareBytes);
}

std::optional<RequestFault> BodyDecoder::append_plain(std::string_view piece) {
  if (piece.size() > bytes_max_ - body_.size()) {
    body_.append(piece.substr(0, bytes_max_ - body_.size()));
    return RequestFault{413, "The request body exceeds " + std::to_string(bytes_max_) + " bytes"};
  }
  body_.append(piece);
  return std::nullopt;
}

std::optional<RequestFault> BodyDecoder::append(std::string_view piece) {
  if (!inflater_) return append_plain(piece);
  if (inflater_->still_probing(piece)) return std::nullopt;

  z_stream& stream = inflater_->stream;
  // zlib only reads its input; the field is not const in its C interface.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  stream.avail_in = static_cast<uInt>(piece.size());  // pieces are at most a read buffer long
  std::array<char, 16 * 1024> plain;
  for (;;) {
    if (inflater_->member_ended) {
      if (stream.avail_in == 0) return std::nullopt;
      inflateReset(&stream);
      inflater_->member_ended = false;
    }
    stream.next_out = reinterpret_cast<Bytef*>(plain.data());
    stream.avail_out = static_cast<uInt>(plain.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    // Z_BUF_ERROR: no progress was possible, more input is needed.
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      return RequestFault{400, "The request body is not valid " + inflater_->name()};
    }
    inflater_->member_ended = code == Z_STREAM_END;
    if (auto fault = append_plain({plain.data(), plain.size() - stream.avail_out})) return fault;
    if (stream.avail_in == 0 && stream.avail_out > 0) return std::nullopt;
  }
}

std::optional<RequestFault> BodyDecoder::finish() {
  if (!inflater_ || (inflater_->member_ended && inflater_->probe.size() != 1)) return std::nullopt;
  return RequestFault{400, "The " + inflater_->name() + "-encoded request body ends too early"};
}

std::string BodyDecoder::take() {
  body_.reserve(body_.size() + kBodySpareBytes);
  return std::exchange(body_, {});
}

}  // namespace eventbus::net
