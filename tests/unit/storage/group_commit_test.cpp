// Commits, leases, acks and waits from several threads at once, each with an io_context of its own, as the shards of
// the daemon do. Every message must be received exactly once, whatever the interleaving.

#include "tests/unit/storage/storage_fixture.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/this_coro.hpp>
#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

namespace eventbus::testing {

namespace {

constexpr int kThreads = 4;
constexpr int kSendersPerThread = 8;
constexpr int kCommitsPerSender = 25;
constexpr int kMessagesPerCommit = 4;
constexpr int kTotal = kThreads * kSendersPerThread * kCommitsPerSender * kMessagesPerCommit;

class GroupCommit : public StorageFixture, public ::testing::WithParamInterface<BackendKind> {
 protected:
  void SetUp() override {
    backend = GetParam().make();
    open();
  }

  // One io_context and thread per shard, until all coroutines have ended.
  template <typename Spawn>
  static void on_shards(const Spawn& spawn) {
    std::vector<std::unique_ptr<asio::io_context>> contexts;
    for (int shard = 0; shard < kThreads; ++shard) {
      contexts.push_back(std::make_unique<asio::io_context>(1));
      spawn(*contexts.back(), shard);
    }
    std::vector<std::thread> threads;
    for (auto& context : contexts) threads.emplace_back([&context] { context->run(); });
    for (std::thread& thread : threads) thread.join();
  }

  static asio::awaitable<void> produce(GroupCommit& test, QueueId queue, int sender, std::atomic<int>& wrong_executor) {
    const auto own = std::this_thread::get_id();
    for (int i = 0; i < kCommitsPerSender; ++i) {
      Commit change;
      for (int j = 0; j < kMessagesPerCommit; ++j)
        change.messages.push_back(
            test.grouped(queue, std::to_string(sender) + ":" + std::to_string(i) + ":" + std::to_string(j),
                         "group" + std::to_string(sender)));
      change.log.push_back({1, test.clock.now(), std::to_string(sender)});
      const auto receipt = co_await test.storage->commit(std::move(change));
      EXPECT_TRUE(receipt.has_value());
      if (std::this_thread::get_id() != own) ++wrong_executor;
    }
  }

  struct Received {
    std::mutex mutex;
    std::multiset<std::string> bodies;
    std::map<std::string, std::vector<std::string>> by_group;
    std::atomic<int> count{0};
  };

  static asio::awaitable<void> consume(GroupCommit& test, QueueId queue, Received& received) {
    while (received.count < kTotal) {
      QueueStore::LeaseRequest request;
      request.queue = queue;
      request.lease_until = test.clock.now() + 1h;
      request.count = 10;
      auto batch = co_await test.storage->queues().lease(request);
      if (!batch) {
        // Another consumer had the last message and has dropped the queue.
        EXPECT_EQ(batch.error().code, ErrorCode::kNotFound);
        EXPECT_EQ(received.count, kTotal);
        co_return;
      }
      if (batch->messages.empty()) {
        co_await test.storage->queues().wait(queue, test.clock.now() + 1h);
        continue;
      }
      Commit acks;
      for (const LeasedMessage& message : batch->messages) acks.acks.push_back(message.lease.key());
      {
        std::lock_guard lock(received.mutex);
        for (LeasedMessage& message : batch->messages) {
          received.by_group[message.group].push_back(message.body);
          received.bodies.insert(std::move(message.body));
        }
      }
      const bool acknowledged = (co_await test.storage->commit(std::move(acks))).has_value();
      EXPECT_TRUE(acknowledged);
      if ((received.count += static_cast<int>(batch->messages.size())) == kTotal) {
        // The others wait for messages that never come.
        Commit drop;
        drop.queues.push_back({QueueChange::kDrop, queue, {}});
        (void)co_await test.storage->commit(std::move(drop));
      }
    }
  }

