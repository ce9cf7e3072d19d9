// QueueStore::wait: who is woken, when, and what becomes of those who go away. On the memory storage and one
// io_context, where every step is deterministic.

#include "tests/unit/storage/storage_fixture.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <gmock/gmock.h>

namespace eventbus::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QueueWait : public StorageFixture {
 protected:
  void SetUp() override {
    backend = std::make_unique<MemoryBackend>();
    open();
    queue = create_queue();
  }
  void TearDown() override {
    // Nobody may be left inside a storage that is destroyed.
    clock.advance(100h);
    settle();
  }

  struct Consumer {
    int number = 0;
    bool done = false;
    bool threw = false;
    asio::cancellation_signal cancel;
  };

  static asio::awaitable<void> consume(Storage& storage, QueueId queue, TimePoint deadline, Consumer& consumer,
                                       std::vector<int>& order) {
    try {
      co_await storage.queues().wait(queue, deadline);
      // Cancellation does not throw in wait, and leaves the coroutine as it found it.
      EXPECT_TRUE(co_await asio::this_coro::throw_if_cancelled());
    } catch (const std::exception&) {
      consumer.threw = true;
    }
    consumer.done = true;
    order.push_back(consumer.number);
  }

  Consumer& start(Duration timeout = 1h, QueueId target = 0) {
    consumers.push_back(std::make_unique<Consumer>());
    Consumer& consumer = *consumers.back();
    consumer.number = static_cast<int>(consumers.size());
    asio::co_spawn(context, consume(*storage, target ? target : queue, clock.now() + timeout, consumer, woken),
                   asio::bind_cancellation_slot(consumer.cancel.slot(), asio::detached));
    settle();
    return consumer;
  }

  // Runs everything that can run now.
  void settle() {
    context.restart();
    context.poll();
  }
  void arrive(int messages, Duration delay = 0ms) {
    std::vector<NewMessage> batch;
    for (int i = 0; i < messages; ++i) batch.push_back(message(queue, std::to_string(i), delay));
    EXPECT_TRUE(send(std::move(batch)).has_value());
    settle();
  }
  void advance(Duration by) {
    clock.advance(by);
    settle();
  }

  asio::io_context context{1};
  QueueId queue = 0;
  std::vector<std::unique_ptr<Consumer>> consumers;
  std::vector<int> woken;
};

}  // namespace

TEST_F(QueueWait, ReturnsAtOnceWhenSomethingIsReady) {
  arrive(1);
  EXPECT_TRUE(start().done);
}

TEST_F(QueueWait, ReturnsAtItsDeadline) {
  Consumer& first = start(10s);
  Consumer& second = start(20s);
  advance(10s - 1ms);
  EXPECT_FALSE(first.done);
  advance(1ms);
  EXPECT_TRUE(first.done);
  EXPECT_FALSE(second.done);
  advance(10s);
  EXPECT_TRUE(second.done);
}

TEST_F(QueueWait, DeadlineInThePastReturnsAtOnce) { EXPECT_TRUE(start(-1s).done); }

TEST_F(QueueWait, ArrivalsWakeAsManyAsThereAreMessages) {
  for (int i = 0; i < 5; ++i) start();
  arrive(3);
  EXPECT_EQ(woken.size(), 3u);
  EXPECT_EQ(receive(queue).size(), 3u);
  arrive(1);
  EXPECT_EQ(woken.size(), 4u);
}

TEST_F(QueueWait, DelayedMessageWakesOneWhenItIsDue) {
  for (int i = 0; i < 3; ++i) start();
  arrive(1, 10s);
  EXPECT_THAT(woken, IsEmpty());
  advance(10s);
  EXPECT_EQ(woken.size(), 1u);
  EXPECT_THAT(receive(queue), ElementsAre("0"));
}

TEST_F(QueueWait, SeveralMessagesDueTogetherWakeSeveral) {
  for (int i = 0; i < 5; ++i) start();
  arrive(3, 10s);
  advance(10s);
  EXPECT_EQ(woken.size(), 3u);
}

TEST_F(QueueWait, EndOfALeaseWakesAWaiter) {
  arrive(1);
  EXPECT_THAT(receive(queue, 1, 30s), ElementsAre("0"));
  Consumer& consumer = start();
  advance(29s);
  EXPECT_FALSE(consumer.done);
  advance(1s);
  EXPECT_TRUE(consumer.done);
}

TEST_F(QueueWait, ShortenedLeaseIsNoticed) {
  arrive(1);
  const Lease held = lease(queue, 1, 1000s).at(0).lease;
  Consumer& consumer = start();
  storage->queues().extend(held, clock.now() + 5s);
  settle();
  EXPECT_FALSE(consumer.done);
  advance(5s);
  EXPECT_TRUE(consumer.done);
}

TEST_F(QueueWait, GivenBackLeaseWakesAWaiter) {
  arrive(1);
  const Lease held = lease(queue, 1, 1000s).at(0).lease;
  Consumer& consumer = start();
  storage->queues().extend(held, clock.now());
  settle();
  EXPECT_TRUE(consumer.done);
}

