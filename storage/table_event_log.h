#pragma once

#include "storage/batch_writer.h"
#include "storage/blocking_pool.h"
#include "storage/event_log.h"
#include "storage/storage_state.h"
#include "storage/table.h"

namespace eventbus {

// Logs over a Table.
class TableEventLog final : public EventLog {
 public:
  // `pool` may be null when the table never blocks.
  TableEventLog(StorageState& state, Table& table, BatchWriter& writer, BlockingPool* pool)
      : state_(state), table_(table), writer_(writer), pool_(pool) {}

  asio::awaitable<Result<std::vector<LogEntry>>> read(LogId log, std::uint64_t from, std::size_t count,
                                                      std::size_t bytes) override;
  asio::awaitable<Result<std::uint64_t>> seek(LogId log, TimePoint when) override;
  Bounds bounds(LogId log) const override;
  asio::awaitable<Result<void>> trim(LogId log, std::uint64_t before) override;

 private:
  Result<std::vector<LogEntry>> read_now(LogId log, std::uint64_t from, std::size_t count, std::size_t bytes);
  Result<std::uint64_t> seek_now(LogId log, TimePoint when);

  StorageState& state_;
  Table& table_;
  BatchWriter& writer_;
  BlockingPool* const pool_;
};

}  // namespace eventbus
