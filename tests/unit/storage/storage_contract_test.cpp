// The promises of storage.h, catalog_store.h, queue_store.h and event_log.h, kept by every implementation.

#include "storage/queue_browser.h"
#include "tests/unit/storage/storage_fixture.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <gmock/gmock.h>

#include <map>
#include <set>

namespace eventbus::testing {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StorageContract : public StorageFixture, public ::testing::WithParamInterface<BackendKind> {
 protected:
  void SetUp() override {
    backend = GetParam().make();
    open();
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, StorageContract, ::testing::ValuesIn(all_backends()),
                         [](const auto& backend) { return backend.param.name; });

// ---- commit

TEST_P(StorageContract, EmptyCommitSucceeds) { EXPECT_TRUE(commit(Commit{}).has_value()); }

TEST_P(StorageContract, OneCommitMayCreateAQueueAndFillIt) {
  const QueueId queue = storage->queues().next_queue_id();
  Commit change;
  change.queues.push_back({QueueChange::kPut, queue, {}});
  change.messages.push_back(message(queue, "first"));
  const auto receipt = commit(std::move(change));
  ASSERT_TRUE(receipt.has_value());
  EXPECT_EQ(receipt->messages.at(0).message_id, "id-first");
  EXPECT_FALSE(receipt->messages.at(0).duplicate);
  EXPECT_THAT(receive(queue), ElementsAre("first"));
}

TEST_P(StorageContract, CommitWithAnUnknownQueueChangesNothing) {
  const QueueId queue = create_queue();
  Commit change;
  change.catalog.push_back(catalog_put("bus/a", "x"));
  change.log.push_back({1, clock.now(), "event"});
  change.messages.push_back(message(queue, "good"));
  change.messages.push_back(message(queue + 1'000'000, "lost"));
  EXPECT_EQ(commit(std::move(change)).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(receive(queue), IsEmpty());
  EXPECT_FALSE(storage->catalog().get("bus/a"));
  EXPECT_EQ(storage->log().bounds(1).head, 0u);
}

TEST_P(StorageContract, ConflictingRevisionChangesNothing) {
  const QueueId queue = create_queue();
  Commit change;
  change.catalog.push_back(catalog_put("rule/a", "x", 7));
  change.messages.push_back(message(queue, "not sent"));
  EXPECT_EQ(commit(std::move(change)).error().code, ErrorCode::kConflict);
  EXPECT_THAT(receive(queue), IsEmpty());
}

TEST_P(StorageContract, AckAndNewMessageMoveTogether) {
  const QueueId queue = create_queue(), dead_letters = create_queue();
  send(message(queue, "poison"));
  const auto leased = lease(queue);
  Commit move;
  move.acks.push_back(leased.at(0).lease.key());
  move.messages.push_back(message(dead_letters, "poison"));
  ASSERT_TRUE(commit(std::move(move)).has_value());
  EXPECT_EQ(depth(queue).total(), 0u);
  EXPECT_THAT(receive(dead_letters), ElementsAre("poison"));
}

TEST_P(StorageContract, WhatIsGoneIsNotMoved) {
  const QueueId queue = create_queue(), dead_letters = create_queue();
  send(message(queue, "poison"));
  send(message(queue, "another"));
  const auto leased = lease(queue, 2);
  const auto move = [&](std::initializer_list<std::size_t> which) {
    Commit change;
    for (const std::size_t i : which) {
      change.acks.push_back(leased.at(i).lease.key());
      change.messages.push_back(message(dead_letters, leased.at(i).body));
    }
    return change;
  };
  ASSERT_TRUE(commit(move({0})).has_value());
  EXPECT_EQ(commit(move({0})).error().code, ErrorCode::kConflict);
  EXPECT_EQ(commit(move({1, 0})).error().code, ErrorCode::kConflict);
  EXPECT_EQ(depth(queue).total(), 1u) << "all of a move or nothing";
  ASSERT_TRUE(commit(move({1})).has_value());
  EXPECT_EQ(depth(dead_letters).total(), 2u);
}

TEST_P(StorageContract, OfTwoMovesThatComeTogetherOneHappens) {
  const QueueId queue = create_queue(), dead_letters = create_queue();
  send(message(queue, "poison"));
  const MessageKey key = lease(queue).at(0).lease.key();
  asio::io_context context(1);
  std::vector<ErrorCode> refused;
  auto mover = [](StorageContract& test, MessageKey from, QueueId to,
                  std::vector<ErrorCode>& errors) -> asio::awaitable<void> {
    Commit change;
    change.acks.push_back(from);
    change.messages.push_back(test.message(to, "poison"));
    const auto receipt = co_await test.storage->commit(std::move(change));
    if (!receipt) errors.push_back(receipt.error().code);
  };
  for (int i = 0; i < 2; ++i) asio::co_spawn(context, mover(*this, key, dead_letters, refused), asio::detached);
  context.run();
  EXPECT_THAT(refused, ElementsAre(ErrorCode::kConflict));
  EXPECT_EQ(depth(dead_letters).total(), 1u);
}

TEST_P(StorageContract, NothingIsAcceptedAfterClose) {
  const QueueId queue = create_queue();
  storage->close();
  std::vector<NewMessage> late;
  late.push_back(message(queue, "late"));
  EXPECT_EQ(send(std::move(late)).error().code, ErrorCode::kUnavailable);
}

TEST_P(StorageContract, CommitsOfManyCoroutinesShareSyncs) {
  const QueueId queue = create_queue();
  const auto before = storage->health();
  asio::io_context context(1);
  int done = 0;
  auto sender = [](StorageContract& test, QueueId target, int number, int& count) -> asio::awaitable<void> {
    Commit change;
    change.messages.push_back(test.message(target, std::to_string(number)));
    auto receipt = co_await test.storage->commit(std::move(change));
    if (receipt) ++count;
  };
  for (int i = 0; i < 200; ++i) asio::co_spawn(context, sender(*this, queue, i, done), asio::detached);
  context.run();
  EXPECT_EQ(done, 200);
  EXPECT_EQ(depth(queue).visible, 200u);
  EXPECT_EQ(storage->health().commits - before.commits, 200u);
  EXPECT_LE(storage->health().syncs - before.syncs, 200u);
}

// ---- catalog

TEST_P(StorageContract, CatalogReturnsWhatWasWritten) {
  ASSERT_TRUE(write_catalog(catalog_put("bus/1/orders", "{\"a\":1}")).has_value());
  const auto entry = storage->catalog().get("bus/1/orders");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->value, "{\"a\":1}");
  EXPECT_GT(entry->revision, 0u);
  EXPECT_FALSE(storage->catalog().get("bus/1/order"));
}

TEST_P(StorageContract, CatalogListsByPrefixInByteOrder) {
  for (const char* key : {"bus/b", "bus/a/x", "bus/a", "rule/a", "bus"})
    ASSERT_TRUE(write_catalog(catalog_put(key, key)));
  std::vector<std::string> keys;
  for (const CatalogEntry& entry : storage->catalog().list("bus/")) keys.push_back(entry.key);
  EXPECT_THAT(keys, ElementsAre("bus/a", "bus/a/x", "bus/b"));
}

TEST_P(StorageContract, RevisionsGrowAlsoAcrossEraseAndReopen) {
  ASSERT_TRUE(write_catalog(catalog_put("k", "1", 0)));
  const std::uint64_t first = storage->catalog().get("k")->revision;
  EXPECT_EQ(write_catalog(catalog_put("k", "x", 0)).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(write_catalog(catalog_put("k", "2", first)));
  const std::uint64_t second = storage->catalog().get("k")->revision;
  EXPECT_GT(second, first);
  ASSERT_TRUE(write_catalog({"k", std::nullopt, second}));
  EXPECT_FALSE(storage->catalog().get("k"));
  reopen();
  EXPECT_FALSE(storage->catalog().get("k"));
  ASSERT_TRUE(write_catalog(catalog_put("k", "3", 0)));
  EXPECT_GT(storage->catalog().get("k")->revision, second);
}

TEST_P(StorageContract, ErasingWhatIsNotThereSucceeds) {
  EXPECT_TRUE(write_catalog({"nothing", std::nullopt, std::nullopt}).has_value());
}

TEST_P(StorageContract, CatalogSurvivesReopen) {
  ASSERT_TRUE(write_catalog(catalog_put("a", std::string("\0\xff value", 8))));
  const auto before = storage->catalog().get("a");
  reopen();
  const auto after = storage->catalog().get("a");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->value, before->value);
  EXPECT_EQ(after->revision, before->revision);
}

// ---- queues: messages

TEST_P(StorageContract, MessageComesBackByteForByte) {
  const QueueId queue = create_queue();
  NewMessage sent = message(queue, std::string("\0body\xff", 6));
  sent.attributes = std::string("\1attributes\0", 12);
  sent.group = "fair";
  sent.deduplication_id = "d";
  send(sent);
  clock.advance(5ms);
  const auto leased = lease(queue);
  ASSERT_THAT(leased, SizeIs(1));
  EXPECT_EQ(leased[0].id, sent.id);
  EXPECT_EQ(leased[0].body, sent.body);
  EXPECT_EQ(leased[0].attributes, sent.attributes);
  EXPECT_EQ(leased[0].group, "fair");
  EXPECT_EQ(leased[0].deduplication_id, "d");
  EXPECT_EQ(leased[0].sent_at, sent.sent_at);
  EXPECT_EQ(leased[0].first_leased_at, clock.now());
  EXPECT_EQ(leased[0].lease.attempt, 1u);
}

TEST_P(StorageContract, LeasedMessageIsInvisibleUntilItsLeaseEnds) {
  const QueueId queue = create_queue();
  send(message(queue, "m"));
  const auto first = lease(queue, 10, 30s);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_THAT(receive(queue), IsEmpty());
  EXPECT_EQ(storage->queues().state(first[0].lease), LeaseState::kHeld);
  clock.advance(30s);
  EXPECT_EQ(storage->queues().state(first[0].lease), LeaseState::kExpired);
  const auto second = lease(queue);
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].lease.attempt, 2u);
  EXPECT_EQ(second[0].first_leased_at, first[0].first_leased_at);
  EXPECT_EQ(storage->queues().state(first[0].lease), LeaseState::kSuperseded);
}

