#pragma once

#include <cstddef>
#include <string_view>

namespace eventbus {

// Length of UTF-8 text as AWS counts characters: in UTF-16 units, so that a character outside the BMP counts two.
constexpr std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) ++units;  // not a continuation byte: a character begins
    if (byte >= 0xF0) ++units;           // four bytes: a surrogate pair
  }
  return units;
}

}  // namespace eventbus
