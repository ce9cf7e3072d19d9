#include "base/rng.h"

#include <array>
#include <cstring>

namespace eventbus {

namespace {

struct HexDigits {
  char pair[2];
};
constexpr std::array<HexDigits, 256> kHexOfByte = [] {
  constexpr char kHex[] = "0123456789abcdef";
  std::array<HexDigits, 256> digits{};
  for (std::size_t byte = 0; byte < digits.size(); ++byte) digits[byte] = {{kHex[byte >> 4], kHex[byte & 0xF]}};
  return digits;
}();

// The lowest `bytes` bytes of `value`, the highest of them first. Returns the end.
char* write_hex(char* at, std::uint64_t value, unsigned bytes) {
  for (unsigned byte = bytes; byte-- > 0; at += 2) std::memcpy(at, kHexOfByte[(value >> (8 * byte)) & 0xFF].pair, 2);
  return at;
}

}  // namespace

std::string Rng::uuid() {
  std::uint64_t high = next_u64();
  std::uint64_t low = next_u64();
  high = (high & 0xFFFFFFFFFFFF0FFFULL) | 0x0000000000004000ULL;  // version 4
  low = (low & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;    // RFC 4122 variant
  std::string text(36, '-');
  char* at = text.data();
  at = write_hex(at, high >> 32, 4) + 1;
  at = write_hex(at, high >> 16, 2) + 1;
  at = write_hex(at, high, 2) + 1;
  at = write_hex(at, low >> 48, 2) + 1;
  write_hex(at, low, 6);
  return text;
}

std::uint64_t SystemRng::next_u64() {
  thread_local std::mt19937_64 engine = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return engine();
}

}  // namespace eventbus
