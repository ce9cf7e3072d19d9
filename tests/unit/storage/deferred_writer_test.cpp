// The batch writer of simulations: one thread, and drains that come later.

#include "storage/memory/memory_table.h"
#include "storage/table_storage.h"
#include "tests/support/manual_clock.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace eventbus {
namespace {

struct PutOff {
  Duration delay;
  std::function<void()> drain;
};

class DeferredWriter : public ::testing::Test {
 protected:
  void SetUp() override {
    TableStorage::Options options;
    options.writer.later = [this](Duration delay, std::function<void()> drain) {
      put_off.push_back({delay, std::move(drain)});
    };
    storage = TableStorage::open(table, clock, std::move(options)).value();
  }

  static asio::awaitable<void> write(Storage& storage, std::string key, std::vector<bool>& done) {
    Commit commit;
    commit.catalog.push_back({std::move(key), "value", std::nullopt});
    const auto receipt = co_await storage.commit(std::move(commit));
    done.push_back(receipt.has_value());
  }
  void begin(std::string key) {
    asio::co_spawn(io, write(*storage, std::move(key), done), asio::detached);
    settle();
  }
  void settle() {
    io.restart();
    io.poll();
  }
  void drain() {
    for (PutOff& each : std::exchange(put_off, {})) each.drain();
    settle();
  }

  testing::ManualClock clock{testing::test_epoch()};
  asio::io_context io{1};
  std::shared_ptr<MemoryTable> table = std::make_shared<MemoryTable>();
  std::vector<PutOff> put_off;
  std::unique_ptr<Storage> storage;
  std::vector<bool> done;
};

TEST_F(DeferredWriter, GathersCommitsUntilItIsDrained) {
  begin("a");
  begin("b");
  EXPECT_TRUE(done.empty());
  EXPECT_FALSE(storage->catalog().get("a"));
  ASSERT_EQ(put_off.size(), 1U);
  EXPECT_EQ(put_off.front().delay, Duration(0));
  drain();
  EXPECT_EQ(done, std::vector<bool>({true, true}));
  EXPECT_TRUE(storage->catalog().get("b"));
  EXPECT_EQ(storage->health().syncs, 1U);
}

TEST_F(DeferredWriter, TriesToRecoverWithoutBeingAsked) {
  table->fail_writes(1, MemoryTable::WriteFault::kAmbiguous, 1);
  begin("a");
  drain();
  EXPECT_EQ(done, std::vector<bool>({false}));
  ASSERT_EQ(put_off.size(), 1U);
  EXPECT_EQ(put_off.front().delay, Duration(1'000));
  drain();  // fails once more
  ASSERT_EQ(put_off.size(), 1U);
  EXPECT_FALSE(storage->health().writable);
  drain();
  EXPECT_TRUE(put_off.empty());
  EXPECT_TRUE(storage->health().writable);
  EXPECT_TRUE(storage->catalog().get("a"));  // it was on the disk after all
}

TEST_F(DeferredWriter, CarriesOutWhatWasAcceptedBeforeItCloses) {
  begin("a");
  storage->close();
  settle();
  EXPECT_EQ(done, std::vector<bool>({true}));
  drain();  // nothing is left for it
}

}  // namespace
}  // namespace eventbus
