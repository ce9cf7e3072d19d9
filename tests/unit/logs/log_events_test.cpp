#include "logs/log_events.h"

#include "base/rng.h"
#include "bus/log_delivery.h"
#include "logs/selection.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace eventbus {
namespace {

using eventbus::testing::ManualClock;
using eventbus::testing::run;
using eventbus::testing::test_epoch;

const Scope kHome{"000000000000", "us-east-1"};

// The log store over a storage in memory; `restart` is another life over the same storage.
class LogEventsTest : public ::testing::Test {
 protected:
  LogEventsTest() { restart(); }

  void restart() {
    ids_ = std::make_unique<LogIds>(*storage_);
    store_ = std::make_unique<LogStore>(*storage_, *ids_, clock_, rng_, log_);
    events_ = std::make_unique<LogEvents>(*store_, *storage_, clock_);
    ASSERT_TRUE(store_->load());
  }

  LogGroupPtr group(const std::string& name = "g") {
    if (!store_->group(kHome, name)) {
      LogGroup created;
      created.scope = kHome;
      created.name = name;
      EXPECT_TRUE(run(store_->create_group(std::move(created))));
    }
    return *store_->group(kHome, name);
  }
  void create_stream(const std::string& name) { EXPECT_TRUE(run(store_->create_stream(group(), name))); }
  void put(const std::string& stream, std::vector<LogBatch::LogEvent> events) {
    EXPECT_TRUE(run(events_->put(group(), {stream, std::move(events)})));
  }
  std::string deliver(TimePoint time, const std::string& message) {
    Event event;
    event.time = time;
    LogAppend entry = *make_log_entry(*group(), event, message, false, clock_.now(), rng_);
    std::string stream = LogBatch::decode(entry.payload)->stream;
    Commit commit;
    commit.log.push_back(std::move(entry));
    EXPECT_TRUE(run(storage_->commit(std::move(commit))));
    return stream;
  }
  void set_retention(std::optional<std::int64_t> days) {
    LogStore::Change change = [days](LogGroup& changed) {
      changed.retention_days = days;
      return Result<void>();
    };
    EXPECT_TRUE(run(store_->change_group(kHome, "g", std::move(change))));
  }

  LogQuery everything() {
    LogQuery query;
    query.group = group();
    return query;
  }
  std::vector<std::string> messages(LogQuery query) {
    const Result<LogPage> page = run(events_->find(std::move(query)));
    EXPECT_TRUE(page);
    std::vector<std::string> texts;
    for (const StoredLogEvent& event : page->events) texts.push_back(event.message);
    return texts;
  }
  TimePoint at(std::int64_t milliseconds) const { return test_epoch() + Duration(milliseconds); }

