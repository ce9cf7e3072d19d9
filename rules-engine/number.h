#pragma once

#include "rules-engine/hash.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace eventbus::rules {

// The value of a JSON number if it is comparable: finite, and its decimal value equal to the shortest decimal form of
// its nearest double. 300, 300.0 and 3.0e2 are 300; -0 is 0. None for 9007199254740993, 12345678901234567890, 1e400,
// 1e-400 and 0.1000000000000000055511151231257827: such a number has no place among the doubles and equals only its own
// spelling. `text` is a number by the JSON grammar.
std::optional<double> comparable_number(std::string_view text);

inline bool eight_digits(std::uint64_t word) {
  return ((word & (word + 0x0606060606060606)) & 0xF0F0F0F0F0F0F0F0) == 0x3030303030303030;
}

// Eight digits as a number: pairs, then fours, then all, each by one multiplication.
inline std::uint64_t number_of_eight(std::uint64_t word) {
  word = (word & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8;
  word = (word & 0x00FF00FF00FF00FF) * 6553601 >> 16;
  return (word & 0x0000FFFF0000FFFF) * 42949672960001 >> 32;
}

// A text of one to seven bytes with '0' in front of it, eight bytes in all; eight can be read from its first.
inline bool small_size(std::size_t size) { return size - 1 < 7; }
inline std::uint64_t small_digits(const char* text, std::size_t size) {
  const std::size_t missing = 64 - 8 * size;
  return load_u64(text) << missing | 0x3030303030303030 >> (64 - missing);
}

// The value of a text of one to seven digits, or none if it is anything else.
inline std::optional<double> small_number(std::string_view text) {
  if (!small_size(text.size())) return std::nullopt;
  const std::uint64_t word = small_digits(text.data(), text.size());
  if (!eight_digits(word)) return std::nullopt;
  return static_cast<double>(number_of_eight(word));
}

}  // namespace eventbus::rules