  void produce_and_consume(QueueId queue, Received& received) {
    std::atomic<int> wrong_executor{0};
    on_shards([&](asio::io_context& context, int shard) {
      for (int i = 0; i < kSendersPerThread; ++i)
        asio::co_spawn(context, produce(*this, queue, shard * kSendersPerThread + i, wrong_executor), asio::detached);
      for (int i = 0; i < 4; ++i) asio::co_spawn(context, consume(*this, queue, received), asio::detached);
    });
    EXPECT_EQ(wrong_executor, 0);
    EXPECT_EQ(received.bodies.size(), static_cast<std::size_t>(kTotal));
    EXPECT_EQ(std::set<std::string>(received.bodies.begin(), received.bodies.end()).size(), received.bodies.size());
    EXPECT_EQ(storage->log().bounds(1).head, static_cast<std::uint64_t>(kTotal / kMessagesPerCommit));
    EXPECT_EQ(storage->queues().total_depth().total(), 0u);
    EXPECT_EQ(storage->queues().total_depth().bytes, 0u);
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, GroupCommit, ::testing::ValuesIn(all_backends()),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace

TEST_P(GroupCommit, EveryMessageIsReceivedOnceByThreadsThatSendAndReceive) {
  Received received;
  produce_and_consume(create_queue(), received);
}

TEST_P(GroupCommit, GroupsStayInOrderAcrossThreads) {
  Received received;
  produce_and_consume(create_queue(fifo()), received);
  for (const auto& [group, bodies] : received.by_group) {
    std::size_t position = 0;
    const std::string sender = group.substr(5);
    for (int i = 0; i < kCommitsPerSender; ++i)
      for (int j = 0; j < kMessagesPerCommit; ++j)
        ASSERT_EQ(bodies.at(position++), sender + ":" + std::to_string(i) + ":" + std::to_string(j));
  }
}

TEST_P(GroupCommit, ABadCommitNeverFailsItsNeighbours) {
  const QueueId queue = create_queue();
  std::atomic<int> good{0}, conflicts{0}, unknown{0};
  auto write = [](GroupCommit& test, QueueId target, int number, auto& done, auto& conflicting,
                  auto& not_there) -> asio::awaitable<void> {
    Commit change;
    change.messages.push_back(test.message(number % 3 == 0 ? target + 1'000'000 : target, std::to_string(number)));
    if (number % 3 == 1) change.catalog.push_back(catalog_put("contended", std::to_string(number), 0));
    const auto receipt = co_await test.storage->commit(std::move(change));
    if (receipt) {
      ++done;
    } else if (receipt.error().code == ErrorCode::kConflict) {
      ++conflicting;
    } else if (receipt.error().code == ErrorCode::kNotFound) {
      ++not_there;
    }
  };
  on_shards([&](asio::io_context& context, int shard) {
    for (int i = 0; i < 75; ++i)
      asio::co_spawn(context, write(*this, queue, shard * 75 + i, good, conflicts, unknown), asio::detached);
  });
  EXPECT_EQ(unknown, 100);
  EXPECT_EQ(conflicts, 99) << "one of the hundred created the entry";
  EXPECT_EQ(good, 101);
  EXPECT_EQ(depth(queue).visible, 101u);
}

TEST_P(GroupCommit, DuplicatesInOneBatchAreFoundOnce) {
  const QueueId queue = create_queue(fifo());
  std::atomic<int> duplicates{0};
  std::mutex mutex;
  std::set<std::string> ids;
  auto write = [](GroupCommit& test, QueueId target, int number, auto& count, auto& lock_on,
                  auto& seen) -> asio::awaitable<void> {
    Commit change;
    change.messages.push_back(test.grouped(target, std::to_string(number), "g", "the same"));
    const auto receipt = co_await test.storage->commit(std::move(change));
    EXPECT_TRUE(receipt.has_value());
    if (receipt->messages[0].duplicate) ++count;
    std::lock_guard lock(lock_on);
    seen.insert(receipt->messages[0].message_id);
  };
  on_shards([&](asio::io_context& context, int shard) {
    for (int i = 0; i < 25; ++i)
      asio::co_spawn(context, write(*this, queue, shard * 25 + i, duplicates, mutex, ids), asio::detached);
  });
  EXPECT_EQ(duplicates, 99);
  EXPECT_EQ(ids.size(), 1u) << "all were told the id of the one that was enqueued";
  EXPECT_EQ(depth(queue).total(), 1u);
}

}  // namespace eventbus::testing
