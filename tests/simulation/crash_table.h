#pragma once

#include "storage/table.h"
#include "tests/simulation/dice.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace eventbus::simulation {

// The disk of a simulated machine: a Table that forgets with a power cut what was not synced, as a torn log would, and
// that fails when it is told to. What it holds outlives the processes that open it. One thread.
class CrashTable final : public Table {
 public:
  explicit CrashTable(std::uint64_t seed) : dice_(seed) {}

  // ---- faults

  enum class Fault {
    kNone,
    kFull,       // writes fail, nothing of them is kept
    kSyncFails,  // synced writes fail, and whether anything of them is kept turns out later
  };
  // Until it is set to something else.
  void set_fault(Fault fault) { fault_ = fault; }
  Fault fault() const { return fault_; }
  void fail_reads(bool fail) { reads_fail_ = fail; }

  // The power goes during the next write: between the bytes and the sync. `power_is_gone` tells when it has.
  void cut_power_in_next_write(bool cut = true) { cut_in_write_ = cut; }
  bool power_is_gone() const { return power_gone_; }

  enum class Loss {
    kNothing,  // the process was killed, the operating system lives
    kUnsynced,
    kTornOff,  // a part of what was not synced, from some write on
  };
  // The process is gone: whatever it still tries fails until `restart`.
  void crash(Loss loss);
  void restart();

  // ---- lies, which an auditor must find out (mutations.h)

  bool never_syncs = false;    // says that it did
  bool tears_writes = false;   // a write that a crash cut short is there in parts
  bool loses_a_row = false;    // with every restart one message is gone
  bool revives_a_row = false;  // with every restart one erased message is back

  std::size_t unsynced_writes() const { return unsynced_.size(); }
  std::uint64_t writes() const { return writes_; }
  std::size_t row_count(Column column) const { return columns_[static_cast<std::size_t>(column)].size(); }
  std::uint64_t digest() const;

  // ---- Table

  std::unique_ptr<RowBatch> new_batch() override;
  Result<void> write(RowBatch& batch, bool sync) override;
  Result<void> recover() override;
  Result<std::optional<std::string>> get(Column column, std::string_view key) override;
  void multi_get(Column column, std::span<const std::string> keys, ReadTier tier, const RowVisitor& visit) override;
  Result<void> scan(Column column, std::string_view begin, std::string_view end, const ScanVisitor& visit) override;
  Result<std::optional<Row>> last(Column column, std::string_view begin, std::string_view end) override;
  std::uint64_t disk_bytes() const override { return 0; }
  void close() override {}

 private:
  struct Operation {
    enum Kind { kPut, kErase, kEraseRange } kind;
    Column column;
    std::string key, value;  // of kEraseRange: begin, end
  };
  class Batch;
  using Rows = std::map<std::string, std::string, std::less<>>;
  struct Undo {
    Column column;
    std::string key;
    std::optional<std::string> before;
  };
  using Written = std::vector<Undo>;

  bool reads_fail() const { return reads_fail_ || dead_; }
  Rows& rows(Column column) { return columns_[static_cast<std::size_t>(column)]; }
  void apply(const std::vector<Operation>& operations);
  void change(Written& written, Column column, const std::string& key, std::optional<std::string> value);
  void undo(const Written& written);
  void lose_or_revive();

  Dice dice_;
  std::array<Rows, kColumnCount> columns_;
  std::vector<Written> unsynced_;                   // in the order of writing
  std::optional<std::vector<Operation>> in_doubt_;  // of a write whose sync failed
  std::vector<Row> erased_;                         // lately, of message heads: for revives_a_row
  std::vector<Row> erased_bodies_;
  Fault fault_ = Fault::kNone;
  bool reads_fail_ = false, dead_ = false, cut_in_write_ = false, power_gone_ = false, needs_recovery_ = false;
  std::uint64_t writes_ = 0;
};

}  // namespace eventbus::simulation