TEST_P(StorageContract, AcknowledgedMessageIsGoneForGood) {
  const QueueId queue = create_queue();
  send(message(queue, "m"));
  const auto leased = lease(queue);
  ASSERT_TRUE(ack(leased).has_value());
  EXPECT_EQ(storage->queues().state(leased[0].lease), LeaseState::kGone);
  clock.advance(1h);
  EXPECT_THAT(receive(queue), IsEmpty());
  EXPECT_TRUE(ack(leased).has_value()) << "a second ack is no error";
  reopen();
  EXPECT_THAT(receive(queue), IsEmpty());
  EXPECT_EQ(depth(queue).total(), 0u);
}

TEST_P(StorageContract, ExpiredLeaseStillAcknowledges) {
  const QueueId queue = create_queue();
  send(message(queue, "m"));
  const auto leased = lease(queue, 10, 1s);
  clock.advance(2s);
  ASSERT_TRUE(ack(leased).has_value());
  EXPECT_THAT(receive(queue), IsEmpty());
}

TEST_P(StorageContract, ZeroVisibilityLeavesTheMessageVisible) {
  const QueueId queue = create_queue();
  send(message(queue, "m"));
  EXPECT_THAT(receive(queue, 10, 0s), ElementsAre("m"));
  EXPECT_THAT(receive(queue, 10, 0s), ElementsAre("m"));
}

