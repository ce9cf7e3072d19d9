// What only the storage on disk promises: one daemon per directory, and a full disk that loses nothing.

#include "base/rng.h"
#include "storage/checkpoints.h"
#include "storage/key_codec.h"
#include "storage/rocksdb/rocksdb_storage.h"
#include "storage/rocksdb/rocksdb_table.h"
#include "tests/unit/storage/storage_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <set>
#include <sys/mount.h>
#include <thread>
#include <unistd.h>

namespace eventbus::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class RocksDb : public StorageFixture {
 protected:
  static RocksDbOptions options_of(const std::filesystem::path& path) {
    RocksDbOptions options;
    options.directory = path;
    options.write_buffer_bytes = 1 << 20;
    return options;
  }
  Result<std::unique_ptr<Storage>> try_open(const std::filesystem::path& path) {
    return open_rocksdb_storage(options_of(path), clock);
  }
  void open_at(const std::filesystem::path& path) { storage = try_open(path).value(); }

  TempDir directory;
};

// A file system of its own that can be filled.
class FullDisk : public RocksDb {
 protected:
  void SetUp() override {
    if (::geteuid() != 0 || ::mount("tmpfs", directory.path().c_str(), "tmpfs", 0, "size=24m") != 0)
      GTEST_SKIP() << "needs root and the right to mount a tmpfs";
    mounted_ = true;
    open_at(directory.path() / "data");
    queue = create_queue();
  }
  void TearDown() override {
    storage = nullptr;
    if (mounted_) ::umount2(directory.path().c_str(), MNT_DETACH);
  }

  // Somebody else's file takes `bytes`, or all that is left.
  void fill(std::uintmax_t bytes = UINTMAX_MAX) {
    std::ofstream file(directory.path() / ("filler" + std::to_string(fillers_++)), std::ios::binary);
    const std::string block(1 << 12, 'x');
    for (std::uintmax_t written = 0; written < bytes && file.write(block.data(), 1 << 12); written += block.size())
      file.flush();
  }
  void free_space() {
    for (; fillers_ > 0; --fillers_)
      std::filesystem::remove(directory.path() / ("filler" + std::to_string(fillers_ - 1)));
  }

  std::string incompressible(std::size_t bytes) {
    std::string text;
    for (; text.size() < bytes; text += rng_.uuid()) continue;
    return text;
  }

