#pragma once

#include "rules-engine/hash.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

// The functions below are always inlined, so that nobody is called whose registers would depend on the processor.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"

namespace eventbus::rules {

// 64 bytes of a text, a bit for each, and the bits of eight such blocks.
using Bytes = std::uint8_t __attribute__((ext_vector_type(64)));
using Bits = bool __attribute__((ext_vector_type(64)));
using EightWords = std::uint64_t __attribute__((ext_vector_type(8)));
using EightBits = bool __attribute__((ext_vector_type(8)));

[[gnu::always_inline]] inline std::uint64_t bits_of(Bits bits) {
  std::uint64_t word = 0;
  std::memcpy(&word, &bits, sizeof word);
  return word;
}
[[gnu::always_inline]] inline std::uint64_t equal(const Bytes& bytes, std::uint8_t byte) {
  const Bytes all = byte;
  return bits_of(__builtin_convertvector(bytes == all, Bits));
}
[[gnu::always_inline]] inline std::uint64_t at_most(const Bytes& bytes, std::uint8_t byte) {
  const Bytes all = byte;
  return bits_of(__builtin_convertvector(bytes <= all, Bits));
}
// Leaves the first `size` bytes, and white space behind them.
[[gnu::always_inline]] inline void keep_first(Bytes& bytes, std::size_t size) {
  const Bytes places = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
                        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
  const Bytes spaces = ' ';
  const Bytes sizes = static_cast<std::uint8_t>(size);
  bytes = places < sizes ? bytes : spaces;
}
[[gnu::always_inline]] inline std::uint32_t bits_of(EightBits bits) {
  std::uint8_t byte = 0;
  std::memcpy(&byte, &bits, sizeof byte);
  return byte;
}
[[gnu::always_inline]] inline EightBits eight_bits(std::uint32_t bits) {
  const auto byte = static_cast<std::uint8_t>(bits);
  EightBits eight;
  std::memcpy(&eight, &byte, sizeof byte);
  return eight;
}
[[gnu::always_inline]] inline bool any(const EightWords& words) {
  return bits_of(__builtin_convertvector(words != 0, EightBits)) != 0;
}
[[gnu::always_inline]] inline bool any(std::uint64_t word) { return word != 0; }

// Checks a JSON text 64 bytes at a time, without a branch for each token: bit sets of what stands where are shifted to
// where the next byte or token is, and compared with what may stand there. A run (the rest of a string, digits, white
// space) is passed over by an addition, whose carry goes through it. Left to the reader, who has to follow the brackets
// anyway: which kind of bracket is closed, and whether members with names stand in objects and others in arrays.
// UTF-8 is not checked either. What is read behind the text, of a literal or an escape that it ends in, does not
// matter: such a text ends within its brackets.
//
// kBlocks: how many blocks at once, eight or one. Eight take hardly more time than one.
template <std::size_t kBlocks>
class JsonCheck {
  static_assert(kBlocks == 8 || kBlocks == 1);

 public:
  using Words = std::conditional_t<kBlocks == 1, std::uint64_t, EightWords>;

  // What stands where in the blocks, in strings or not. Behind the text: white space.
  struct Places {
    std::uint64_t quotes[kBlocks];  // but for escaped ones
    std::uint64_t open[kBlocks];
    std::uint64_t close[kBlocks];
    std::uint64_t comma[kBlocks];
    std::uint64_t colon[kBlocks];
    std::uint64_t white[kBlocks];  // space and all control characters
    std::uint64_t control[kBlocks];
    std::uint64_t digits[kBlocks];
    std::uint64_t zeros[kBlocks];
    std::uint64_t minus[kBlocks];
    std::uint64_t plus[kBlocks];
    std::uint64_t points[kBlocks];
    std::uint64_t exponents[kBlocks];
  };
  // Of them, outside of strings.
  struct Found {
    Words open;
    Words close;
    Words comma;
    Words colon;
    Words elements;  // what only an array has: a bit before the end of each value that has no name
  };

  [[gnu::always_inline]] void look(const Bytes& bytes, std::size_t i, Places& places) {
    const std::uint64_t control = at_most(bytes, 0x1F);
    if (control != 0) {
      const std::uint64_t space = equal(bytes, '\n') | equal(bytes, '\r') | equal(bytes, '\t');
      wrong_at_once_ |= control & ~space;
    }
    const Bytes folded = bytes | 0x20;  // [ ] are { } but for this bit
    places.open[i] = equal(folded, '{');
    places.close[i] = equal(folded, '}');
    places.comma[i] = equal(bytes, ',');
    places.colon[i] = equal(bytes, ':');
    places.white[i] = at_most(bytes, ' ');
    places.control[i] = control;
    places.digits[i] = at_most(bytes - '0', 9);
    places.zeros[i] = equal(bytes, '0');
    places.minus[i] = equal(bytes, '-');
    places.plus[i] = equal(bytes, '+');
    places.points[i] = equal(bytes, '.');
    places.exponents[i] = equal(folded, 'e');
  }

