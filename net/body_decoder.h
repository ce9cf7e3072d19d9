#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus::net {

// What is wrong with a request, as HTTP says it: a status and a sentence for people.
struct RequestFault {
  unsigned status = 400;
  std::string reason;
};

// simdjson may read this far past the end of a body.
inline constexpr std::size_t kBodySpareBytes = 64;

// Gathers a body from the pieces that arrive, undoing its encoding piece by piece, so that a decompression bomb is
// refused when it passes the limit and not after it has been inflated.
class BodyDecoder {
 public:
  enum class Encoding {
    kIdentity,
    kGzip,
    kDeflate,  // the zlib format, or deflate without it, as some servers send under that name
  };

  BodyDecoder(Encoding encoding, std::size_t bytes_max);
  ~BodyDecoder();
  BodyDecoder(BodyDecoder&&) noexcept;
  BodyDecoder& operator=(BodyDecoder&&) noexcept;

  // `encoded_bytes` will come: makes room for them at once.
  void expect(std::size_t encoded_bytes);
  // A fault is final: 413 beyond the limit, up to which the body is kept; 400 for damaged gzip or deflate.
  std::optional<RequestFault> append(std::string_view piece);
  // The last piece was appended: 400 if the encoded stream had not ended.
  std::optional<RequestFault> finish();
  // The body, with kBodySpareBytes of capacity behind it.
  std::string take();

 private:
  struct Inflater;
  std::optional<RequestFault> append_plain(std::string_view piece);

  std::size_t bytes_max_;
  std::string body_;
  std::unique_ptr<Inflater> inflater_;  // encoded bodies only
};

}  // namespace eventbus::net