  bool try_send() {
    const std::string body = incompressible(20'000);
    std::vector<NewMessage> one;
    one.push_back(message(queue, body));
    const auto receipt = send(std::move(one));
    if (receipt) {
      acknowledged.insert(body);
    } else {
      EXPECT_EQ(receipt.error().code, ErrorCode::kUnavailable);
    }
    return receipt.has_value();
  }
  // Bodies that were acknowledged are remembered.
  void send_until_it_fails() {
    for (int i = 0; i < 10'000; ++i)
      if (!try_send()) return;
    FAIL() << "the disk never got full";
  }
  // The disk gets full under load, and stays so: also after the database has thrown away what it no longer needs.
  void fill_up() {
    fill(8 << 20);
    send_until_it_fails();
    for (int failures = 0; failures < 5; failures = try_send() ? 0 : failures + 1) {
      fill();
      ::usleep(20'000);
    }
  }
  void expect_all_acknowledged_present() {
    clock.advance(1h);
    std::set<std::string> found;
    for (std::string& body : receive(queue, 100'000)) found.insert(std::move(body));
    std::vector<std::string> missing;
    std::ranges::set_difference(acknowledged, found, std::back_inserter(missing));
    EXPECT_EQ(missing.size(), 0u);
    EXPECT_GT(found.size(), 50u);
  }

  QueueId queue = 0;
  std::set<std::string> acknowledged;

 private:
  bool mounted_ = false;
  int fillers_ = 0;
  SeededRng rng_{7};
};

}  // namespace

TEST_F(RocksDb, SecondDaemonOnOneDirectoryIsRefused) {
  open_at(directory.path() / "data");
  const auto second = try_open(directory.path() / "data");
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_THAT(second.error().message, HasSubstr("in use by another eventbusd"));
  storage->close();
  EXPECT_TRUE(try_open(directory.path() / "data").has_value()) << "closing releases it";
}

// Reads without I/O, of files that are not open and of blocks that are not cached, answer neither from the disk nor
// with an empty row.
TEST_F(RocksDb, RowsThatAreNotAtHandAreSaidToBe) {
  constexpr std::size_t kRows = 4'000, kTogether = 10;
  const auto key_of = [](std::size_t i) { return std::to_string(100'000 + i); };
  RocksDbOptions options = options_of(directory.path() / "data");
  options.open_files_max = 20;
  options.block_cache_bytes = 64 << 10;
  {
    const auto table = RocksDbTable::open(options).value();
    for (std::size_t i = 0; i < kRows; ++i) {
      const auto batch = table->new_batch();
      batch->put(Column::kMessageBody, key_of(i), key_of(i) + std::string(1'000, 'x'));
      ASSERT_TRUE(table->write(*batch, false).has_value());
    }
    table->close();
  }
  const auto table = RocksDbTable::open(options).value();
  std::size_t elsewhere = 0, wrong = 0;
  for (std::size_t i = 0; i < kRows; i += kTogether) {
    std::vector<std::string> keys;
    for (std::size_t k = i; k < i + kTogether; ++k) keys.push_back(key_of(k));
    const auto check = [&](std::size_t k, RowState state, std::string_view row) {
      if (state == RowState::kNotAtHand) {
        ++elsewhere;
      } else if (state != RowState::kFound || !row.starts_with(keys[k] + "xxx")) {
        ++wrong;
      }
    };
    table->multi_get(Column::kMessageBody, keys, ReadTier::kMemory, check);
    const std::size_t before = elsewhere;
    table->multi_get(Column::kMessageBody, keys, ReadTier::kAll, check);
    ASSERT_EQ(elsewhere, before) << "with I/O everything is at hand";
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(elsewhere, kRows / 4) << "a 64 KB cache cannot have held them";
  table->close();
}

TEST_F(RocksDb, SpaceOfAnErasedRangeComesBackAtOnceAndNothingElseGoes) {
  RocksDbOptions options = options_of(directory.path() / "data");
  options.write_buffer_bytes = 128 << 10;
  std::shared_ptr<RocksDbTable> table = RocksDbTable::open(options).value();
  constexpr std::uint64_t kLog = 7, kRows = 16'000, kKept = 15'000;
  SeededRng rng{1};
  const auto payload = [&rng] {
    std::string text;
    while (text.size() < 1'000) text += rng.uuid();
    return text;
  };
  std::vector<std::string> others;
  const std::unique_ptr<RowBatch> batch = table->new_batch();
  for (const std::uint64_t other : {kLog - 1, kLog + 1}) {
    others.push_back(keys::log_entry(other, 1));
    batch->put(Column::kLog, others.back(), payload());
  }
  for (std::uint64_t row = 1; row <= kRows; ++row) {
    batch->put(Column::kLog, keys::log_entry(kLog, row), payload());
    if (row % 100 > 0) continue;
    ASSERT_TRUE(table->write(*batch, false));
    batch->clear();
  }
  const std::string begin = keys::log_entry(kLog, 0), end = keys::log_entry(kLog, kKept);
  batch->erase_range(Column::kLog, begin, end);
  ASSERT_TRUE(table->write(*batch, false));
  const std::uint64_t before = table->disk_bytes();
  EXPECT_GT(before, kRows * 500) << "two hexadecimal digits to a byte, and no more, can be saved";
  std::thread reader([&] {  // who reads meanwhile sees what is there, and no error
    const auto nothing = [](std::string_view, std::string_view) { return true; };
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(table->scan(Column::kLog, "", "", nothing));
  });
  table->reclaim(Column::kLog, begin, end);
  reader.join();
  // Files are unlinked in the background.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (table->disk_bytes() > before / 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_LE(table->disk_bytes(), before / 2);

  for (const bool again : {false, true}) {
    if (again) {
      table->close();
      table = RocksDbTable::open(options).value();
    }
    std::uint64_t next = kKept;
    ASSERT_TRUE(table->scan(Column::kLog, begin, keys::log_entry(kLog + 1, 0), [&](std::string_view key, auto) {
      EXPECT_EQ(key, keys::log_entry(kLog, next));
      return key == keys::log_entry(kLog, next++);
    }));
    EXPECT_EQ(next, kRows + 1);
    for (const std::string& other : others) EXPECT_TRUE(table->get(Column::kLog, other)->has_value());
  }
}

TEST_F(RocksDb, DirectoryIsCreatedWithItsParents) {
  open_at(directory.path() / "a" / "b" / "c");
  const QueueId queue = create_queue();
  send(message(queue, "m"));
  EXPECT_THAT(receive(queue), ElementsAre("m"));
}

TEST_F(RocksDb, DirectoryThatCannotBeCreatedIsUnavailable) {
  std::ofstream(directory.path() / "file") << "in the way";
  const auto opened = try_open(directory.path() / "file" / "data");
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
}

TEST_F(RocksDb, DurabilityMemoryIsRefused) {
  RocksDbOptions options;
  options.directory = directory.path();
  options.durability = Durability::kMemory;
  EXPECT_EQ(open_rocksdb_storage(std::move(options), clock).error().code, ErrorCode::kInvalid);
}

TEST_F(RocksDb, BodiesAreReadFromFilesToo) {
  open_at(directory.path() / "data");
  const QueueId queue = create_queue();
  std::set<std::string> sent;
  for (int i = 0; i < 500; ++i) {  // 5 MB through write buffers of 1 MB
    std::string body = std::to_string(i) + std::string(10'000, 'b');
    sent.insert(body);
    send(message(queue, std::move(body)));
  }
  storage->close();
  open_at(directory.path() / "data");
  std::set<std::string> received;
  while (received.size() < sent.size()) {
    const auto bodies = receive(queue, 10);
    ASSERT_FALSE(bodies.empty());
    received.insert(bodies.begin(), bodies.end());
  }
  EXPECT_EQ(received, sent);
}

TEST_F(RocksDb, HealthTellsWhatIsOnDisk) {
  open_at(directory.path() / "data");
  const QueueId queue = create_queue();
  send(message(queue, std::string(100'000, 'x')));
  EXPECT_GT(storage->health().disk_bytes, 100'000u);
  EXPECT_TRUE(storage->health().writable);
}

TEST_F(FullDisk, RecoversWithoutRestartAndLosesNothing) {
  fill_up();
  EXPECT_FALSE(storage->health().writable);
  EXPECT_THAT(storage->health().last_error, HasSubstr("full"));

  // Receives go on, and what is received can be held.
  const auto leased = lease(queue, 10);
  ASSERT_THAT(leased, SizeIs(10));
  EXPECT_EQ(storage->queues().extend(leased[0].lease, clock.now() + 1h), LeaseState::kHeld);
  EXPECT_FALSE(ack(leased).has_value());

  free_space();
  ASSERT_TRUE(ack(leased).has_value());
  for (const LeasedMessage& message : leased) acknowledged.erase(message.body);
  EXPECT_TRUE(storage->health().writable);
  send_until_it_fails();  // full once more, by load alone
  expect_all_acknowledged_present();
}

TEST_F(FullDisk, AcknowledgedMessagesAndDeletesSurviveAReopenAfterIt) {
  fill_up();
  free_space();
  const auto leased = lease(queue, 20);
  ASSERT_TRUE(ack(leased).has_value());
  for (const LeasedMessage& message : leased) acknowledged.erase(message.body);
  storage->close();
  open_at(directory.path() / "data");
  expect_all_acknowledged_present();
  for (const std::string& body : receive(queue, 100'000)) EXPECT_TRUE(acknowledged.contains(body));
}

TEST_F(FullDisk, ComesBackByItselfWhenNobodyCommits) {
  fill_up();
  free_space();
  // The writer tries once a second; give it a minute on a busy machine.
  for (int i = 0; i < 600 && !storage->health().writable; ++i) ::usleep(100'000);
  EXPECT_TRUE(storage->health().writable);
}

// ---- copies of a running storage

TEST_F(RocksDb, ACopyHoldsAllThatWasCommittedAndNothingOfWhatComesLater) {
  open_at(directory.path() / "data");
  const QueueId queue = create_queue();
  for (int i = 0; i < 200; ++i) send(message(queue, "m" + std::to_string(i) + std::string(2'000, 'x')));
  ASSERT_TRUE(write_catalog(catalog_put("bus/a", "before")).has_value());
  append(1, "event");
  ASSERT_TRUE(ack(lease(queue, 50)).has_value());

  const std::filesystem::path copy = directory.path() / "copies" / "first";
  ASSERT_TRUE(run(Checkpoints::of(*storage)->checkpoint(copy)).has_value());
  ASSERT_TRUE(write_catalog(catalog_put("bus/a", "after")).has_value());
  ASSERT_TRUE(ack(lease(queue, 150)).has_value());
  close();

  open_at(copy);
  EXPECT_EQ(storage->catalog().get("bus/a")->value, "before");
  EXPECT_EQ(depth(queue).total(), 150u);
  EXPECT_THAT(read_log(1), SizeIs(1));
  EXPECT_THAT(receive(queue, 1'000), SizeIs(150));
  EXPECT_GT(send(message(queue, "more")).sequence, 0u) << "it goes on from there";
  close();

  open_at(directory.path() / "data");
  EXPECT_EQ(storage->catalog().get("bus/a")->value, "after");
  EXPECT_EQ(depth(queue).total(), 0u) << "what the copy does is its own";
}

TEST_F(RocksDb, CopiesTakenUnderLoadMissNothingThatWasAcknowledgedBefore) {
  open_at(directory.path() / "data");
  const QueueId queue = create_queue();
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<bool> stop{false};
  std::thread sender([&] {
    for (std::uint64_t i = 1; !stop; ++i) {
      std::vector<NewMessage> one;
      one.push_back(message(queue, std::to_string(i) + std::string(500, 'x')));
      if (send(std::move(one)).has_value()) acknowledged = i;
    }
  });
  std::vector<std::uint64_t> before;
  for (int i = 0; i < 5; ++i) {
    while (acknowledged < static_cast<std::uint64_t>(i + 1) * 50) std::this_thread::yield();
    before.push_back(acknowledged);
    EXPECT_TRUE(
        run(Checkpoints::of(*storage)->checkpoint(directory.path() / ("copy" + std::to_string(i)))).has_value());
  }
  stop = true;
  sender.join();
  close();
  for (std::size_t i = 0; i < before.size(); ++i) {
    open_at(directory.path() / ("copy" + std::to_string(i)));
    // One sender, one message after the other: a prefix, without holes.
    const auto found = receive(queue, 1'000'000);
    EXPECT_GE(found.size(), before[i]);
    std::set<std::uint64_t> numbers;
    for (const std::string& body : found) numbers.insert(std::stoull(body));
    EXPECT_EQ(*numbers.rbegin(), found.size());
    close();
  }
}

TEST_F(RocksDb, ACopyTakesNothingThatIsThereAlready) {
  open_at(directory.path() / "data");
  const auto taken = run(Checkpoints::of(*storage)->checkpoint(directory.path() / "data"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
  std::ofstream(directory.path() / "file") << "x";
  EXPECT_EQ(run(Checkpoints::of(*storage)->checkpoint(directory.path() / "file" / "copy")).error().code,
            ErrorCode::kUnavailable);
}

TEST_F(RocksDb, StorageInMemoryHasNothingToCopy) {
  const auto in_memory = make_memory_storage(clock);
  EXPECT_EQ(run(Checkpoints::of(*in_memory)->checkpoint(directory.path() / "copy")).error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "copy"));
}

}  // namespace eventbus::testing
