#pragma once

#include "rules-engine/hash.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace eventbus::rules {

// Where the marks of a JSON text stand, one bit for each of its bytes. No list of positions is written, which is most
// of what simdjson's first stage does, and whole values can be passed over by the brackets of 64 bytes at a time.
class BlockIndex {
 public:
  enum Mark : std::uint8_t {
    kQuote,      // the quotes around strings
    kOpen,       // { and [ outside of strings
    kClose,      // } and ]
    kEnd,        // comma, } and ]: what ends a value
    kSpecial,    // any dot or backslash
    kBackslash,  // any backslash
    kColon,      // outside of strings; this and the next only by build_checked
    kElement,    // JsonCheck::Found::elements
    kMarks,
  };

  // How deep brackets may stand in one another.
  static constexpr std::uint32_t kNestingMax = 1'000;

  // For a text that is known to be JSON. Nothing is checked; the answers about any other text mean nothing, and are
  // never beyond its end by more than a few bytes. `text` has 64 readable bytes behind it. Allocates nothing unless it
  // is the longest so far.
  void build(std::string_view text);
  // For any text. False if it cannot be JSON. True if it is, but for what the caller has to see to on the way through
  // objects and arrays: that each is closed by its own kind of bracket, that each member of an object, and no element
  // of an array, has a name, and that there is nothing behind the outermost.
  bool build_checked(std::string_view text);

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
  // In a checked text, a colon outside of strings in [begin, end)?
  bool colon_between(std::size_t begin, std::size_t end) const { return checked_ && any(kColon, begin, end); }
  // The place behind the bracket that closes the one at `at`, around which `around` others are open. The text's length
  // or more if there is none, or if in a checked text what is between is not JSON or nested more than kNestingMax deep.
  std::size_t behind_brackets(std::size_t at, std::uint32_t around) const;

 private:
  static constexpr std::size_t kBehind = 8;      // words behind those of the text
  static constexpr std::size_t kOnesBehind = 2;  // of them with every mark set
  static constexpr std::size_t kWindow = 57;

  // The marks of kWindow bytes from `at` on. One load, wherever it is: no branch for the ends of blocks, which come as
  // they like and would be mispredicted more often than not.
  std::uint64_t window(Mark mark, std::size_t at) const {
    return load_u64(reinterpret_cast<const char*>(of(mark)) + at / 8) >> (at % 8);
  }
  const std::uint64_t* of(Mark mark) const { return marks_[mark]; }
  std::size_t next_block(Mark mark, std::size_t at) const;
  void make_room(std::string_view text);
  void mark_all_behind(std::string_view text);
  std::size_t behind_checked_brackets(std::size_t at, std::uint32_t around) const;

  const char* text_ = nullptr;
  bool checked_ = false;
  // The words of each mark, `stride_` of them; behind those of the text stand words with every mark set.
  std::vector<std::uint64_t> words_;
  const std::uint64_t* marks_[kMarks] = {};
  std::size_t stride_ = 0;
  std::size_t blocks_ = 0;
  bool has_backslashes_ = false;
};

}  // namespace eventbus::rules
