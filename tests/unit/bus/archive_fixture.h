#pragma once

#include "base/rng.h"
#include "bus/archive_catalog.h"
#include "bus/archive_keeper.h"
#include "bus/archive_reader.h"
#include "bus/archive_rule.h"
#include "bus/archive_zones.h"
#include "bus/arn.h"
#include "bus/log_ids.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "storage/memory/memory_storage.h"
#include "storage/rocksdb/rocksdb_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::testing {

using namespace std::chrono_literals;

// A bus with archives, over a storage in memory or in files, that can be closed and opened again.
class ArchiveFixture : public ::testing::TestWithParam<const char*> {
 protected:
  ArchiveFixture() { open(); }
  ~ArchiveFixture() override { close(); }

  void open() {
    storage = open_storage().value();
    ids = std::make_unique<LogIds>(*storage);
    buses = std::make_unique<BusCatalog>(*storage, clock, limits, nullptr, log);
    ASSERT_TRUE(buses->load());
    zones = std::make_unique<ArchiveZones>(*storage);
    archives = std::make_unique<ArchiveCatalog>(
        ArchiveCatalog::Dependencies{*storage, *ids, *buses, *zones, clock, rng, limits});
    ASSERT_TRUE(archives->load());
    keeper = std::make_unique<ArchiveKeeper>(ArchiveKeeper::Dependencies{*storage, *archives, *zones, clock, log});
    reader = std::make_unique<ArchiveReader>(*storage, *zones, clock);
    publisher = std::make_unique<Publisher>(
        Publisher::Dependencies{*buses, queues, *storage, clock, rng, limits, metrics, log});
  }
  void close() {
    publisher.reset();
    keeper.reset();
    archives.reset();
    buses.reset();
    if (storage) storage->close();
    storage.reset();
  }
  void restart() {
    close();
    open();
  }

  ArchivePtr create(std::string name, ArchiveSettings settings = {}, std::string bus = "default") {
    auto created = run(archives->create({home, std::move(name)}, std::move(bus), std::move(settings), home.account));
    EXPECT_TRUE(created) << created.error().message;
    return created ? *created : nullptr;
  }
  ArchivePtr archive(const std::string& name) { return archives->archive({home, name}).value(); }

  // An event whose own time is `time`, accepted now.
  Publisher::Addressed event(TimePoint time, std::string source = "test", std::string bus = "default",
                             std::string detail = "{}") {
    Publisher::Addressed addressed;
    addressed.scope = home;
    addressed.bus = std::move(bus);
    addressed.event.id = rng.uuid();
    addressed.event.source = std::move(source);
    addressed.event.detail_type = "t";
    addressed.event.origin = home;
    addressed.event.time = std::chrono::floor<std::chrono::seconds>(time);
    addressed.event.accepted_at = clock.now();
    addressed.event.json = *make_envelope(addressed.event, {}, detail);
    return addressed;
  }
  void publish(std::vector<Publisher::Addressed> events) {
    const Result<void> done = run(publisher->publish(std::move(events)));
    ASSERT_TRUE(done) << done.error().message;
  }
  void publish(Publisher::Addressed event) {
    std::vector<Publisher::Addressed> one;
    one.push_back(std::move(event));
    publish(std::move(one));
  }
  void publish(TimePoint time, std::string source = "test", std::string bus = "default") {
    publish(event(time, std::move(source), std::move(bus)));
  }
  // `count` events a second apart, the first of time `from`.
  void publish_many(int count, TimePoint from, Duration accepted_apart = 0ms) {
    std::vector<Publisher::Addressed> events;
    for (int i = 0; i < count; ++i) {
      events.push_back(event(from + i * 1s));
      clock.advance(accepted_apart);
      if (events.size() == 100) publish(std::exchange(events, {}));
    }
    if (!events.empty()) publish(std::move(events));
  }

  // All of a window, read in batches.
  std::vector<ArchivedEvent> read(const ArchivePtr& archive, ArchiveWindow window = {}, std::size_t count = 100,
                                  std::size_t bytes = 1 << 20) {
    std::vector<ArchivedEvent> all;
    scanned = 0;
    for (;;) {
      ArchiveBatch batch = run(reader->read(archive, window, count, bytes)).value();
      scanned += batch.scanned;
      EXPECT_LE(batch.events.size(), count);
      EXPECT_TRUE(batch.finished || batch.next > window.from);
      std::ranges::move(batch.events, std::back_inserter(all));
      if (batch.finished) return all;
      window.from = batch.next;
    }
  }
  ArchiveCatalog::Contents contents(const ArchivePtr& archive) { return run(archives->contents(archive)).value(); }

  class NoQueues final : public QueueDirectory {
   public:
    std::shared_ptr<const QueueInfo> find(const Scope&, std::string_view) const override { return nullptr; }
  };

  const Scope home{"000000000000", "us-east-1"};
  ManualClock clock{test_epoch()};
  SeededRng rng{7};
  Limits limits;
  PublisherMetrics metrics;
  NoQueues queues;
  spdlog::logger log{"test"};
  std::uint64_t scanned = 0;

  std::unique_ptr<Storage> storage;
  std::unique_ptr<LogIds> ids;
  std::unique_ptr<BusCatalog> buses;
  std::unique_ptr<ArchiveZones> zones;
  std::unique_ptr<ArchiveCatalog> archives;
  std::unique_ptr<ArchiveKeeper> keeper;
  std::unique_ptr<ArchiveReader> reader;
  std::unique_ptr<Publisher> publisher;
  std::shared_ptr<MemoryTable> table = std::make_shared<MemoryTable>(MemoryTable::Options{});  // of the one in memory

 private:
  Result<std::unique_ptr<Storage>> open_storage() {
    if (std::string_view(GetParam()) == "memory") return open_memory_storage(table, clock);
    RocksDbOptions options;
    options.directory = directory_.path() / "data";
    options.durability = Durability::kAsync;
    options.write_buffer_bytes = 128 << 10;  // so that rows reach files, and files are compacted, in small tests
    options.block_cache_bytes = 1 << 20;
    return open_rocksdb_storage(std::move(options), clock);
  }

  TempDir directory_;
};

}  // namespace eventbus::testing
