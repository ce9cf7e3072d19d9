#pragma once

#include "rules-engine/hash.h"
#include "rules-engine/path_trie.h"
#include "rules-engine/value_matchers.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::rules {

// What is compared for equality.
enum class ExactKind : std::uint8_t { kText, kFoldedText, kNumber, kNumberSpelling };

// All equality tests of all fields in one open-addressing table: one probe per value, whatever the number of rules.
class ExactTable {
 public:
  struct Key {
    FieldId field;
    ExactKind kind;
    std::string text;  // of kNumber: the bytes of the double
  };

  ExactTable() = default;
  ExactTable(const std::vector<std::pair<Key, AtomId>>& entries);

  // The atom, or kNone.
  AtomId find(FieldId field, ExactKind kind, std::string_view text) const {
    const std::uint64_t hash = hash_of(field, kind, text);
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t slot = hash & mask_;; slot = (slot + 1) & mask_) {
      const Slot& entry = slots_[slot];
      if (entry.atom == kNone) return kNone;
      if (entry.tag == tag && entry.field == field && entry.kind == kind && entry.size == text.size() &&
          std::memcmp(bytes_.data() + entry.offset, text.data(), text.size()) == 0) {
        return entry.atom;
      }
    }
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    FieldId field = 0;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    AtomId atom = kNone;
    ExactKind kind = ExactKind::kText;
  };
  static std::uint64_t hash_of(FieldId field, ExactKind kind, std::string_view text) {
    return hash_text(text, std::uint64_t{field} << 3 | static_cast<std::uint64_t>(kind));
  }

  std::vector<Slot> slots_ = std::vector<Slot>(1);
  std::size_t mask_ = 0;
  std::string bytes_;
};

}  // namespace eventbus::rules