TEST_P(StorageContract, OldestDueComesFirst) {
  const QueueId queue = create_queue();
  send(message(queue, "later", 20s));
  send(message(queue, "sooner", 10s));
  send(message(queue, "now"));
  clock.advance(30s);
  EXPECT_THAT(receive(queue), ElementsAre("now", "sooner", "later"));
}

TEST_P(StorageContract, DelayedMessageIsCountedAsDelayed) {
  const QueueId queue = create_queue();
  send(message(queue, "m", 10s));
  EXPECT_EQ(depth(queue).delayed, 1u);
  EXPECT_THAT(receive(queue), IsEmpty());
  clock.advance(10s);
  EXPECT_EQ(depth(queue).delayed, 0u);
  EXPECT_EQ(depth(queue).visible, 1u);
  EXPECT_THAT(receive(queue), ElementsAre("m"));
  EXPECT_EQ(depth(queue).in_flight, 1u);
}

TEST_P(StorageContract, DepthCountsBytesAndAge) {
  const QueueId queue = create_queue();
  NewMessage sent = message(queue, "12345");
  sent.attributes = "123";
  send(sent);
  clock.advance(7s);
  send(message(queue, "1"));
  EXPECT_EQ(depth(queue).bytes, 9u);
  EXPECT_EQ(depth(queue).oldest_sent_at, sent.sent_at);
  EXPECT_EQ(storage->queues().total_depth().bytes, 9u);
  EXPECT_EQ(storage->queues().total_depth().total(), 2u);
  ASSERT_TRUE(ack(lease(queue, 1)).has_value());
  EXPECT_EQ(depth(queue).bytes, 1u);
  EXPECT_EQ(depth(queue).oldest_sent_at, clock.now());
}

TEST_P(StorageContract, InFlightLimitStopsLeasing) {
  const QueueId queue = create_queue();
  std::vector<NewMessage> messages;
  for (int i = 0; i < 5; ++i) messages.push_back(message(queue, std::to_string(i)));
  ASSERT_TRUE(send(std::move(messages)).has_value());
  QueueStore::LeaseRequest request{queue, clock.now() + 30s, 10, 3};
  auto batch = run(storage->queues().lease(request));
  EXPECT_THAT(batch->messages, SizeIs(3));
  EXPECT_FALSE(batch->at_limit);
  batch = run(storage->queues().lease(request));
  EXPECT_THAT(batch->messages, IsEmpty());
  EXPECT_TRUE(batch->at_limit);
}

TEST_P(StorageContract, SequencesGrowAlongAQueueAlsoAcrossReopen) {
  const QueueId queue = create_queue();
  const std::uint64_t first = send(message(queue, "a")).sequence;
  const std::uint64_t second = send(message(queue, "b")).sequence;
  EXPECT_GT(second, first);
  ASSERT_TRUE(ack(lease(queue)).has_value());
  reopen();
  EXPECT_GT(send(message(queue, "c")).sequence, second);
}

// ---- queues: leases

