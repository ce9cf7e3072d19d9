#pragma once

#include "storage/catalog_store.h"

#include <cstdint>
#include <functional>
#include <map>
#include <shared_mutex>
#include <string>

namespace eventbus {

// The Catalog in memory. Safe to call from any thread; only the writer and the loader change it.
class CatalogIndex final : public CatalogStore {
 public:
  std::optional<CatalogEntry> get(std::string_view key) const override;
  std::vector<CatalogEntry> list(std::string_view prefix) const override;

  // 0 = does not exist.
  std::uint64_t revision(std::string_view key) const;
  void put(std::string key, std::string value, std::uint64_t revision);
  void erase(std::string_view key);

 private:
  struct Value {
    std::string value;
    std::uint64_t revision = 0;
  };
  mutable std::shared_mutex mutex_;
  std::map<std::string, Value, std::less<>> entries_;
};

}  // namespace eventbus
