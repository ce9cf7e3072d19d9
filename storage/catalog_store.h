#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// One change of the Catalog, carried by a Commit. Keys are '/'-separated paths of printable text, owned by the layer
// above
// ("bus/000000000000/us-east-1/orders"); values are that layer's documents.
struct CatalogWrite {
  std::string key;
  std::optional<std::string> value;  // nullopt erases; erasing what is not there succeeds
  // If set, the write (and with it the whole commit) happens only when the key's revision is this one; 0 = does not
  // exist.
  std::optional<std::uint64_t> expected_revision;
};

struct CatalogEntry {
  std::string key;
  std::string value;
  std::uint64_t revision = 0;  // grows with every change of the key; never 0
};

// The Catalog: buses, rules, targets, queues' attributes, policies. Small and wholly in memory, durable through Commit.
// Reads see the newest committed state and never block on a disk. Safe to call from any thread.
class CatalogStore {
 public:
  virtual ~CatalogStore() = default;
  virtual std::optional<CatalogEntry> get(std::string_view key) const = 0;
  // All entries whose key starts with `prefix`, in byte order of their keys.
  virtual std::vector<CatalogEntry> list(std::string_view prefix) const = 0;
};

}  // namespace eventbus