TEST_P(StorageContract, ExtendingMovesTheEndOfALease) {
  const QueueId queue = create_queue();
  send(message(queue, "m"));
  const Lease held = lease(queue, 1, 10s).at(0).lease;
  EXPECT_EQ(storage->queues().extend(held, clock.now() + 60s), LeaseState::kHeld);
  clock.advance(30s);
  EXPECT_THAT(receive(queue), IsEmpty());
  EXPECT_EQ(storage->queues().extend(held, clock.now()), LeaseState::kHeld);
  EXPECT_THAT(receive(queue), ElementsAre("m"));
  EXPECT_EQ(storage->queues().extend(held, clock.now() + 60s), LeaseState::kSuperseded);
}

TEST_P(StorageContract, ALeaseGivenBackHasNotHappened) {
  for (const bool fifo : {false, true}) {
    const QueueId queue = create_queue({.fifo = fifo});
    for (const char* body : {"1", "2", "3"}) {
      NewMessage sent = message(queue, body);
      sent.group = "g";
      send(sent);
    }
    QueueStore& store = storage->queues();
    const auto leased = lease(queue, 2, 1800s);
    ASSERT_THAT(leased, SizeIs(2));
    for (const LeasedMessage& message : leased) store.give_back(message.lease);
    EXPECT_EQ(depth(queue).in_flight, 0u);
    const auto again = lease(queue, 3, 10s);
    ASSERT_THAT(again, SizeIs(3));
    for (const LeasedMessage& message : again) EXPECT_EQ(message.lease.attempt, 1u);

    clock.advance(10s);
    store.give_back(again[0].lease);  // too late: it counts
    EXPECT_EQ(lease(queue, 1).at(0).lease.attempt, 2u);
    store.give_back(again[0].lease);  // somebody else's by now
    EXPECT_EQ(depth(queue).in_flight, 1u);
    store.give_back({queue, 1 << 30, 1});
    store.give_back({queue + 999, 1, 1});
  }
}

TEST_P(StorageContract, ALeaseGivenBackIsForgottenAcrossAnOrderlyReopen) {
  const QueueId queue = create_queue();
  send(message(queue, "m"));
  const auto leased = lease(queue, 1, 1800s);
  ASSERT_THAT(leased, SizeIs(1));
  storage->queues().give_back(leased[0].lease);
  reopen();
  const auto again = lease(queue);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].lease.attempt, 1u);
}

TEST_P(StorageContract, OnlyAHeldLeaseIsExtended) {
  const QueueId queue = create_queue();
  send(message(queue, "m"));
  const Lease held = lease(queue, 1, 10s).at(0).lease;
  clock.advance(10s);
  EXPECT_EQ(storage->queues().extend(held, clock.now() + 60s), LeaseState::kExpired);
  EXPECT_THAT(receive(queue), ElementsAre("m"));
  EXPECT_EQ(storage->queues().extend({queue, 1 << 30, 1}, clock.now()), LeaseState::kGone);
  EXPECT_EQ(storage->queues().extend({queue + 999, 1, 1}, clock.now()), LeaseState::kGone);
}

TEST_P(StorageContract, LeasesAreRememberedAcrossAnOrderlyReopen) {
  const QueueId queue = create_queue();
  send(message(queue, "leased"));
  send(message(queue, "ready"));
  const auto first = lease(queue, 1, 60s);
  clock.advance(100ms);
  send(message(queue, "later"));  // notes of leases travel with the next commit
  reopen();
  EXPECT_EQ(storage->queues().state(first.at(0).lease), LeaseState::kHeld);
  EXPECT_THAT(receive(queue, 10, 1h), ElementsAre("ready", "later"));
  clock.advance(60s);
  const auto again = lease(queue);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again.at(0).lease.attempt, 2u);
  EXPECT_EQ(again.at(0).first_leased_at, first.at(0).first_leased_at);
}

// ---- queues: as wholes

TEST_P(StorageContract, UnknownQueueIsNotFound) {
  EXPECT_FALSE(storage->queues().exists(12345));
  EXPECT_EQ(try_lease(12345).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(storage->queues().depth(12345).error().code, ErrorCode::kNotFound);
  run(storage->queues().wait(12345, clock.now() + 1h));  // returns at once
}

TEST_P(StorageContract, QueueIdsAreNeverGivenOutTwice) {
  std::set<QueueId> seen;
  for (int life = 0; life < 3; ++life) {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(seen.insert(storage->queues().next_queue_id()).second);
    EXPECT_TRUE(seen.insert(create_queue()).second);
    reopen();
  }
}

TEST_P(StorageContract, DroppedQueueIsForgottenWithItsMessages) {
  const QueueId queue = create_queue(), other = create_queue();
  send(message(queue, "m"));
  send(message(other, "kept"));
  Commit change;
  change.queues.push_back({QueueChange::kDrop, queue, {}});
  ASSERT_TRUE(commit(std::move(change)).has_value());
  for (int life = 0; life < 2; ++life) {
    EXPECT_FALSE(storage->queues().exists(queue));
    EXPECT_EQ(storage->queues().total_depth().total(), 1u);
    reopen();
  }
  EXPECT_THAT(receive(other), ElementsAre("kept"));
}

TEST_P(StorageContract, PurgeDeletesAlsoWhatIsLeasedAndKeepsWhatComesAfter) {
  const QueueId queue = create_queue();
  send(message(queue, "leased"));
  const auto leased = lease(queue);
  send(message(queue, "ready"));
  send(message(queue, "delayed", 1h));
  Commit change;
  change.queues.push_back({QueueChange::kPurge, queue, {}});
  change.messages.push_back(message(queue, "after"));
  ASSERT_TRUE(commit(std::move(change)).has_value());
  EXPECT_EQ(storage->queues().state(leased.at(0).lease), LeaseState::kGone);
  EXPECT_EQ(depth(queue).total(), 1u);
  reopen();
  EXPECT_EQ(depth(queue).total(), 1u);
  EXPECT_THAT(receive(queue), ElementsAre("after"));
}

TEST_P(StorageContract, PurgeOfManyMessagesSurvivesReopen) {
  const QueueId queue = create_queue();
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<NewMessage> messages;
    for (int i = 0; i < 100; ++i) messages.push_back(message(queue, std::to_string(i)));
    ASSERT_TRUE(send(std::move(messages)).has_value());
  }
  Commit change;
  change.queues.push_back({QueueChange::kPurge, queue, {}});
  ASSERT_TRUE(commit(std::move(change)).has_value());
  send(message(queue, "after"));
  reopen();
  EXPECT_THAT(receive(queue), ElementsAre("after"));
}

