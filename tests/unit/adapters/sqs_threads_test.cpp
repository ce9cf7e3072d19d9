// Many shards at once on the same queues: what tsan looks at.

#include "bus/queue_messages.h"
#include "bus/receipt_handle.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace eventbus {
namespace {

constexpr int kThreads = 4;
constexpr int kMessagesEach = 200;

struct Shared {
  testing::ManualClock clock{testing::test_epoch()};
  SeededRng rng{1};
  Limits limits;
  spdlog::logger log{"test"};
  std::unique_ptr<Storage> storage = make_memory_storage(clock);
  QueueService queues{*storage, clock, limits, log};
  QueueMessages messages{queues, *storage, clock, rng, limits, log};
};

asio::awaitable<void> produce(Shared& shared, int thread) {
  const Scope scope{"000000000000", "us-east-1"};
  for (int i = 0; i < kMessagesEach; ++i) {
    const QueuePtr queue = shared.queues.find(scope, "orders");
    MessageToSend message;
    message.body = std::to_string(thread) + "-" + std::to_string(i);
    EXPECT_TRUE(co_await shared.messages.send(queue, std::move(message)));
    if (i % 20 == 0) {
      QueueAttributeMap attributes{{"VisibilityTimeout", std::to_string(100 + i)}};
      EXPECT_TRUE(co_await shared.queues.set_attributes(scope, "orders", std::move(attributes)));
    }
  }
}

// Receives and deletes until every message of the test has been seen by somebody.
asio::awaitable<void> consume(Shared& shared, std::atomic<int>& received, std::set<std::string>& bodies) {
  const Scope scope{"000000000000", "us-east-1"};
  while (received < kThreads * kMessagesEach) {
    const QueuePtr queue = shared.queues.find(scope, "orders");
    MessagesToReceive request;
    request.count = 10;
    QueueResult<ReceivedMessages> batch = co_await shared.messages.receive(queue, std::move(request));
    if (!batch) {
      ADD_FAILURE() << batch.error().message;
      co_return;
    }
    std::vector<std::string> handles;
    for (const LeasedMessage& message : batch->messages) {
      bodies.insert(message.body);
      handles.push_back(encode_receipt_handle({message.lease, batch->received_at}));
    }
    received += static_cast<int>(handles.size());
    EXPECT_TRUE(co_await shared.messages.remove(queue, std::move(handles)));
  }
}

TEST(SqsThreads, EveryMessageIsReceivedOnceWhileTheQueueIsChanged) {
  Shared shared;
  QueueService::NewQueue request;
  request.scope = {"000000000000", "us-east-1"};
  request.name = "orders";
  ASSERT_TRUE(testing::run(shared.queues.create(std::move(request))));

  std::atomic<int> received{0};
  std::vector<std::set<std::string>> seen(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { testing::run(produce(shared, i)); });
    threads.emplace_back([&, i] { testing::run(consume(shared, received, seen[static_cast<std::size_t>(i)])); });
  }
  for (std::thread& thread : threads) thread.join();

  std::set<std::string> all;
  for (std::set<std::string>& bodies : seen) all.merge(bodies);
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kThreads * kMessagesEach));
  EXPECT_EQ(received.load(), kThreads * kMessagesEach);
  EXPECT_EQ(shared.storage->queues().total_depth().total(), 0U);
}

}  // namespace
}  // namespace eventbus
