#include "storage/table_storage.h"

#include <utility>

namespace eventbus {

Result<std::unique_ptr<Storage>> TableStorage::open(std::shared_ptr<Table> table, Clock& clock, Options options) {
  std::unique_ptr<TableStorage> storage(new TableStorage(std::move(table), clock, options));
  TRY_VOID(load_storage(storage->state_, *storage->table_, clock.now(), options.progress));
  storage->start(clock, options);
  return std::unique_ptr<Storage>(std::move(storage));
}

TableStorage::TableStorage(std::shared_ptr<Table> table, Clock&, const Options& options) : table_(std::move(table)) {
  if (options.read_threads > 0) pool_ = std::make_unique<BlockingPool>(options.read_threads);
}

void TableStorage::start(Clock& clock, const Options& options) {
  writer_ = std::make_unique<BatchWriter>(state_, *table_, clock, options.writer);
  queues_ = std::make_unique<TableQueueStore>(state_, *table_, *writer_, clock, pool_.get());
  log_ = std::make_unique<TableEventLog>(state_, *table_, *writer_, pool_.get());
}

TableStorage::~TableStorage() { close(); }

asio::awaitable<Result<CommitReceipt>> TableStorage::commit(Commit commit) {
  if (commit.empty()) co_return CommitReceipt{};
  co_return co_await writer_->commit(std::move(commit));
}

void TableStorage::close() {
  if (std::exchange(closed_, true)) return;
  if (writer_) writer_->close();
  table_->close();
}

Storage::Health TableStorage::health() const {
  const BatchWriter::Report report = writer_->report();
  Health health;
  health.writable = report.writable;
  health.last_error = report.last_error;
  health.disk_bytes = table_->disk_bytes();
  health.commits = report.commits;
  health.syncs = report.syncs;
  return health;
}

}  // namespace eventbus
