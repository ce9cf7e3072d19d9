// What happens to commits, leases and start-up when the table fails or the power is cut. On the memory table, which can
// be told to.

#include "base/rng.h"
#include "storage/key_codec.h"
#include "storage/row_codec.h"
#include "tests/unit/storage/storage_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace eventbus::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StorageFaults : public StorageFixture {
 protected:
  void SetUp() override {
    auto memory = std::make_unique<MemoryBackend>();
    table = memory->table;
    backend = std::move(memory);
    open();
    queue = create_queue();
  }

  Result<CommitReceipt> try_send(std::string body, std::string group = "", std::string deduplication_id = "",
                                 QueueId target = 0) {
    std::vector<NewMessage> one;
    one.push_back(grouped(target ? target : queue, std::move(body), std::move(group), std::move(deduplication_id)));
    return send(std::move(one));
  }

  // Power goes off and comes back: whatever was not synced is gone.
  void crash() {
    table->power_cut();
    storage->close();
    table->power_cut();
    open();
  }

  std::shared_ptr<MemoryTable> table;
  QueueId queue = 0;
};

}  // namespace

TEST_F(StorageFaults, FailedCommitIsUnavailableAndInvisible) {
  table->fail_writes(1);
  Commit change;
  change.catalog.push_back(catalog_put("k", "v"));
  change.log.push_back({1, clock.now(), "event"});
  change.messages.push_back(message(queue, "m"));
  EXPECT_EQ(commit(std::move(change)).error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(storage->health().writable);
  EXPECT_THAT(storage->health().last_error, HasSubstr("injected"));
  EXPECT_THAT(receive(queue), IsEmpty());
  EXPECT_FALSE(storage->catalog().get("k"));
  EXPECT_EQ(storage->log().bounds(1).head, 0u);
}

TEST_F(StorageFaults, NextCommitAfterAFailureSucceedsAndTheStorageIsWritableAgain) {
  table->fail_writes(1);
  EXPECT_FALSE(try_send("lost").has_value());
  ASSERT_TRUE(try_send("kept").has_value());
  EXPECT_TRUE(storage->health().writable);
  EXPECT_EQ(storage->health().last_error, "");
  EXPECT_THAT(receive(queue), ElementsAre("kept"));
  reopen();
  clock.advance(1h);
  EXPECT_THAT(receive(queue), ElementsAre("kept"));
}

TEST_F(StorageFaults, CommitsFailUntilRecoverySucceeds) {
  table->fail_writes(1, MemoryTable::WriteFault::kRefused, 3);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(try_send("lost").error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(try_send("kept").has_value());
}

TEST_F(StorageFaults, ReceivesGoOnWhileNothingCanBeWritten) {
  ASSERT_TRUE(try_send("m").has_value());
  table->fail_writes(1, MemoryTable::WriteFault::kRefused, 1'000);
  EXPECT_FALSE(try_send("lost").has_value());
  const auto leased = lease(queue);
  ASSERT_THAT(leased, SizeIs(1));
  EXPECT_EQ(storage->queues().extend(leased[0].lease, clock.now() + 60s), LeaseState::kHeld);
  EXPECT_EQ(ack(leased).error().code, ErrorCode::kUnavailable);
  clock.advance(60s);
  EXPECT_THAT(receive(queue), ElementsAre("m")) << "a failed ack deletes nothing";
}

TEST_F(StorageFaults, LogHasNoGapAfterAFailedAppend) {
  append(1, "a");
  table->fail_writes(1);
  Commit change;
  change.log.push_back({1, clock.now(), "lost"});
  EXPECT_FALSE(commit(std::move(change)).has_value());
  EXPECT_EQ(append(1, "b"), 2u);
  EXPECT_EQ(read_log(1).at(1).payload, "b");
}

TEST_F(StorageFaults, DuplicateOfAFailedCommitIsNoDuplicate) {
  const QueueId fifo_queue = create_queue(fifo());
  table->fail_writes(1);
  EXPECT_FALSE(try_send("lost", "g", "d", fifo_queue).has_value());
  const auto again = try_send("kept", "g", "d", fifo_queue);
  ASSERT_TRUE(again.has_value());
  EXPECT_FALSE(again->messages[0].duplicate);
  EXPECT_THAT(receive(fifo_queue), ElementsAre("kept"));
}

TEST_F(StorageFaults, CommitFoundOnDiskAfterRecoveryIsPublishedAfterAll) {
  const QueueId fifo_queue = create_queue(fifo());
  table->fail_writes(1, MemoryTable::WriteFault::kAmbiguous);
  Commit change;
  change.catalog.push_back(catalog_put("k", "v"));
  change.log.push_back({1, clock.now(), "event"});
  change.messages.push_back(grouped(fifo_queue, "m", "g", "d"));
  EXPECT_EQ(commit(std::move(change)).error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(receive(fifo_queue), IsEmpty()) << "nothing of it is visible while the disk fails";

  // The retry recovers the table, finds the first try there, and is a duplicate of it.
  const auto again = try_send("m", "g", "d", fifo_queue);
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->messages[0].duplicate);
  EXPECT_THAT(receive(fifo_queue), ElementsAre("m"));
  EXPECT_EQ(storage->catalog().get("k")->value, "v");
  EXPECT_EQ(append(1, "next"), 2u);
}

TEST_F(StorageFaults, AmbiguousDropDoesNotTakeLaterMessagesAlong) {
  // The disk has a drop that nobody was told of. If memory went on with the queue, messages acknowledged later would be
  // lost with the next start.
  table->fail_writes(1, MemoryTable::WriteFault::kAmbiguous);
  Commit change;
  change.queues.push_back({QueueChange::kDrop, queue, {}});
  EXPECT_FALSE(commit(std::move(change)).has_value());
  EXPECT_EQ(try_send("m").error().code, ErrorCode::kNotFound);
}

TEST_F(StorageFaults, AmbiguousAckDoesNotBringTheMessageBack) {
  ASSERT_TRUE(try_send("m").has_value());
  const auto leased = lease(queue, 1, 10s);
  table->fail_writes(1, MemoryTable::WriteFault::kAmbiguous);
  EXPECT_FALSE(ack(leased).has_value());
  EXPECT_TRUE(ack(leased).has_value()) << "the retry finds it gone";
  clock.advance(1h);
  EXPECT_THAT(receive(queue), IsEmpty());
  reopen();
  EXPECT_THAT(receive(queue), IsEmpty());
}

TEST_F(StorageFaults, AmbiguousMoveHappensOnce) {
  const QueueId dead_letters = create_queue();
  ASSERT_TRUE(try_send("poison").has_value());
  const MessageKey key = lease(queue, 1, 10s).at(0).lease.key();
  const auto move = [&] {
    Commit change;
    change.acks.push_back(key);
    change.messages.push_back(message(dead_letters, "poison"));
    return commit(std::move(change));
  };
  table->fail_writes(1, MemoryTable::WriteFault::kAmbiguous);
  EXPECT_EQ(move().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(move().error().code, ErrorCode::kConflict) << "the retry finds that it has happened";
  EXPECT_THAT(receive(dead_letters, 10), ElementsAre("poison"));
}

TEST_F(StorageFaults, UnreadableBodiesLeaveNothingLeased) {
  ASSERT_TRUE(try_send("m").has_value());
  table->fail_reads(true);
  EXPECT_EQ(try_lease(queue).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(depth(queue).in_flight, 0u);
  table->fail_reads(false);
  const auto leased = lease(queue);
  ASSERT_THAT(leased, SizeIs(1));
  EXPECT_EQ(leased[0].lease.attempt, 1u);
}

TEST_F(StorageFaults, UnreadableDeduplicationRowsRefuseTheCommit) {
  const QueueId fifo_queue = create_queue(fifo());
  ASSERT_TRUE(try_send("m", "g", "d", fifo_queue).has_value());
  table->fail_reads(true);
  EXPECT_EQ(try_send("m", "g", "d", fifo_queue).error().code, ErrorCode::kUnavailable);
  table->fail_reads(false);
  EXPECT_TRUE(try_send("m", "g", "d", fifo_queue)->messages[0].duplicate);
}

TEST_F(StorageFaults, PowerCutLosesNothingAcknowledged) {
  SeededRng rng(20260102);
  std::vector<std::string> expected;
  std::vector<LeasedMessage> held;
  int number = 0;
  for (int step = 0; step < 3'000; ++step) {
    switch (rng.next_u64() % 6) {
      case 0:
      case 1: {
        std::string body = std::to_string(number++);
        if (rng.next_u64() % 8 == 0) table->fail_writes(1);
        if (try_send(body).has_value()) expected.push_back(body);
        table->fail_writes(0);
        break;
      }
      case 2:
        for (LeasedMessage& message : lease(queue, 1 + rng.next_u64() % 3, 5s)) held.push_back(std::move(message));
        break;
      case 3: {
        if (held.empty()) break;
        std::swap(held[rng.next_u64() % held.size()], held.back());
        if (rng.next_u64() % 8 == 0) table->fail_writes(1);
        if (ack({held.back()}).has_value()) std::erase(expected, held.back().body);
        table->fail_writes(0);
        held.pop_back();
        break;
      }
      case 4:
        clock.advance(Duration(rng.next_u64() % 500));
        break;
      case 5:
        if (rng.next_u64() % 20 == 0) {
          held.clear();
          crash();
        }
        break;
    }
  }
  crash();
  clock.advance(1h);
  std::vector<std::string> found = receive(queue, 100'000);
  std::ranges::sort(found);
  std::ranges::sort(expected);
  EXPECT_EQ(found, expected);
  EXPECT_GT(found.size(), 20u);
}

TEST_F(StorageFaults, NewerFormatIsRefused) {
  storage->close();
  const auto batch = table->new_batch();
  batch->put(Column::kMeta, keys::kFormat, rows::number(keys::kFormatVersion + 1));
  ASSERT_TRUE(table->write(*batch, true).has_value());
  const auto opened = backend->open(clock);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kConflict);
  EXPECT_THAT(opened.error().message, HasSubstr("version " + std::to_string(keys::kFormatVersion + 1)));
}

// Version 1 kept no running total with the entries of a log.
TEST_F(StorageFaults, LogsOfTheFirstFormatAreReadAndGoOn) {
  storage->close();
  const auto integer = [](auto value) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
    return bytes;
  };
  const std::int64_t now = clock.now().time_since_epoch().count();
  const auto batch = table->new_batch();
  batch->put(Column::kMeta, keys::kFormat, rows::number(1));
  batch->put(Column::kLog, keys::log_bounds(5), integer(1) + integer(0) + integer(now));
  batch->put(Column::kLog, keys::log_entry(5, 1), integer(now) + "one");
  batch->put(Column::kLog, keys::log_entry(5, 2), integer(now) + "two");
  ASSERT_TRUE(table->write(*batch, true).has_value());
  storage = backend->open(clock).value();

  EXPECT_EQ(storage->log().bounds(5).head, 2u);
  EXPECT_EQ(storage->log().bounds(5).bytes(), 0u);
  Commit change;
  change.log.push_back({5, clock.now(), "three"});
  ASSERT_TRUE(run(storage->commit(std::move(change))).has_value());
  EXPECT_EQ(storage->log().bounds(5).bytes(), 5u);
  const std::vector<LogEntry> entries = run(storage->log().read(5, 1, 10, 1'000)).value();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[1].payload, "two");
  EXPECT_EQ(entries[1].accepted_at, clock.now());
  EXPECT_EQ(entries[2].payload, "three");
}

TEST_F(StorageFaults, DamagedRowIsReportedNotSkipped) {
  storage->close();
  const auto batch = table->new_batch();
  batch->put(Column::kMessageHead, keys::message(queue, 1), "too short");
  ASSERT_TRUE(table->write(*batch, true).has_value());
  const auto opened = backend->open(clock);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kInternal);
  EXPECT_THAT(opened.error().message, HasSubstr("message_head"));
}

TEST_F(StorageFaults, MessagesOfAQueueThatIsNoMoreAreErasedAtStart) {
  ASSERT_TRUE(try_send("m").has_value());
  storage->close();
  const auto batch = table->new_batch();
  batch->erase(Column::kMeta, keys::queue(queue));
  ASSERT_TRUE(table->write(*batch, true).has_value());
  open();
  int rows = 0;
  for (const Column column : {Column::kMessageHead, Column::kMessageBody})
    ASSERT_TRUE(table->scan(column, "", "", [&](auto, auto) { return ++rows > 0; }).has_value());
  EXPECT_EQ(rows, 0);
}

}  // namespace eventbus::testing
