#pragma once

#include "rules-engine/hash.h"
#include "rules-engine/path_trie.h"
#include "rules-engine/records.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::rules {

// What a text is compared for. Affixes and the outer pieces of wildcards are here if a field has many of few lengths:
// names with counters, hosts of one domain. Then a look-up for each length finds them.
enum class ExactKind : std::uint8_t {
  kText,
  kFoldedText,
  kNumber,  // the bytes of the double
  kNumberSpelling,
  kPrefix,
  kSuffix,
  kFoldedPrefix,
  kFoldedSuffix,
  kFirstPiece,
  kLastPiece,
};

inline KeyTag key_tag(FieldId field, ExactKind kind) { return field << 4 | static_cast<KeyTag>(kind); }

// All tests for equality of all fields in one open-addressing table: one look-up per value, whatever the number of
// rules. A look-up is taken in steps, so that the cache misses of all values of an event can overlap: start, for all;
// then next, for all; then the keys of what was found are compared in Records.
class ExactTable {
 public:
  struct Slot {
    std::uint32_t check = 0;  // other bits of the hash than those that choose the slot
    std::uint32_t record = kNone;
  };
  struct Lookup {
    std::uint32_t check = 0;
    std::uint32_t slot = 0;
  };

  Lookup start(KeyTag tag, std::string_view text) const {
    const std::uint64_t hash = hash_text(text, tag);
    const Lookup lookup{static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(hash) & mask_};
    __builtin_prefetch(slots_.data() + lookup.slot);
    return lookup;
  }
  // The next record whose key may be the one looked for, or kNone.
  std::uint32_t next(Lookup& lookup) const {
    while (true) {
      const Slot& slot = slots_.data()[lookup.slot];
      if (slot.record == kNone) return kNone;
      lookup.slot = (lookup.slot + 1) & mask_;
      if (slot.check == lookup.check) return slot.record;
    }
  }

  ExactTable() = default;
  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t record = kNone;
  };
  static std::uint64_t hash_of(KeyTag tag, std::string_view text) { return hash_text(text, tag); }
  explicit ExactTable(const std::vector<Entry>& entries);
  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  std::vector<Slot> slots_ = std::vector<Slot>(1);
  std::uint32_t mask_ = 0;
};

}  // namespace eventbus::rules
