#pragma once

#include "rules-engine/compiled_rules.h"
#include "rules-engine/number.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace eventbus::rules {

// The values of one field in the objects of an array that have one form. Of a long array nearly all hit nothing, which
// is told of most of them from a few bytes.
class Column {
 public:
  // If `leavable`, a value without hits need not be recorded but by its bit.
  bool leavable = false;

  Column() = default;
  Column(const FieldMatcher& matcher, const PlainValues& plain);

  const PlainValues& plain() const { return *plain_; }

  // Does the scalar in [begin, end) surely hit nothing? Space may be behind it; no backslashes are in it. Eight bytes
  // can be read from its first.
  [[gnu::always_inline]] bool surely_plain(const char* begin, const char* end) {
    const auto size = static_cast<std::size_t>(end - begin);
    if (*begin == '"') {
      return size >= 2 && end[-1] == '"' && (text_lengths_ >> std::min<std::size_t>(size - 2, 63) & 1) == 0;
    }
    if (*begin > '9') {
      return (*begin == 't' && plain_true_) || (*begin == 'f' && plain_false_) || (*begin == 'n' && plain_null_);
    }
    if (!small_size(size)) return false;
    const std::uint64_t word = small_digits(begin, size);
    if (!eight_digits(word)) return false;
    // Digits, the first one foremost, compare like the numbers that they are.
    return __builtin_bswap64(word) - gap_first_ <= gap_size_ || find_gap(number_of_eight(word));
  }

 private:
  bool find_gap(std::uint64_t number);

  const PlainValues* plain_ = nullptr;
  std::uint64_t text_lengths_ = 0;
  bool plain_true_ = false;
  bool plain_false_ = false;
  bool plain_null_ = false;
  // As eight digits: natural numbers around one that hit nothing, none of which does. Before the first one is found, no
  // digits lie in it.
  std::uint64_t gap_first_ = 0;
  std::uint64_t gap_size_ = 0;
};

}  // namespace eventbus::rules
