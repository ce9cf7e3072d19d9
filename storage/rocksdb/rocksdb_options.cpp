#include "storage/rocksdb/rocksdb_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/status.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <utility>

namespace eventbus {

namespace {

// RocksDB's own log, to whoever wants it and never to a file of its own: Debian's build has assertions, and its file
// logger aborts the process with the second line it writes to a full disk.
class CallbackLogger final : public rocksdb::Logger {
 public:
  explicit CallbackLogger(std::function<void(std::string_view)> log)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(std::move(log)) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    if (!log_) return;
    std::array<char, 1024> line{};
    const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
    if (length > 0) log_({line.data(), std::min(static_cast<std::size_t>(length), line.size() - 1)});
  }

 private:
  const std::function<void(std::string_view)> log_;
};

}  // namespace

void set_database_options(const RocksDbOptions& options, rocksdb::DBOptions& database) {
  database.create_if_missing = true;
  database.create_missing_column_families = true;
  // Bounded: descriptors belong to connections. Files beyond it are opened when needed.
  database.max_open_files = options.open_files_max;
  database.max_background_jobs = 2;
  // One thread writes; the machinery for many only costs.
  database.allow_concurrent_memtable_write = false;
  database.enable_write_thread_adaptive_yield = false;

  // Memory: all columns share one budget. The write-ahead log may hold little more than that, or a start would be long.
  database.db_write_buffer_size = options.write_buffer_bytes;
  database.max_total_wal_size = 2 * options.write_buffer_bytes;
  // Unlinking and blocking reads of dying iterators happen in the background.
  database.avoid_unnecessary_blocking_io = true;
  database.bytes_per_sync = std::size_t{1} << 20;
  // Not preallocated: when ext4 shuts down or aborts its journal, an fdatasync in flight may answer success although
  // turning preallocated blocks into written ones has failed (a bare loop of write and fdatasync, Linux 6.18: in 4 of
  // 30 forced shutdowns with preallocation, in 0 of 60 without).
  database.allow_fallocate = false;

  // The last record of the log may be torn by a crash: replay ends there. A log is never continued after a failed write
  // (rocksdb_table.h), so nothing acknowledged can stand behind a torn record.
  database.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // RocksDbTable recovers by itself.
  database.max_bgerror_resume_count = 0;

  database.info_log = std::make_shared<CallbackLogger>(options.log);
  database.stats_dump_period_sec = 0;
  database.stats_persist_period_sec = 0;
}

void set_column_options(const RocksDbOptions& options, Column column, const std::shared_ptr<rocksdb::Cache>& cache,
                        rocksdb::ColumnFamilyOptions& family) {
  const bool large = column == Column::kMessageBody || column == Column::kLog;
  // A column on its own may use most of the shared budget; two such buffers exist while one is being flushed.
  family.write_buffer_size = std::max(options.write_buffer_bytes / 2, std::size_t{64} << 10);
  family.max_write_buffer_number = 3;
  // Files that are large beside their buffer would keep the space of what is erased (RocksDbTable::reclaim).
  family.target_file_size_base = std::min(std::size_t{large ? 64u : 16u} << 20, 4 * options.write_buffer_bytes);
  family.max_bytes_for_level_base = std::size_t{256} << 20;
  family.compression = large ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  // Logs stay for days and years, and their entries are alike: where a file comes to rest it gets a dictionary of its
  // own. The files above it, which are soon written again, are compressed in a hurry (bench/README.md has figures).
  if (column == Column::kLog) {
    family.level_compaction_dynamic_level_bytes = true;  // the levels are filled from the last: the small rest above it
    family.bottommost_compression = rocksdb::kZSTD;
    family.bottommost_compression_opts.enabled = true;
    family.bottommost_compression_opts.max_dict_bytes = 32 << 10;
    family.bottommost_compression_opts.zstd_max_train_bytes = 0;
  }

  // A consumed queue leaves tombstones behind: a file with many is compacted soon, so that they do not add up to a
  // prefix that every scan at start must walk.
  if (column == Column::kMessageHead || column == Column::kMessageBody)
    family.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(/*sliding_window_size=*/4096, /*deletion_trigger=*/2048,
                                                      /*deletion_ratio=*/0.5));

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;  // so that the cache bounds them, too
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.block_size = std::size_t{large ? 16u : 4u} << 10;
  table.format_version = 5;
  if (column == Column::kMessageBody || column == Column::kDeduplication) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    family.optimize_filters_for_hits = true;  // nobody asks for a message that does not exist
  }
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
}

Error error_of(const rocksdb::Status& status) {
  if (status.IsCorruption() || status.IsInvalidArgument() || status.IsNotSupported())
    return internal("the data directory is damaged or not ours: " + status.ToString());
  if (status.IsNoSpace()) return unavailable("the disk is full: " + status.ToString());
  return unavailable("the disk fails: " + status.ToString());
}

}  // namespace eventbus
