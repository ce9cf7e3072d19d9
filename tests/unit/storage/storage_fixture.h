#pragma once

#include "storage/memory/memory_storage.h"
#include "storage/storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::testing {

using namespace std::chrono_literals;

// Runs a coroutine to its end on an io_context of its own, and gives what it returned.
template <typename T>
T run(asio::awaitable<T> coroutine) {
  asio::io_context context(1);
  std::optional<T> outcome;
  auto keep = [](asio::awaitable<T> inner, std::optional<T>& result) -> asio::awaitable<void> {
    result.emplace(co_await std::move(inner));
  };
  asio::co_spawn(context, keep(std::move(coroutine), outcome), asio::detached);
  context.run();
  return std::move(*outcome);
}
inline void run(asio::awaitable<void> coroutine) {
  asio::io_context context(1);
  asio::co_spawn(context, std::move(coroutine), asio::detached);
  context.run();
}

// A storage that a test opens, closes and opens again over the same data.
class StorageBackend {
 public:
  virtual ~StorageBackend() = default;
  virtual Result<std::unique_ptr<Storage>> open(Clock& clock) = 0;
};

class MemoryBackend final : public StorageBackend {
 public:
  Result<std::unique_ptr<Storage>> open(Clock& clock) override { return open_memory_storage(table, clock); }
  std::shared_ptr<MemoryTable> table = std::make_shared<MemoryTable>(MemoryTable::Options{.remember_synced = true});
};

struct BackendKind {
  std::string name;
  std::unique_ptr<StorageBackend> (*make)();
};
std::vector<BackendKind> all_backends();

// Sentences about messages and queues.
class StorageFixture : public ::testing::Test {
 public:
  ManualClock clock{test_epoch()};
  std::unique_ptr<StorageBackend> backend;
  std::unique_ptr<Storage> storage;

  void open() { storage = backend->open(clock).value(); }
  void close() {
    storage->close();
    storage = nullptr;
  }
  void reopen() {
    close();
    open();
  }

  Result<CommitReceipt> commit(Commit change) { return run(storage->commit(std::move(change))); }

  QueueId create_queue(QueueTraits traits = {}) {
    Commit change;
    const QueueId queue = storage->queues().next_queue_id();
    change.queues.push_back({QueueChange::kPut, queue, traits});
    EXPECT_TRUE(commit(std::move(change)).has_value());
    return queue;
  }
  static QueueTraits fifo(bool per_group = false) {
    QueueTraits traits;
    traits.fifo = true;
    traits.deduplicate_per_group = per_group;
    return traits;
  }

  NewMessage message(QueueId queue, std::string body, Duration delay = 0ms) const {
    NewMessage message;
    message.queue = queue;
    message.id = "id-" + body;
    message.body = std::move(body);
    message.sent_at = clock.now();
    message.visible_at = clock.now() + delay;
    return message;
  }
  NewMessage grouped(QueueId queue, std::string body, std::string group, std::string deduplication_id = "") const {
    NewMessage grouped = message(queue, std::move(body));
    grouped.group = std::move(group);
    grouped.deduplication_id = std::move(deduplication_id);
    return grouped;
  }

  Result<CommitReceipt> send(std::vector<NewMessage> messages) {
    Commit change;
    change.messages = std::move(messages);
    return commit(std::move(change));
  }
  EnqueueOutcome send(NewMessage message) {
    std::vector<NewMessage> one;
    one.push_back(std::move(message));
    return send(std::move(one)).value().messages.at(0);
  }

  Result<QueueStore::LeaseBatch> try_lease(QueueId queue, std::size_t count = 10, Duration visibility = 30s) {
    QueueStore::LeaseRequest request;
    request.queue = queue;
    request.lease_until = clock.now() + visibility;
    request.count = count;
    return run(storage->queues().lease(request));
  }
  std::vector<LeasedMessage> lease(QueueId queue, std::size_t count = 10, Duration visibility = 30s) {
    auto batch = try_lease(queue, count, visibility);
    EXPECT_TRUE(batch.has_value());
    return batch ? std::move(batch->messages) : std::vector<LeasedMessage>();
  }
  // The bodies of what can be leased.
  std::vector<std::string> receive(QueueId queue, std::size_t count = 10, Duration visibility = 30s) {
    std::vector<std::string> bodies;
    for (LeasedMessage& leased : lease(queue, count, visibility)) bodies.push_back(std::move(leased.body));
    return bodies;
  }
  Result<CommitReceipt> ack(const std::vector<LeasedMessage>& messages) {
    Commit change;
    for (const LeasedMessage& message : messages) change.acks.push_back(message.lease.key());
    return commit(std::move(change));
  }
  QueueDepth depth(QueueId queue) { return storage->queues().depth(queue).value(); }

  static CatalogWrite catalog_put(std::string key, std::string value,
                                  std::optional<std::uint64_t> expected = std::nullopt) {
    return {std::move(key), std::move(value), expected};
  }
  Result<CommitReceipt> write_catalog(CatalogWrite write) {
    Commit change;
    change.catalog.push_back(std::move(write));
    return commit(std::move(change));
  }

  // The sequence given.
  std::uint64_t append(LogId log, std::string payload, Duration after_now = 0ms) {
    Commit change;
    change.log.push_back({log, clock.now() + after_now, std::move(payload)});
    return commit(std::move(change)).value().log.at(0);
  }
  std::vector<LogEntry> read_log(LogId log, std::uint64_t from = 1, std::size_t count = 100,
                                 std::size_t bytes = 1 << 20) {
    return run(storage->log().read(log, from, count, bytes)).value();
  }
};

}  // namespace eventbus::testing
