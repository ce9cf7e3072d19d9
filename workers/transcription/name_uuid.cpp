#include "workers/transcription/name_uuid.h"

#include "base/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cctype>

namespace eventbus::transcription {

namespace {

// RFC 4122, Appendix C: NameSpace_URL, 6ba7b811-9dad-11d1-80b4-00c04fd430c8.
constexpr std::string_view kUrlNamespace("\x6b\xa7\xb8\x11\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8", 16);
constexpr std::size_t kUuidBytes = 16;
constexpr std::array<std::size_t, 4> kDashes = {8, 13, 18, 23};

}  // namespace

std::string name_uuid(std::string_view name) {
  const std::string hashed = std::string(kUrlNamespace) + std::string(name);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_Digest(hashed.data(), hashed.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0fU) | 0x50U);  // version 5
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3fU) | 0x80U);  // variant of RFC 4122
  std::string text = hex({reinterpret_cast<const char*>(digest.data()), kUuidBytes});
  for (const std::size_t dash : kDashes) text.insert(dash, 1, '-');
  return text;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    if (dash ? text[at] != '-' : std::isxdigit(static_cast<unsigned char>(text[at])) == 0) return false;
  }
  return true;
}

}  // namespace eventbus::transcription
