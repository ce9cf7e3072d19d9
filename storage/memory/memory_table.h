#pragma once

#include "storage/table.h"

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

namespace eventbus {

// A Table in memory. It can be told to fail, and to lose what was not synced, so that every promise of the layers above
// it can be tested without a disk. Safe to read from any thread.
class MemoryTable final : public Table {
 public:
  struct Options {
    // Remembers what a power cut would leave; doubles the memory.
    bool remember_synced = false;
  };
  explicit MemoryTable(Options options);
  MemoryTable() : MemoryTable(Options{}) {}

  std::unique_ptr<RowBatch> new_batch() override;
  Result<void> write(RowBatch& batch, bool sync) override;
  Result<void> recover() override;
  Result<std::optional<std::string>> get(Column column, std::string_view key) override;
  void multi_get(Column column, std::span<const std::string> keys, ReadTier tier, const RowVisitor& visit) override;
  Result<void> scan(Column column, std::string_view begin, std::string_view end, const ScanVisitor& visit) override;
  Result<std::optional<Row>> last(Column column, std::string_view begin, std::string_view end) override;
  std::uint64_t disk_bytes() const override { return 0; }
  void close() override {}

  // ---- faults, for tests
  enum class WriteFault {
    kRefused,    // nothing of a failed batch is there after recovery
    kAmbiguous,  // the batch fails, but is found applied after recovery: a sync that failed after the bytes were
                 // written
  };
  // The next `count` writes fail, and `recover` fails as often before it succeeds.
  void fail_writes(std::size_t count, WriteFault fault = WriteFault::kRefused, std::size_t failing_recoveries = 0);
  void fail_reads(bool fail);
  // Back to the state of the latest synced write (needs remember_synced).
  void power_cut();

 private:
  struct Operation {
    enum Kind { kPut, kErase, kEraseRange } kind;
    Column column;
    std::string key, value;  // of kEraseRange: begin, end
  };
  class Batch;
  using Rows = std::map<std::string, std::string, std::less<>>;
  using Columns = std::array<Rows, kColumnCount>;

  static void apply(Columns& columns, const Operation& operation);
  const Rows& rows(Column column) const { return columns_[static_cast<std::size_t>(column)]; }

  const Options options_;
  mutable std::shared_mutex mutex_;
  Columns columns_;
  Columns synced_;                   // with remember_synced
  std::vector<Operation> unsynced_;  // what columns_ has more
  std::size_t failing_writes_ = 0, failing_recoveries_ = 0;
  WriteFault fault_ = WriteFault::kRefused;
  std::vector<Operation> ambiguous_;  // of failed batches, to appear with recovery
  bool needs_recovery_ = false;
  bool reads_fail_ = false;
};

}  // namespace eventbus
