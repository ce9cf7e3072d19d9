#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// Lower-case hex.
std::string hex(std::string_view bytes);
// MD5 as lower-case hex: SQS's MD5OfBody. Not for security.
std::string md5_hex(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);

// RFC 4648 with padding; decoding rejects anything else.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace eventbus
