#pragma once

#include "storage/rocksdb/rocksdb_storage.h"
#include "storage/table.h"

#include <atomic>
#include <filesystem>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

namespace eventbus {

class DirectoryLock;

// A Table in RocksDB: a column is a column family. RocksDB's headers stay in the .cpp files.
//
// After a failed write the database is closed and opened again inside: only that tells for certain which batches are in
// its write-ahead log, and starts a new one (after a failed append or sync the old one must not be continued). It is
// tried as soon as the disk takes bytes again, and not before, so that reads go on while the disk is full.
class RocksDbTable final : public Table {
 public:
  static Result<std::shared_ptr<RocksDbTable>> open(const RocksDbOptions& options);
  ~RocksDbTable() override;

  std::unique_ptr<RowBatch> new_batch() override;
  Result<void> write(RowBatch& batch, bool sync) override;
  Result<void> recover() override;
  Result<std::optional<std::string>> get(Column column, std::string_view key) override;
  void multi_get(Column column, std::span<const std::string> keys, ReadTier tier, const RowVisitor& visit) override;
  Result<void> scan(Column column, std::string_view begin, std::string_view end, const ScanVisitor& visit) override;
  Result<std::optional<Row>> last(Column column, std::string_view begin, std::string_view end) override;
  void reclaim(Column column, std::string_view begin, std::string_view end) override;
  std::uint64_t disk_bytes() const override;
  void close() override;

  // Checkpoints::checkpoint. Blocking; safe from any thread.
  Result<void> checkpoint(const std::filesystem::path& directory);

 private:
  class Batch;
  struct Database;  // the open database and its column families

  explicit RocksDbTable(const RocksDbOptions& options);
  Result<void> open_database();
  Result<void> check_space() const;

  const RocksDbOptions options_;
  const std::filesystem::path path_;
  std::unique_ptr<DirectoryLock> lock_;
  mutable std::shared_mutex mutex_;     // readers share it; opening and closing excludes them
  std::atomic<bool> failed_{false};     // of the writer: a write failed, and the database was not opened again since
  std::unique_ptr<Database> database_;  // null while it cannot be opened
};

}  // namespace eventbus
