#pragma once

#include "storage/batch_writer.h"
#include "storage/blocking_pool.h"
#include "storage/queue_browser.h"
#include "storage/queue_store.h"
#include "storage/storage_state.h"
#include "storage/table.h"

#include <atomic>
#include <memory>
#include <vector>

namespace eventbus {

// Queues over a Table: the index in memory decides, the table gives the bodies.
class TableQueueStore final : public QueueStore, public QueueBrowser {
 public:
  // `pool` may be null when the table never blocks.
  TableQueueStore(StorageState& state, Table& table, BatchWriter& writer, Clock& clock, BlockingPool* pool)
      : state_(state), table_(table), writer_(writer), clock_(clock), pool_(pool) {}

  QueueId next_queue_id() override;
  bool exists(QueueId queue) const override;
  asio::awaitable<Result<LeaseBatch>> lease(LeaseRequest request) override;
  asio::awaitable<void> wait(QueueId queue, TimePoint deadline) override;
  asio::awaitable<Result<std::vector<BrowsedMessage>>> browse(QueueId queue, std::uint64_t after,
                                                              std::size_t count) override;
  std::optional<Lease> lease_message(const MessageKey& message, TimePoint lease_until) override;
  LeaseState state(const Lease& lease) override;
  LeaseState extend(const Lease& lease, TimePoint until) override;
  void give_back(const Lease& lease) override;
  Result<QueueDepth> depth(QueueId queue) override;
  QueueDepth total_depth() const override;
  asio::awaitable<Result<void>> expire() override;

 private:
  struct BodyReads;
  asio::awaitable<void> read_bodies(BodyReads& reads);
  void read_bodies(BodyReads& reads, ReadTier tier);
  Result<std::vector<BrowsedMessage>> scan_bodies(QueueId queue, std::uint64_t after, std::size_t count);

  StorageState& state_;
  Table& table_;
  BatchWriter& writer_;
  Clock& clock_;
  BlockingPool* const pool_;
};

}  // namespace eventbus