  // `text`: the first of the blocks.
  [[gnu::always_inline]] Found check(const Places& places, const char* text) {
    const Words quotes = words_at(places.quotes);
    const Words in_string = strings(quotes);
    const Words outside = ~(in_string | quotes);
    const Words open = words_at(places.open) & outside;
    const Words close = words_at(places.close) & outside;
    const Words comma = words_at(places.comma) & outside;
    const Words colon = words_at(places.colon) & outside;
    const Words white = words_at(places.white) & outside;
    const Words scalar = outside & ~(white | open | close | comma | colon);
    const Words scalar_begin = scalar & ~scalar_.next_byte(scalar);
    const Words string_begin = quotes & in_string;
    wrong_ |= words_at(places.control) & in_string;

    const bool spaced = any(white);
    const Words behind_open = open_.next_token(open, white, spaced);
    const Words behind_comma = comma_.next_token(comma, white, spaced);
    const Words behind_colon = colon_.next_token(colon, white, spaced);
    const Words due = behind_open | behind_comma | behind_colon;  // where values and names begin
    wrong_ |= (scalar_begin | string_begin | open) & ~due;
    wrong_ |= (comma | colon) & due;
    wrong_ |= close & (behind_comma | behind_colon);

    const Words name_begin = string_begin & (behind_open | behind_comma);
    const Words name_end = name_.run_end(name_begin, in_string);
    const Words behind_name = behind_name_.next_token(name_end, white, spaced);
    wrong_ |= colon & ~behind_name;

    const Words digits = words_at(places.digits) & scalar;
    Words whole = scalar_begin;  // where numbers begin, behind their sign
    if (any(scalar & ~digits) || unfinished() != 0) {
      whole = check_all_scalars(places, text, scalar, scalar_begin, digits);
    }
    wrong_ |= zero_.next_byte(whole & words_at(places.zeros)) & digits;
    digit_before_ = last_of(digits) >> 63;
    return {open, close, comma, colon, (behind_name & ~colon) | ((scalar_begin | open) & ~behind_colon)};
  }

  // `text`: the block. `escaped`: the bytes behind backslashes. (A backslash outside of strings is part of no scalar.)
  [[gnu::always_inline]] void check_escapes(const char* text, std::uint64_t escaped) {
    for (; escaped != 0; escaped &= escaped - 1) {
      if (!escapes(text + std::countr_zero(escaped))) wrong_at_once_ = 1;
    }
  }

  // Was all that has been checked right so far?
  [[gnu::always_inline]] bool right() const { return wrong_at_once_ == 0 && !any(wrong_) && inside_ == 0; }

 private:
  [[gnu::always_inline]] static Words words_at(const std::uint64_t (&words)[kBlocks]) {
    Words all;
    std::memcpy(&all, words, sizeof all);
    return all;
  }

  [[gnu::always_inline]] static std::uint64_t last_of(const Words& words) {
    if constexpr (kBlocks == 1) {
      return words;
    } else {
      return words[kBlocks - 1];
    }
  }

  // Places moved forward, some of them into the blocks behind.
  struct Forward {
    std::uint64_t carry = 0;

    [[gnu::always_inline]] Words next_byte(const Words& places) {
      const Words last = places >> 63;
      if constexpr (kBlocks == 1) {
        const Words next = places << 1 | carry;
        carry = last;
        return next;
      } else {
        const Words before = carry;
        carry = last[kBlocks - 1];
        return places << 1 | __builtin_shufflevector(last, before, 8, 0, 1, 2, 3, 4, 5, 6);
      }
    }
    [[gnu::always_inline]] Words next_token(const Words& places, const Words& white, bool spaced) {
      const Words next = next_byte(places);
      if (!spaced) return next;
      const std::uint64_t last = carry;
      carry = 0;
      const Words behind = run_end(next, white);
      carry |= last;
      return behind;
    }
    // From each of `places` to the first byte that is not in `run`.
    [[gnu::always_inline]] Words run_end(const Words& places, const Words& run) {
      if constexpr (kBlocks == 1) {
        Words sum = 0;
        carry = __builtin_add_overflow(places | carry, run, &sum) ? 1 : 0;
        return sum & ~run;
      } else {
        const Words before = {carry, 0, 0, 0, 0, 0, 0, 0};
        const Words sum = (places | before) + run;
        // The carry of each word goes into the next, and on through words that are all ones.
        const std::uint32_t over = bits_of(__builtin_convertvector(sum < run, EightBits));
        const std::uint32_t full = bits_of(__builtin_convertvector(~sum == 0, EightBits));
        const std::uint32_t carried = ((over << 1) + full) ^ full;
        carry = carried >> kBlocks & 1;
        return (sum + __builtin_convertvector(eight_bits(carried), Words)) & ~run;
      }
    }
  };

