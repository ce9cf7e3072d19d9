#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// Numbers in stored records: seven bits a byte, the least first; the high bit says that more follow.
inline void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

// nullopt when the bytes end inside of it, or when it is beyond 64 bits.
inline std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto group = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (shift == 63 && group > 1) return std::nullopt;
    value |= static_cast<std::uint64_t>(group & 0x7F) << shift;
    if (group < 0x80) return value;
  }
  return std::nullopt;
}

}  // namespace eventbus
