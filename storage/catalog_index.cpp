#include "storage/catalog_index.h"

#include <mutex>
#include <utility>

namespace eventbus {

std::optional<CatalogEntry> CatalogIndex::get(std::string_view key) const {
  std::shared_lock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return CatalogEntry{found->first, found->second.value, found->second.revision};
}

std::vector<CatalogEntry> CatalogIndex::list(std::string_view prefix) const {
  std::shared_lock lock(mutex_);
  std::vector<CatalogEntry> found;
  for (auto entry = entries_.lower_bound(prefix); entry != entries_.end() && entry->first.starts_with(prefix); ++entry)
    found.push_back({entry->first, entry->second.value, entry->second.revision});
  return found;
}

std::uint64_t CatalogIndex::revision(std::string_view key) const {
  std::shared_lock lock(mutex_);
  const auto found = entries_.find(key);
  return found == entries_.end() ? 0 : found->second.revision;
}

void CatalogIndex::put(std::string key, std::string value, std::uint64_t revision) {
  std::lock_guard lock(mutex_);
  entries_.insert_or_assign(std::move(key), Value{std::move(value), revision});
}

void CatalogIndex::erase(std::string_view key) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found != entries_.end()) entries_.erase(found);
}

}  // namespace eventbus
