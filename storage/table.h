#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace eventbus {

// The seam inside storage/: an ordered key-value table with a few columns. The three primitives are written once over
// it (table_storage.h); what differs between memory and RocksDB is only this. Nothing above storage/ may see it.
enum class Column : std::uint8_t { kMeta, kCatalog, kMessageHead, kMessageBody, kDeduplication, kLog };
inline constexpr std::size_t kColumnCount = 6;

// Changes that are written together, in the order in which they were added. Not safe to share between threads.
class RowBatch {
 public:
  virtual ~RowBatch() = default;
  virtual void put(Column column, std::string_view key, std::string_view value) = 0;
  virtual void erase(Column column, std::string_view key) = 0;
  // For a key that was put at most once since it was last erased: cheaper on an LSM, where it vanishes with its value.
  virtual void single_erase(Column column, std::string_view key) = 0;
  // All keys in [begin, end).
  virtual void erase_range(Column column, std::string_view begin, std::string_view end) = 0;
  virtual void clear() = 0;
};

enum class ReadTier {
  kMemory,  // never touches a disk: what is not at hand is kNotAtHand
  kAll,     // may block
};
enum class RowState { kFound, kMissing, kNotAtHand, kFailed };

// Called for each key asked for, in any order; `value` (empty unless kFound) is valid during the call only.
using RowVisitor = std::function<void(std::size_t index, RowState state, std::string_view value)>;
// Called for each row of a range in key order; returning false ends the scan. The views are valid during the call only.
using ScanVisitor = std::function<bool(std::string_view key, std::string_view value)>;

struct Row {
  std::string key, value;
};

// Reads are safe from any thread, also during a write; writes come from one thread at a time.
class Table {
 public:
  virtual ~Table() = default;

  // A batch of this table's own kind; it may be cleared and used again.
  virtual std::unique_ptr<RowBatch> new_batch() = 0;

  // All of the batch or nothing. With `sync` it survives a power cut once this returns. After kUnavailable nothing of
  // it is visible, but whether it will be after `recover` is unknown: it must be called, and succeed, before the next
  // write.
  virtual Result<void> write(RowBatch& batch, bool sync) = 0;
  // Tries to make a table whose write failed writable again. Cheap to call when the cause persists (kUnavailable then;
  // reads go on as well as they can).
  virtual Result<void> recover() = 0;

  virtual Result<std::optional<std::string>> get(Column column, std::string_view key) = 0;
  virtual void multi_get(Column column, std::span<const std::string> keys, ReadTier tier, const RowVisitor& visit) = 0;
  // Rows with begin ≤ key < end; an empty `end` means to the end of the column.
  virtual Result<void> scan(Column column, std::string_view begin, std::string_view end, const ScanVisitor& visit) = 0;
  // The row with the greatest key in [begin, end).
  virtual Result<std::optional<Row>> last(Column column, std::string_view begin, std::string_view end) = 0;

  // Gives the space of [begin, end) back as far as that costs no writing: rows there were erased by an earlier write,
  // so that nothing is read of them whether this is done or not. Blocking; from any thread, also during a write.
  virtual void reclaim(Column /*column*/, std::string_view /*begin*/, std::string_view /*end*/) {}

  virtual std::uint64_t disk_bytes() const = 0;
  // Everything written so far is on disk; the table is not used afterwards.
  virtual void close() = 0;
};

}  // namespace eventbus
