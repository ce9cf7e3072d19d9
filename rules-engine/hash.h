#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace eventbus::rules {

inline std::uint64_t load_u64(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

inline std::uint32_t load_u32(const char* bytes) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Folds the 128-bit product: the mixing step of multiplicative hashes.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// A fast hash for the short texts of events; not for tables that live beyond the process, nor against attackers who
// know it (a collision costs one comparison; see ExactTable).
inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  constexpr std::uint64_t kFirst = 0x9E3779B97F4A7C15;
  constexpr std::uint64_t kSecond = 0xE7037ED1A0B428DB;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t state = seed ^ (text.size() * kFirst);
  while (left > 16) {
    state = mix(load_u64(at) ^ kSecond, load_u64(at + 8) ^ state);
    at += 16;
    left -= 16;
  }
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  if (left >= 8) {
    a = load_u64(at);
    b = load_u64(at + left - 8);
  } else if (left >= 4) {
    a = load_u32(at);
    b = load_u32(at + left - 4);
  } else if (left > 0) {
    a = static_cast<unsigned char>(at[0]);
    b = static_cast<std::uint64_t>(static_cast<unsigned char>(at[left / 2])) << 8 |
        static_cast<unsigned char>(at[left - 1]);
  }
  return mix(mix(a ^ kSecond, b ^ state), kFirst);
}

}  // namespace eventbus::rules
