#pragma once

#include "rules-engine/hash.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace eventbus::rules {

// Where the marks of a JSON text stand, one bit for each of its bytes. For texts that are known to be valid: nothing is
// checked and no list of positions written, which is most of what simdjson's first stage does, and whole values can be
// passed over by counting the brackets of 64 bytes at a time. The answers about any other text mean nothing; they are
// never beyond its end by more than a few bytes.
class BlockIndex {
 public:
  enum Mark : std::uint8_t {
    kQuote,      // the quotes around strings
    kOpen,       // { and [ outside of strings
    kClose,      // } and ]
    kEnd,        // comma, } and ]: what ends a value
    kSpecial,    // any dot or backslash
    kBackslash,  // any backslash
    kMarks,
  };

  // `text` has 64 readable bytes behind it. Allocates nothing unless it is the longest so far.
  void build(std::string_view text);

  // The first mark at `at` or behind it; the text's length or more if there is none. `at` may be kReach beyond the
  // text, where every byte has every mark, so that not each step of a reader has to be checked.
  static constexpr std::size_t kReach = 16;
  std::size_t next(Mark mark, std::size_t at) const {
    const std::uint64_t bits = window(mark, at);
    if (bits != 0) [[likely]]
      return at + static_cast<std::size_t>(std::countr_zero(bits));
    return next_block(mark, at);
  }
  // Does one stand in [begin, end)? Both within the text.
  bool any(Mark mark, std::size_t begin, std::size_t end) const {
    const std::size_t size = end - begin;
    if (size < kWindow) [[likely]]
      return (window(mark, begin) & ((std::uint64_t{1} << size) - 1)) != 0;
    return next_block(mark, begin) < end;
  }
  // Is there one in the whole text?
  bool has_backslashes() const { return has_backslashes_; }
  // The place behind the bracket that closes the one at `at`; the text's length or more if there is none.
  std::size_t behind_brackets(std::size_t at) const;

 private:
  static constexpr std::size_t kWindow = 57;

  // The marks of kWindow bytes from `at` on. One load, wherever it is: no branch for the ends of blocks, which come as
  // they like and would be mispredicted more often than not.
  std::uint64_t window(Mark mark, std::size_t at) const {
    return load_u64(reinterpret_cast<const char*>(of(mark)) + at / 8) >> (at % 8);
  }
  const std::uint64_t* of(Mark mark) const { return marks_[mark]; }
  std::size_t next_block(Mark mark, std::size_t at) const;

  // The words of each mark, `stride_` of them; behind those of the text stand words with every mark set.
  std::vector<std::uint64_t> words_;
  const std::uint64_t* marks_[kMarks] = {};
  std::size_t stride_ = 0;
  std::size_t blocks_ = 0;
  bool has_backslashes_ = false;
};

}  // namespace eventbus::rules