TEST_F(QueueWait, EarlierDueTimeThanTheOneWatchedIsNoticed) {
  Consumer& consumer = start();
  arrive(1, 100s);
  arrive(1, 10s);
  advance(10s);
  EXPECT_TRUE(consumer.done);
}

TEST_F(QueueWait, SentinelThatTimesOutIsReplaced) {
  Consumer& sentinel = start(5s);
  Consumer& other = start(1h);
  arrive(1, 10s);
  advance(5s);
  EXPECT_TRUE(sentinel.done);
  EXPECT_FALSE(other.done);
  advance(5s);
  EXPECT_TRUE(other.done);
}

TEST_F(QueueWait, DropWakesEverybody) {
  for (int i = 0; i < 4; ++i) start();
  Commit change;
  change.queues.push_back({QueueChange::kDrop, queue, {}});
  ASSERT_TRUE(commit(std::move(change)).has_value());
  settle();
  EXPECT_EQ(woken.size(), 4u);
}

TEST_F(QueueWait, UnlockedGroupWakesAWaiter) {
  queue = create_queue(fifo());
  send(grouped(queue, "1", "g"));
  send(grouped(queue, "2", "g"));
  const auto leased = lease(queue, 1);
  Consumer& consumer = start();
  EXPECT_FALSE(consumer.done) << "the group is locked";
  ASSERT_TRUE(ack(leased).has_value());
  settle();
  EXPECT_TRUE(consumer.done);
}

TEST_F(QueueWait, CancelledWaiterReturnsWithoutThrowing) {
  Consumer& consumer = start();
  consumer.cancel.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_TRUE(consumer.done);
  EXPECT_FALSE(consumer.threw);
}

TEST_F(QueueWait, CancelledSentinelIsReplaced) {
  Consumer& sentinel = start();
  Consumer& other = start();
  arrive(1, 10s);
  sentinel.cancel.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_TRUE(sentinel.done);
  advance(10s);
  EXPECT_TRUE(other.done);
}

TEST_F(QueueWait, WakeUpThatMeetsACancelledWaiterGoesToTheNext) {
  // The first is the sentinel and woken last, so the arrival goes to the second; it is cancelled before it runs.
  Consumer& sentinel = start();
  Consumer& second = start();
  Consumer& third = start();
  std::vector<NewMessage> one;
  one.push_back(message(queue, "m"));
  ASSERT_TRUE(send(std::move(one)).has_value());  // second's wake-up is posted, but has not run
  asio::post(context, [&] { second.cancel.emit(asio::cancellation_type::terminal); });
  second.cancel.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_TRUE(second.done);
  EXPECT_TRUE(third.done || sentinel.done) << "somebody else takes the message";
}

TEST_F(QueueWait, WhatIsGivenBackWakesTheNext) {
  for (int i = 0; i < 3; ++i) start();
  arrive(1);
  ASSERT_EQ(woken.size(), 1u);
  const auto leased = lease(queue, 1, 1800s);
  ASSERT_EQ(leased.size(), 1u);
  storage->queues().give_back(leased[0].lease);
  settle();
  EXPECT_EQ(woken.size(), 2u);
}

TEST_F(QueueWait, MessageThatItsConsumerNeverFetchedGoesToAnother) {
  for (int i = 0; i < 3; ++i) start();
  arrive(1);
  EXPECT_EQ(woken.size(), 1u);  // and it does not lease: its client has gone
  advance(100ms);
  EXPECT_EQ(woken.size(), 2u);
  EXPECT_THAT(receive(queue), ElementsAre("0"));
  advance(10s);
  EXPECT_EQ(woken.size(), 2u);
}

TEST_F(QueueWait, WorksInParallelWithAnotherOperation) {
  using asio::experimental::awaitable_operators::operator||;
  auto either = [](Storage& target, Clock& time, QueueId id, TimePoint sooner,
                   std::size_t& winner) -> asio::awaitable<void> {
    const auto first = co_await (target.queues().wait(id, sooner + 1h) || time.sleep_until(sooner));
    winner = first.index();
  };
  std::size_t winner = 9;
  asio::co_spawn(context, either(*storage, clock, queue, clock.now() + 5s, winner), asio::detached);
  settle();
  advance(5s);
  EXPECT_EQ(winner, 1u);
  asio::co_spawn(context, either(*storage, clock, queue, clock.now() + 5s, winner), asio::detached);
  settle();
  arrive(1);
  EXPECT_EQ(winner, 0u);
}

TEST_F(QueueWait, ThousandsWaitAtOnce) {
  for (int i = 0; i < 5'000; ++i) {
    consumers.push_back(std::make_unique<Consumer>());
    asio::co_spawn(context, consume(*storage, queue, clock.now() + 20s, *consumers.back(), woken), asio::detached);
  }
  settle();
  arrive(1'000);
  EXPECT_EQ(woken.size(), 1'000u);
  EXPECT_EQ(receive(queue, 1'000).size(), 1'000u);
  advance(20s);
  EXPECT_EQ(woken.size(), 5'000u);
}

}  // namespace eventbus::testing