TEST_P(StorageContract, NewTraitsKeepTheMessages) {
  const QueueId queue = create_queue();
  send(message(queue, "m"));
  Commit change;
  QueueTraits traits;
  traits.retention = 10s;
  change.queues.push_back({QueueChange::kPut, queue, traits});
  ASSERT_TRUE(commit(std::move(change)).has_value());
  EXPECT_EQ(depth(queue).total(), 1u);
  reopen();
  clock.advance(10s);
  EXPECT_EQ(depth(queue).total(), 0u) << "retention survives a reopen";
}

TEST_P(StorageContract, QueueCannotBecomeFifo) {
  const QueueId queue = create_queue();
  Commit change;
  change.queues.push_back({QueueChange::kPut, queue, fifo()});
  EXPECT_EQ(commit(std::move(change)).error().code, ErrorCode::kInvalid);
}

TEST_P(StorageContract, ExpiredMessagesGoToOblivion) {
  QueueTraits traits;
  traits.retention = 60s;
  const QueueId queue = create_queue(traits), for_ever = create_queue();
  send(message(queue, "old"));
  send(message(for_ever, "kept"));
  clock.advance(30s);
  send(message(queue, "young"));
  clock.advance(30s);
  EXPECT_THAT(receive(queue), ElementsAre("young")) << "an expired message is not leased, even before expire()";
  ASSERT_TRUE(run(storage->queues().expire()).has_value());
  EXPECT_EQ(depth(queue).total(), 1u);
  reopen();
  EXPECT_EQ(depth(queue).total(), 1u);
  EXPECT_EQ(depth(for_ever).total(), 1u);
}