  // Strings, each from its opening quote to before the closing one: where the number of quotes so far is odd.
  [[gnu::always_inline]] Words strings(const Words& quotes) {
    Words odd = quotes;
    for (int shift = 1; shift < 64; shift *= 2) odd ^= odd << shift;
    if constexpr (kBlocks == 1) {
      odd ^= 0 - inside_;
      inside_ = odd >> 63;
      return odd;
    } else {
      std::uint32_t words = bits_of(__builtin_convertvector(odd >> 63 != 0, EightBits));  // an odd number in the word
      for (int shift = 1; shift < static_cast<int>(kBlocks); shift *= 2) words ^= words << shift;
      if (inside_ != 0) words = ~words;
      const Words inside = __builtin_convertvector(eight_bits(words << 1 | static_cast<std::uint32_t>(inside_)), Words);
      inside_ = words >> (kBlocks - 1) & 1;
      return odd ^ (0 - inside);
    }
  }

  [[gnu::always_inline]] std::uint64_t unfinished() const {
    return literal_ | minus_.carry | point_.carry | exponent_.carry | sign_.carry | fraction_.carry | power_.carry;
  }

  // For scalars that are not only digits.
  [[gnu::always_inline]] Words check_all_scalars(const Places& places, const char* text, const Words& scalar,
                                                 const Words& begin, const Words& digits) {
    const Words dash = words_at(places.minus);
    Words number = scalar;
    const Words letter = begin & ~(digits | dash);
    if (any(letter) || literal_ != 0) {
      std::uint64_t bytes[kBlocks];
      std::memcpy(bytes, &letter, sizeof bytes);
      for (std::size_t i = 0; i < kBlocks; ++i) {
        if ((bytes[i] | literal_) != 0) bytes[i] = literals(text + 64 * i, bytes[i]);
      }
      number &= ~words_at(bytes);
    }
    const Words minus = dash & number;
    const Words plus = words_at(places.plus) & number;
    const Words point = words_at(places.points) & number;
    const Words exponent = words_at(places.exponents) & number;
    wrong_ |= number & ~(digits | minus | plus | point | exponent);

    const Words first = begin & number;
    const Words whole = (first & ~minus) | minus_.next_byte(first & minus);
    const Words fraction = point_.next_byte(point);
    const Words behind_exponent = exponent_.next_byte(exponent);
    const Words sign = behind_exponent & (minus | plus);
    const Words power = (behind_exponent & ~sign) | sign_.next_byte(sign);
    Forward digit{digit_before_};
    wrong_ |= (whole | fraction | power) & ~digits;
    wrong_ |= (point | exponent) & ~digit.next_byte(digits);
    wrong_ |= (minus & ~first & ~behind_exponent) | (plus & ~behind_exponent);
    wrong_ |= fraction_.run_end(fraction, digits) & point;
    wrong_ |= power_.run_end(power, digits) & (point | exponent);
    return whole;
  }

  // The bytes of true, false and null, one of which has to stand at each of `begins`.
  [[gnu::always_inline]] std::uint64_t literals(const char* text, std::uint64_t begins) {
    std::uint64_t bytes = literal_;
    literal_ = 0;
    for (; begins != 0; begins &= begins - 1) {
      const int begin = std::countr_zero(begins);
      const int size = literal_size(text + begin);
      if (size == 0 || !ends_scalar(text[begin + size])) wrong_at_once_ = 1;
      const std::uint64_t all = (std::uint64_t{1} << size) - 1;
      bytes |= all << begin;
      if (begin + size > 64) literal_ = all >> (64 - begin);
    }
    return bytes;
  }

  [[gnu::always_inline]] static int literal_size(const char* text) {
    const std::uint32_t word = load_u32(text);
    if (word == load_u32("true") || word == load_u32("null")) return 4;
    return word == load_u32("fals") && text[4] == 'e' ? 5 : 0;
  }
  [[gnu::always_inline]] static bool ends_scalar(char c) {
    return c == ',' || (c | 0x20) == '}' || static_cast<unsigned char>(c) <= ' ';
  }

  [[gnu::always_inline]] static bool escapes(const char* at) {
    if (*at != 'u') return *at != '\0' && std::strchr("\"\\/bfnrt", *at) != nullptr;
    for (int i = 1; i <= 4; ++i) {
      const char c = at[i];
      const char lower = static_cast<char>(c | 0x20);
      if (!(c >= '0' && c <= '9') && !(lower >= 'a' && lower <= 'f')) return false;
    }
    return true;
  }

  Words wrong_ = 0;
  std::uint64_t wrong_at_once_ = 0;
  std::uint64_t inside_ = 0;  // 1 if the blocks so far end within a string
  Forward scalar_, open_, comma_, name_, behind_name_;
  Forward colon_{1};  // the event itself stands where a value is due
  Forward zero_, minus_, point_, exponent_, sign_, fraction_, power_;
  std::uint64_t digit_before_ = 0;
  std::uint64_t literal_ = 0;  // the bytes of a literal that goes on in the block behind
};

}  // namespace eventbus::rules

#pragma clang diagnostic pop