  ManualClock clock_{test_epoch()};
  SeededRng rng_{7};
  spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
  std::unique_ptr<Storage> storage_ = make_memory_storage(clock_);
  std::unique_ptr<LogIds> ids_;
  std::unique_ptr<LogStore> store_;
  std::unique_ptr<LogEvents> events_;
};

TEST_F(LogEventsTest, EverythingIsThereAfterARestart) {
  create_stream("s");
  put("s", {{at(1), "one"}, {at(2), "two"}});
  const std::string delivered = deliver(at(3), "three");
  set_retention(7);
  restart();
  EXPECT_EQ(messages(everything()), (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(group()->retention_days, 7);
  LogQuery one = everything();
  one.streams = {delivered};
  EXPECT_EQ(messages(one), (std::vector<std::string>{"three"}));
  create_stream("t");
  EXPECT_NE(store_->stream(*group(), "t")->log, store_->stream(*group(), "s")->log) << "numbers of logs are given once";
}

// Batches that overlap in time at random, over several streams and deliveries, read page by page in both directions,
// against what a sort says.
TEST_F(LogEventsTest, PagesAreInOrderWhateverTheOrderOfArrival) {
  for (const std::string stream : {"a", "b"}) create_stream(stream);
  struct Expected {
    TimePoint time;
    std::string message;
  };
  std::vector<Expected> expected;
  int number = 0;
  for (int batch = 0; batch < 400; ++batch) {
    clock_.advance(Duration(static_cast<std::int64_t>(rng_.next_u64() % 50)));
    const auto some_time = [&] { return clock_.now() - Duration(static_cast<std::int64_t>(rng_.next_u64() % 3'000)); };
    if (batch % 3 == 0) {
      expected.push_back({some_time(), std::to_string(number++)});
      deliver(expected.back().time, expected.back().message);
      continue;
    }
    std::vector<LogBatch::LogEvent> events;
    for (std::uint64_t i = rng_.next_u64() % 5 + 1; i > 0; --i)
      events.push_back({some_time(), std::to_string(number++)});
    std::ranges::sort(events, {}, &LogBatch::LogEvent::time);
    for (const LogBatch::LogEvent& event : events) expected.push_back({event.time, event.message});
    put(batch % 3 == 1 ? "a" : "b", events);
  }
  std::vector<TimePoint> times;
  for (const Expected& event : expected) times.push_back(event.time);
  std::ranges::sort(times);

  for (const bool backwards : {false, true}) {
    for (const std::size_t page_size : {1u, 7u, 1'000u}) {
      std::vector<StoredLogEvent> read;
      LogQuery query = everything();
      query.backwards = backwards;
      query.count_max = page_size;
      for (;;) {
        const Result<LogPage> page = run(events_->find(query));
        ASSERT_TRUE(page);
        ASSERT_TRUE(std::ranges::is_sorted(page->events, {}, &StoredLogEvent::position));
        read.insert(backwards ? read.begin() : read.end(), page->events.begin(), page->events.end());
        if (!page->more) break;
        (backwards ? query.before : query.after) = page->more;
      }
      ASSERT_EQ(read.size(), expected.size());
      std::vector<TimePoint> read_times;
      std::vector<std::string> read_messages, all_messages;
      for (const StoredLogEvent& event : read) {
        read_times.push_back(event.position.time);
        read_messages.push_back(event.message);
      }
      for (const Expected& event : expected) all_messages.push_back(event.message);
      EXPECT_EQ(read_times, times);
      std::ranges::sort(read_messages);
      std::ranges::sort(all_messages);
      EXPECT_EQ(read_messages, all_messages);
    }
  }
}

TEST_F(LogEventsTest, AStreamOfADeliveryIsFoundAmongMany) {
  std::vector<std::string> streams;
  for (int i = 0; i < 1'000; ++i) {
    clock_.advance(Duration(i % 3));
    streams.push_back(deliver(clock_.now(), std::to_string(i)));
  }
  for (const int i : {0, 1, 499, 998, 999}) {
    LogQuery query = everything();
    query.streams = {streams[static_cast<std::size_t>(i)]};
    EXPECT_EQ(messages(query), (std::vector<std::string>{std::to_string(i)}));
  }
  LogQuery query = everything();
  query.streams = {delivery_stream_name(clock_.now(), rng_)};
  const Result<LogPage> missing = run(events_->find(query));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);

  // By name, which is by time, in pages and in both directions.
  std::ranges::sort(streams);
  for (const bool descending : {false, true}) {
    std::vector<std::string> listed;
    LogStreamQuery list;
    list.group = group();
    list.descending = descending;
    for (;;) {
      const Result<LogStreamPage> page = run(events_->streams(list));
      ASSERT_TRUE(page);
      for (const LogStreamSummary& stream : page->streams) listed.push_back(stream.name);
      if (!page->more) break;
      list.after = page->more;
    }
    if (descending) std::ranges::reverse(listed);
    EXPECT_EQ(listed, streams);
  }
}

TEST_F(LogEventsTest, RetentionHidesAtOnceAndHousekeepingGivesTheSpaceBack) {
  create_stream("s");
  put("s", {{clock_.now(), "old"}});
  deliver(clock_.now(), "delivered");
  const LogId log = store_->stream(*group(), "s")->log;
  set_retention(1);
  clock_.advance(std::chrono::hours(25));
  put("s", {{clock_.now(), "new"}});
  EXPECT_EQ(messages(everything()), (std::vector<std::string>{"new"}));
  EXPECT_EQ(storage_->log().bounds(log).horizon, 1u);
  clock_.advance(std::chrono::hours(2));
  ASSERT_TRUE(run(store_->keep_house()));
  EXPECT_EQ(storage_->log().bounds(log).horizon, 2u);
  EXPECT_EQ(storage_->log().bounds(group()->deliveries).horizon, 2u);
  EXPECT_EQ(*run(events_->stored_bytes(group())), kLogEventOverhead + 3);
  LogStreamQuery streams;
  streams.group = group();
  EXPECT_EQ(run(events_->streams(streams))->streams.size(), 1u) << "a delivery's stream goes with its event";
  set_retention(std::nullopt);
  clock_.advance(std::chrono::hours(24 * 400));
  ASSERT_TRUE(run(store_->keep_house()));
  EXPECT_EQ(messages(everything()), (std::vector<std::string>{"new"}));
}

TEST_F(LogEventsTest, TheSpaceOfWhatIsDeletedComesBackAndADeliveryOnItsWayHarmsNothing) {
  create_stream("s");
  put("s", {{clock_.now(), "x"}});
  deliver(clock_.now(), "y");
  const LogGroupPtr old = group();
  const LogId log = store_->stream(*old, "s")->log;
  ASSERT_TRUE(run(store_->delete_group(kHome, "g")));
  restart();
  Commit late;
  late.log.push_back({old->deliveries, clock_.now(), LogBatch{"late", {{clock_.now(), "z"}}}.encode()});
  ASSERT_TRUE(run(storage_->commit(std::move(late))));
  ASSERT_TRUE(run(store_->keep_house()));
  EXPECT_EQ(storage_->log().bounds(log).horizon, 1u) << "not within a minute: a publisher may hold the group";
  clock_.advance(std::chrono::minutes(1));
  ASSERT_TRUE(run(store_->keep_house()));
  EXPECT_EQ(storage_->log().bounds(log).horizon, 2u);
  EXPECT_EQ(storage_->log().bounds(old->deliveries).horizon, 3u);
  EXPECT_TRUE(storage_->catalog().list("log").size() == 1) << "nothing is left but the numbers of logs";
  EXPECT_TRUE(messages(everything()).empty()) << "a new group of that name is empty";
}

TEST(LogBatchCodec, ComesBackAsItWentIn) {
  const LogBatch batch{
      "s/1", {{TimePoint(Duration(-5)), "a"}, {TimePoint(Duration(1'767'323'045'678)), std::string(300, 'b')}}};
  const std::string bytes = batch.encode();
  EXPECT_EQ(*LogBatch::decode(bytes), batch);
  EXPECT_FALSE(LogBatch::decode(""));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Result<LogBatch> cut = LogBatch::decode(std::string(bytes, 0, length));
    if (cut) {
      EXPECT_NE(*cut, batch);
    }
  }
}

TEST(DeliveryStreamNames, TellTheirTimeAndAscendWithIt) {
  SeededRng rng(1);
  std::string before;
  for (std::int64_t milliseconds = 1'767'323'045'000; milliseconds < 1'767'323'045'100; ++milliseconds) {
    const TimePoint time{Duration(milliseconds)};
    const std::string name = delivery_stream_name(time, rng);
    EXPECT_EQ(time_of_delivery_stream(name), time);
    EXPECT_LT(before, name);
    EXPECT_LT(delivery_stream_bound(time, false), name);
    EXPECT_GT(delivery_stream_bound(time, true), name);
    before = name;
  }
  EXPECT_EQ(time_of_delivery_stream("6f0c2a7e-0000-4000-8000-000000000001"), std::nullopt) << "version 4";
  EXPECT_EQ(time_of_delivery_stream("stream"), std::nullopt);
}

TEST(Selection, KeepsTheFirstThatFit) {
  Selection<int, int> first(false, 3, 100), last(true, 3, 100), heavy(false, 10, 5);
  for (const int key : {5, 1, 4, 2, 3}) {
    first.add(key, key, 1);
    last.add(key, key, 1);
    heavy.add(key, key, 2);
  }
  EXPECT_FALSE(first.wants(4));
  EXPECT_FALSE(last.wants(2));
  EXPECT_EQ(first.take(), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(last.take(), (std::vector<int>{3, 4, 5}));
  EXPECT_TRUE(heavy.overflowed());
  EXPECT_EQ(heavy.take(), (std::vector<int>{1, 2}));
}

}  // namespace
}  // namespace eventbus
