#pragma once

#include "rules-engine/block_index.h"
#include "rules-engine/path_trie.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace eventbus::rules {

// The form of an object: everything in its text but the values. The objects of an array nearly always have the same
// one, key by key and space by space, so once it is known the next object is read by comparing a few words where the
// values end, instead of finding, hashing and looking up each key. Objects within the object belong to its form; arrays
// in it count as values, as does what no rule names.
class ElementForm {
 public:
  // A value of a path that some rule names.
  struct Wanted {
    std::uint32_t value = 0;  // which of the values
    PathNode node = 0;
    FieldId field = PathTrie::kNothing;
    std::uint32_t depth = 0;  // of the object around it
  };
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;  // of the comma or bracket behind it
  };
  static constexpr std::size_t kDiffers = ~std::size_t{0};
  static constexpr std::size_t kValuesMax = 48;

  // Takes the form of the object at `at`, whose path is `node` and whose depth in the event is `depth`. False if it has
  // none that is worth it: no or too many values, or keys with escapes.
  bool take(const PathTrie& paths, const BlockIndex& marks, std::string_view event, std::size_t at, PathNode node,
            std::uint32_t depth);

  // If the object at `at` has the form: the place behind it, with its values' places. Otherwise kDiffers. Same event.
  [[gnu::always_inline]] std::size_t fit(const BlockIndex& marks, std::string_view event, std::size_t at) {
    for (std::size_t i = 0; i < size_; ++i) {
      if (!stands_at(texts_[i], event, at)) return kDiffers;
      at += texts_[i].size;
      begins_[i] = static_cast<std::uint32_t>(at);
      const char first = event.data()[at];
      if (static_cast<unsigned char>(first) <= ' ') return kDiffers;  // a bracket may be behind it
      if (is_bracket(first)) at = marks.behind_brackets(at, depths_[i]);
      at = marks.next(BlockIndex::kEnd, at);
      ends_[i] = static_cast<std::uint32_t>(at);
    }
    if (!stands_at(texts_[size_], event, at)) return kDiffers;
    return at + texts_[size_].size;
  }
  std::span<const Wanted> wanted() const { return {wanted_.data(), wanted_size_}; }
  Place place(const Wanted& wanted) const { return {begins_[wanted.value], ends_[wanted.value]}; }

 private:
  // What stands before a value, or behind the last one.
  struct Text {
    std::uint64_t head = 0;  // its first eight bytes
    std::uint64_t mask = 0;  // those of them that count
    std::uint32_t at = 0;    // where the event has it
    std::uint32_t size = 0;
  };
  static constexpr std::size_t kLevelsMax = 8;  // of objects in one another

  static bool is_bracket(char c) { return (c | 0x20) == '{'; }
  static bool stands_at(const Text& text, std::string_view event, std::size_t at) {
    const char* const here = event.data() + at;
    if (at + text.size > event.size()) return false;
    if (((load_u64(here) ^ text.head) & text.mask) != 0) return false;
    // Eight bytes at a time, the last ones with some that have been compared.
    const char* const known = event.data() + text.at;
    for (std::uint32_t i = 8; i < text.size; i += 8) {
      const std::uint32_t from = i + 8 <= text.size ? i : text.size - 8;
      if (load_u64(here + from) != load_u64(known + from)) return false;
    }
    return true;
  }
  void set_text(std::size_t i, std::string_view event, std::size_t begin, std::size_t end);

  std::array<Text, kValuesMax + 1> texts_;
  // The places of the values. Apart: two that are written one by one and read at once make the processor wait.
  std::array<std::uint32_t, kValuesMax> begins_;
  std::array<std::uint32_t, kValuesMax> ends_;
  std::array<std::uint32_t, kValuesMax> depths_;  // of the objects around them
  std::array<Wanted, kValuesMax> wanted_;
  std::size_t size_ = 0;
  std::size_t wanted_size_ = 0;
};

}  // namespace eventbus::rules