// A stop must not wait until a million messages are gone.
TEST_P(StorageContract, ExpiryEndsWhenItIsCancelled) {
  QueueTraits traits;
  traits.retention = 60s;
  const QueueId queue = create_queue(traits);
  std::vector<NewMessage> messages;
  for (int i = 0; i < 2'500; ++i) messages.push_back(message(queue, "old"));
  ASSERT_TRUE(send(std::move(messages)).has_value());
  clock.advance(60s);

  const std::uint64_t before = storage->health().commits;
  asio::io_context io{1};
  asio::cancellation_signal cancel;
  bool ended = false;
  const auto expire = [&]() -> asio::awaitable<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    ended = (co_await storage->queues().expire()).has_value();
  };
  asio::co_spawn(io, expire, asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
  io.run();
  EXPECT_TRUE(ended);
  EXPECT_EQ(storage->health().commits, before + 1);
  ASSERT_TRUE(run(storage->queues().expire()).has_value());
  EXPECT_EQ(storage->health().commits, before + 3) << "the rest is still known";
}

// ---- FIFO

TEST_P(StorageContract, GroupIsLeasedInOrderAndOneBatchAtATime) {
  const QueueId queue = create_queue(fifo());
  std::vector<NewMessage> messages;
  for (const char* body : {"a1", "a2", "a3"}) messages.push_back(grouped(queue, body, "a"));
  messages.push_back(grouped(queue, "b1", "b"));
  ASSERT_TRUE(send(std::move(messages)).has_value());
  const auto first = lease(queue, 2);
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(first[0].body, "a1");
  EXPECT_EQ(first[1].body, "a2");
  EXPECT_EQ(first[0].group, "a");
  EXPECT_THAT(receive(queue), ElementsAre("b1")) << "group a is locked";
  EXPECT_EQ(depth(queue).visible, 1u) << "a3 counts as visible behind its group";
  ASSERT_TRUE(ack({first[0]}).has_value());
  EXPECT_THAT(receive(queue), IsEmpty()) << "a2 is still in flight";
  ASSERT_TRUE(ack({first[1]}).has_value());
  EXPECT_THAT(receive(queue), ElementsAre("a3"));
}

TEST_P(StorageContract, ExpiredLeaseOfAGroupComesBackInOrder) {
  const QueueId queue = create_queue(fifo());
  for (const char* body : {"1", "2", "3"}) send(grouped(queue, body, "g"));
  EXPECT_THAT(receive(queue, 2, 10s), ElementsAre("1", "2"));
  clock.advance(10s);
  EXPECT_THAT(receive(queue), ElementsAre("1", "2", "3"));
}

TEST_P(StorageContract, GroupsAndLocksSurviveReopen) {
  const QueueId queue = create_queue(fifo());
  for (const char* body : {"1", "2"}) send(grouped(queue, body, "g"));
  EXPECT_THAT(receive(queue, 1, 60s), ElementsAre("1"));
  clock.advance(100ms);
  send(grouped(queue, "3", "g"));
  reopen();
  EXPECT_THAT(receive(queue), IsEmpty());
  clock.advance(60s);
  EXPECT_THAT(receive(queue), ElementsAre("1", "2", "3"));
}

TEST_P(StorageContract, DuplicateIsNotEnqueuedAgainForFiveMinutes) {
  const QueueId queue = create_queue(fifo());
  const EnqueueOutcome original = send(grouped(queue, "first", "g", "d"));
  ASSERT_TRUE(ack(lease(queue)).has_value());
  clock.advance(5min - 1ms);
  const EnqueueOutcome duplicate = send(grouped(queue, "second", "other", "d"));
  EXPECT_TRUE(duplicate.duplicate);
  EXPECT_EQ(duplicate.message_id, original.message_id);
  EXPECT_EQ(duplicate.sequence, original.sequence);
  EXPECT_EQ(depth(queue).total(), 0u);
  clock.advance(1ms);
  EXPECT_FALSE(send(grouped(queue, "third", "g", "d")).duplicate);
}

// Ids of a time to come stand before those of now, and are not to keep them.
TEST_P(StorageContract, DeduplicationEndsAfterFiveMinutesWhenTheClockWasSetBack) {
  const QueueId queue = create_queue(fifo());
  clock.advance(2h);
  send(grouped(queue, "later", "g", "of a time to come"));
  clock.advance(-2h);
  send(grouped(queue, "first", "g", "d"));
  clock.advance(5min - 1ms);
  EXPECT_TRUE(send(grouped(queue, "second", "g", "d")).duplicate);
  clock.advance(1ms);
  EXPECT_FALSE(send(grouped(queue, "third", "g", "d")).duplicate);
  EXPECT_TRUE(send(grouped(queue, "fourth", "g", "d")).duplicate);
}

TEST_P(StorageContract, DuplicatesAreKnownAcrossReopen) {
  const QueueId queue = create_queue(fifo());
  const EnqueueOutcome original = send(grouped(queue, "m", "g", "d"));
  reopen();
  clock.advance(1min);
  const EnqueueOutcome duplicate = send(grouped(queue, "n", "g", "d"));
  EXPECT_TRUE(duplicate.duplicate);
  EXPECT_EQ(duplicate.message_id, original.message_id);
  EXPECT_EQ(duplicate.sequence, original.sequence);
}

TEST_P(StorageContract, DuplicatesWithinOneCommitAreFound) {
  const QueueId queue = create_queue(fifo());
  std::vector<NewMessage> messages;
  messages.push_back(grouped(queue, "one", "g", "d"));
  messages.push_back(grouped(queue, "two", "g", "d"));
  messages.push_back(grouped(queue, "three", "g", "e"));
  const auto receipt = send(std::move(messages));
  ASSERT_TRUE(receipt.has_value());
  EXPECT_FALSE(receipt->messages[0].duplicate);
  EXPECT_TRUE(receipt->messages[1].duplicate);
  EXPECT_EQ(receipt->messages[1].message_id, "id-one");
  EXPECT_EQ(receipt->messages[1].sequence, receipt->messages[0].sequence);
  EXPECT_FALSE(receipt->messages[2].duplicate);
  EXPECT_THAT(receive(queue), ElementsAre("one", "three"));
}

TEST_P(StorageContract, DeduplicationScopeIsTheQueueOrTheGroup) {
  const QueueId by_queue = create_queue(fifo()), by_group = create_queue(fifo(true));
  for (const QueueId queue : {by_queue, by_group}) send(grouped(queue, "1", "a", "d"));
  EXPECT_TRUE(send(grouped(by_queue, "2", "b", "d")).duplicate);
  EXPECT_FALSE(send(grouped(by_group, "2", "b", "d")).duplicate);
  EXPECT_TRUE(send(grouped(by_group, "3", "b", "d")).duplicate);
}

TEST_P(StorageContract, StandardQueuesDoNotDeduplicate) {
  const QueueId queue = create_queue();
  send(grouped(queue, "1", "", "d"));
  EXPECT_FALSE(send(grouped(queue, "2", "", "d")).duplicate);
}

// ---- waiting

TEST_P(StorageContract, WaitEndsWithAnArrival) {
  const QueueId queue = create_queue();
  asio::io_context context(1);
  bool woke = false;
  auto waiter = [](Storage& target, QueueId id, TimePoint deadline, bool& done) -> asio::awaitable<void> {
    co_await target.queues().wait(id, deadline);
    done = true;
  };
  asio::co_spawn(context, waiter(*storage, queue, clock.now() + 1h, woke), asio::detached);
  context.poll();
  EXPECT_FALSE(woke);
  send(message(queue, "m"));
  context.restart();
  context.run();
  EXPECT_TRUE(woke);
}

// ---- log

TEST_P(StorageContract, LogGivesSequencesWithoutGaps) {
  for (int i = 0; i < 3; ++i) append(7, "event " + std::to_string(i));
  Commit change;
  change.log.push_back({7, clock.now(), "event 3"});
  change.log.push_back({8, clock.now(), "other"});
  change.log.push_back({7, clock.now(), "event 4"});
  const auto receipt = commit(std::move(change));
  EXPECT_THAT(receipt->log, ElementsAre(4u, 1u, 5u));
  std::vector<std::string> payloads;
  for (const LogEntry& entry : read_log(7)) payloads.push_back(entry.payload);
  EXPECT_THAT(payloads, ElementsAre("event 0", "event 1", "event 2", "event 3", "event 4"));
  EXPECT_EQ(storage->log().bounds(7).head, 5u);
  EXPECT_EQ(storage->log().bounds(7).horizon, 1u);
  EXPECT_EQ(storage->log().bounds(99).head, 0u);
  EXPECT_THAT(read_log(99), IsEmpty());
}

TEST_P(StorageContract, LogReadIsBoundedByCountAndBytes) {
  for (int i = 0; i < 10; ++i) append(1, std::string(100, 'x'));
  EXPECT_THAT(read_log(1, 3, 4), SizeIs(4));
  EXPECT_EQ(read_log(1, 3, 4).front().sequence, 3u);
  EXPECT_THAT(read_log(1, 1, 100, 250), SizeIs(2));
  EXPECT_THAT(read_log(1, 1, 100, 10), SizeIs(1)) << "at least one if there is one";
  EXPECT_THAT(read_log(1, 11), IsEmpty());
}

TEST_P(StorageContract, SeekFindsTheFirstEntryAtOrAfterATime) {
  const TimePoint start = clock.now();
  const std::vector<Duration> times = {0ms, 10ms, 5ms, 1500ms, 1400ms, 61s, 62s};
  for (const Duration time : times) append(1, "x", time);
  const auto seek = [&](Duration after) { return run(storage->log().seek(1, start + after)).value(); };
  for (int life = 0; life < 2; ++life) {
    for (Duration when = -1s; when < 70s; when += 1ms * 7) {
      std::uint64_t expected = 1;
      while (expected <= times.size() && times[expected - 1] < when) ++expected;
      ASSERT_EQ(seek(when), expected) << when.count();
    }
    reopen();
  }
  EXPECT_EQ(run(storage->log().seek(2, start)).value(), 1u);
}

TEST_P(StorageContract, TrimForgetsAPrefixForGood) {
  for (int i = 1; i <= 100; ++i) {
    append(1, std::to_string(i));
    clock.advance(400ms);
  }
  append(2, "other log");
  ASSERT_TRUE(run(storage->log().trim(1, 41)).has_value());
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(storage->log().bounds(1).horizon, 41u);
    EXPECT_EQ(storage->log().bounds(1).head, 100u);
    EXPECT_EQ(read_log(1).front().payload, "41");
    EXPECT_EQ(run(storage->log().seek(1, test_epoch())).value(), 41u);
    EXPECT_EQ(run(storage->log().seek(1, test_epoch() + 400ms * 60)).value(), 61u);
    EXPECT_THAT(read_log(2), SizeIs(1));
    reopen();
  }
}

