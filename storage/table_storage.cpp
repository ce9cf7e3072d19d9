#include "storage/table_storage.h"

#include <functional>
#include <utility>

namespace eventbus {

Checkpoints* Checkpoints::of(Storage& storage) { return dynamic_cast<Checkpoints*>(&storage); }

Result<std::unique_ptr<Storage>> TableStorage::open(std::shared_ptr<Table> table, Clock& clock, Options options) {
  std::unique_ptr<TableStorage> storage(new TableStorage(std::move(table), clock, options));
  TRY_VOID(load_storage(storage->state_, *storage->table_, clock.now(), options.progress));
  storage->start(clock, options);
  return std::unique_ptr<Storage>(std::move(storage));
}

TableStorage::TableStorage(std::shared_ptr<Table> table, Clock&, const Options& options)
    : checkpoint_(options.checkpoint), table_(std::move(table)) {
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

asio::awaitable<Result<void>> TableStorage::checkpoint(std::filesystem::path directory) {
  if (!checkpoint_ || !pool_) co_return invalid("this storage keeps nothing in a directory: there is nothing to copy");
  Result<void> outcome;
  std::function<void()> work = [&] { outcome = checkpoint_(directory); };
  co_await pool_->run(std::move(work));
  co_return outcome;
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
