#pragma once

#include "storage/batch_writer.h"
#include "storage/blocking_pool.h"
#include "storage/checkpoints.h"
#include "storage/read_activity.h"
#include "storage/storage.h"
#include "storage/storage_loader.h"
#include "storage/storage_state.h"
#include "storage/table.h"
#include "storage/table_event_log.h"
#include "storage/table_queue_store.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace eventbus {

// The three primitives over a Table: memory and RocksDB differ in the table only.
class TableStorage final : public Storage, public Checkpoints, public ReadActivity {
 public:
  struct Options {
    BatchWriter::Options writer;
    std::size_t read_threads = 0;  // 0 when the table never blocks
    Progress progress;
    // Checkpoints::checkpoint of the table, blocking; empty when it keeps nothing in a directory.
    std::function<Result<void>(const std::filesystem::path& directory)> checkpoint;
  };
  // Reads what the table holds; see load_storage for the errors.
  static Result<std::unique_ptr<Storage>> open(std::shared_ptr<Table> table, Clock& clock, Options options);

  ~TableStorage() override;

  asio::awaitable<Result<CommitReceipt>> commit(Commit commit) override;
  CatalogStore& catalog() override { return state_.catalog; }
  QueueStore& queues() override { return *queues_; }
  EventLog& log() override { return *log_; }
  asio::awaitable<Result<void>> checkpoint(std::filesystem::path directory) override;
  void close() override;
  Health health() const override;
  std::size_t reads_under_way() const override { return pool_ ? pool_->under_way() : 0; }

 private:
  TableStorage(std::shared_ptr<Table> table, Clock& clock, const Options& options);
  void start(Clock& clock, const Options& options);

  const std::function<Result<void>(const std::filesystem::path&)> checkpoint_;
  StorageState state_;
  std::shared_ptr<Table> table_;
  std::unique_ptr<BlockingPool> pool_;
  std::unique_ptr<BatchWriter> writer_;
  std::unique_ptr<TableQueueStore> queues_;
  std::unique_ptr<TableEventLog> log_;
  bool closed_ = false;
};

}  // namespace eventbus