TEST_P(StorageContract, BytesOfALogAreKnownWithoutReadingIt) {
  for (const char* payload : {"1", "22", "333", "4444"}) append(1, payload);
  append(2, "other log");
  const auto bytes = [&] { return storage->log().bounds(1).bytes(); };
  EXPECT_EQ(bytes(), 10u);
  EXPECT_EQ(storage->log().bounds(99).bytes(), 0u);
  ASSERT_TRUE(run(storage->log().trim(1, 3)).has_value());
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(bytes(), 7u);
    EXPECT_EQ(storage->log().bounds(1).bytes_before, 3u);
    EXPECT_EQ(read_log(1).front().bytes_before, 3u);
    EXPECT_EQ(read_log(1).back().bytes_before, 6u);
    reopen();
  }
  append(1, "55555");
  EXPECT_EQ(bytes(), 12u);
  ASSERT_TRUE(run(storage->log().trim(1, 1'000)).has_value());
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(bytes(), 0u);
    EXPECT_EQ(storage->log().bounds(1).bytes_ever, 15u);
    reopen();
  }
  append(1, "666666");
  EXPECT_EQ(bytes(), 6u);
}

TEST_P(StorageContract, WhollyTrimmedLogGoesOnWhereItWas) {
  for (int i = 1; i <= 10; ++i) append(1, std::to_string(i));
  ASSERT_TRUE(run(storage->log().trim(1, 1'000)).has_value());
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(storage->log().bounds(1).horizon, 11u);
    EXPECT_EQ(storage->log().bounds(1).head, 10u);
    EXPECT_THAT(read_log(1), IsEmpty());
    EXPECT_EQ(run(storage->log().seek(1, test_epoch())).value(), 11u);
    reopen();
  }
  EXPECT_EQ(append(1, "11"), 11u);
  EXPECT_EQ(run(storage->log().seek(1, test_epoch())).value(), 11u);
}

TEST_P(StorageContract, LogSurvivesReopen) {
  append(1, std::string("\0payload", 8));
  reopen();
  const auto entries = read_log(1);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].payload, std::string("\0payload", 8));
  EXPECT_EQ(entries[0].accepted_at, test_epoch());
  EXPECT_EQ(append(1, "next"), 2u);
}

// ---- looking

TEST_P(StorageContract, BrowsingShowsEveryMessageAndChangesNothing) {
  const QueueId queue = create_queue();
  for (const char* body : {"a", "b", "c"}) send(message(queue, body));
  send(message(queue, "later", 60s));
  ASSERT_THAT(receive(queue, 1), ElementsAre("a"));
  const QueueDepth before = depth(queue);

  std::vector<std::string> bodies;
  std::uint64_t after = 0;
  for (;;) {
    const auto page = run(QueueBrowser::of(storage->queues())->browse(queue, after, 2));
    ASSERT_TRUE(page.has_value());
    if (page->empty()) break;
    EXPECT_LE(page->size(), 2u);
    for (const BrowsedMessage& seen : *page) {
      EXPECT_EQ(seen.id, "id-" + seen.body);
      EXPECT_EQ(seen.in_flight, seen.body == "a");
      EXPECT_EQ(seen.attempts, seen.body == "a" ? 1u : 0u);
      EXPECT_EQ(seen.sent_at, clock.now());
      bodies.push_back(seen.body);
    }
    after = page->back().key.sequence;
  }
  EXPECT_THAT(bodies, ElementsAre("a", "b", "c", "later"));
  EXPECT_EQ(depth(queue).in_flight, before.in_flight);
  EXPECT_EQ(depth(queue).visible, before.visible);
  EXPECT_THAT(receive(queue), ElementsAre("b", "c"));
}

TEST_P(StorageContract, BrowsingPassesOverWhatIsDeletedOrExpired) {
  QueueTraits traits;
  traits.retention = 60s;
  const QueueId queue = create_queue(traits);
  send(message(queue, "old"));
  clock.advance(59s);
  for (const char* body : {"a", "b"}) send(message(queue, body));
  ASSERT_TRUE(ack(lease(queue, 2)).has_value());  // "old" and "a"
  EXPECT_THAT(run(QueueBrowser::of(storage->queues())->browse(queue, 0, 10)).value(), SizeIs(1));
  clock.advance(60s);
  EXPECT_THAT(run(QueueBrowser::of(storage->queues())->browse(queue, 0, 10)).value(), IsEmpty());
  EXPECT_EQ(run(QueueBrowser::of(storage->queues())->browse(queue + 1'000'000, 0, 10)).error().code,
            ErrorCode::kNotFound);
}

TEST_P(StorageContract, OneMessageCanBeLeasedOutOfTurn) {
  const QueueId queue = create_queue();
  for (const char* body : {"a", "b", "c"}) send(message(queue, body));
  const auto page = run(QueueBrowser::of(storage->queues())->browse(queue, 0, 10)).value();
  ASSERT_THAT(page, SizeIs(3));
  const auto held = QueueBrowser::of(storage->queues())->lease_message(page[1].key, clock.now() + 30s);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->attempt, 1u);
  EXPECT_EQ(storage->queues().state(*held), LeaseState::kHeld);
  EXPECT_FALSE(QueueBrowser::of(storage->queues())->lease_message(page[1].key, clock.now() + 30s))
      << "in flight already";
  EXPECT_THAT(receive(queue), ElementsAre("a", "c"));
  storage->queues().extend(*held, clock.now());
  EXPECT_THAT(receive(queue), ElementsAre("b"));
  EXPECT_FALSE(
      QueueBrowser::of(storage->queues())->lease_message({queue, page[2].key.sequence + 1'000'000}, clock.now() + 30s));

  const QueueId ordered = create_queue(fifo());
  send(grouped(ordered, "x", "g", "1"));
  const auto first = run(QueueBrowser::of(storage->queues())->browse(ordered, 0, 1)).value();
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_FALSE(QueueBrowser::of(storage->queues())->lease_message(first[0].key, clock.now() + 30s))
      << "it would overtake its group";
}

}  // namespace eventbus::testing
