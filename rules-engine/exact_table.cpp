#include "rules-engine/exact_table.h"

#include <bit>

namespace eventbus::rules {

ExactTable::ExactTable(const std::vector<Entry>& entries) {
  // Two thirds full at most: a smaller table is worth more in the caches than shorter runs, which lie in one line.
  slots_.resize(std::bit_ceil(entries.size() + entries.size() / 2 + 1));
  mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
  for (const Entry& entry : entries) {
    std::uint32_t slot = static_cast<std::uint32_t>(entry.hash) & mask_;
    while (slots_[slot].record != kNone) slot = (slot + 1) & mask_;
    slots_[slot] = {static_cast<std::uint32_t>(entry.hash >> 32), entry.record};
  }
}

}  // namespace eventbus::rules
