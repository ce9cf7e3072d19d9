#include "rules-engine/exact_table.h"

#include <bit>

namespace eventbus::rules {

ExactTable::ExactTable(const std::vector<std::pair<Key, AtomId>>& entries) {
  slots_.resize(std::bit_ceil(entries.size() * 2 + 1));
  mask_ = slots_.size() - 1;
  for (const auto& [key, atom] : entries) {
    const std::uint64_t hash = hash_of(key.field, key.kind, key.text);
    std::size_t slot = hash & mask_;
    while (slots_[slot].atom != kNone) slot = (slot + 1) & mask_;
    slots_[slot] = {static_cast<std::uint32_t>(hash >> 32),      key.field, static_cast<std::uint32_t>(bytes_.size()),
                    static_cast<std::uint32_t>(key.text.size()), atom,      key.kind};
    bytes_ += key.text;
  }
}

}  // namespace eventbus::rules
