#include "base/rng.h"

namespace eventbus {

std::string Rng::uuid() {
  constexpr char kHex[] = "0123456789abcdef";
  std::uint64_t high = next_u64();
  std::uint64_t low = next_u64();
  high = (high & 0xFFFFFFFFFFFF0FFFULL) | 0x0000000000004000ULL;  // version 4
  low = (low & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;    // RFC 4122 variant
  std::string text(36, '-');
  std::size_t position = 0;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) ++position;
    const std::uint64_t half = digit < 16 ? high : low;
    text[position++] = kHex[(half >> (60 - 4 * (digit % 16))) & 0xF];
  }
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
