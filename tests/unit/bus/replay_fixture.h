#pragma once

#include "base/rng.h"
#include "base/virtual_clock.h"
#include "bus/archive_catalog.h"
#include "bus/archive_reader.h"
#include "bus/archive_zones.h"
#include "bus/arn.h"
#include "bus/log_ids.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "bus/queue_service.h"
#include "bus/replay_metrics.h"
#include "bus/replayer.h"
#include "storage/memory/memory_storage.h"
#include "storage/rocksdb/rocksdb_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/temp_dir.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::testing {

using namespace std::chrono_literals;

inline const TimePoint kEventsFrom = std::chrono::floor<std::chrono::seconds>(test_epoch());  // 03:04:05

// A bus elsewhere that a test writes the answers of.
class BusElsewhere final : public DeliveryTarget, public DeliveryTargets {
 public:
  std::deque<AttemptOutcome> answers;  // of the next attempts; then all is delivered
  std::vector<std::string> delivered;  // inputs
  std::vector<std::size_t> calls;      // attempts in each
  std::function<void()> on_call;

  std::shared_ptr<DeliveryTarget> find(const Target& target, const Scope&) override {
    if (target.arn.find(":999999999999:") == std::string::npos) return nullptr;
    return {std::shared_ptr<void>(), this};
  }
  std::size_t batch_max() const override { return 10; }
  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    calls.push_back(attempts.size());
    if (on_call) on_call();
    std::vector<AttemptOutcome> outcomes;
    for (const DeliveryAttempt& attempt : attempts) {
      outcomes.push_back(AttemptOutcome::delivered());
      if (!answers.empty()) {
        outcomes.back() = answers.front();
        answers.pop_front();
      }
      if (outcomes.back().kind == AttemptOutcome::kDelivered) delivered.push_back(attempt.delivery.input);
    }
    co_return outcomes;
  }
};

// A whole bus with an archive and replays, in memory or in files, on time that the test moves. Events get into queues;
// the daemon can be stopped and started again.
class ReplayFixture : public ::testing::TestWithParam<const char*> {
 protected:
  ReplayFixture() {
    clock.freeze();
    open();
    create_queue("q");
    archive("all");
  }
  ~ReplayFixture() override { close(); }

  void open() {
    storage = open_storage().value();
    queues = std::make_unique<QueueService>(*storage, clock, limits, log);
    ASSERT_TRUE(queues->load());
    buses = std::make_unique<BusCatalog>(*storage, clock, limits, nullptr, log);
    ASSERT_TRUE(buses->load());
    ids = std::make_unique<LogIds>(*storage);
    zones = std::make_unique<ArchiveZones>(*storage);
    archives = std::make_unique<ArchiveCatalog>(
        ArchiveCatalog::Dependencies{*storage, *ids, *buses, *zones, clock, rng, limits});
    ASSERT_TRUE(archives->load());
    reader = std::make_unique<ArchiveReader>(*storage, *zones, clock);
    publisher = std::make_unique<Publisher>(
        Publisher::Dependencies{*buses, *queues, *storage, clock, rng, limits, publisher_metrics, log});
    metrics = std::make_unique<ReplayMetrics>();
    replayer =
        std::make_unique<Replayer>(ReplayContext{*archives, *reader, *buses, *publisher, elsewhere,
                                                 [](const Arn& arn) { return arn.account == "999999999999"; }, *storage,
                                                 clock, clock, rng, *metrics, log},
                                   *zones, *buses, [this](asio::awaitable<void> work) { spawn(std::move(work)); });
    ASSERT_TRUE(replayer->load());
  }
  // As the daemon stops: what is under way is cancelled.
  void close() {
    // On the event loop, where a cancellation is carried out at once: later its work may be over, and gone.
    asio::post(*io_, [this] {
      for (auto work = works_.begin(); work != works_.end();) (work++)->stop.emit(asio::cancellation_type::terminal);
    });
    for (int turns = 0; turns < 10'000 && !works_.empty(); ++turns) io_->run_for(1ms), io_->restart();
    EXPECT_TRUE(works_.empty()) << "a replay does not end";
    replayer.reset();
    publisher.reset();
    archives.reset();
    buses.reset();
    queues.reset();
    if (storage) storage->close();
    storage.reset();
  }
  // Without a stop.
  void lose_the_loop() {
    io_.emplace(1);
    works_.clear();
  }
  void restart() {
    close();
    open();
  }

  // Goes on until it is true; time stands still.
  void until(const std::function<bool()>& done) {
    for (int turns = 0; turns < 20'000 && !done(); ++turns) {
      io_->run_for(1ms);
      io_->restart();
    }
    ASSERT_TRUE(done()) << "it never happens; the log:\n" << log_text.str();
  }
  // Until every replay is over, or waits.
  void settle() {
    until([&] { return !replayer->busy(); });
  }
  void advance(Duration by) {
    const auto settled = [this]() -> asio::awaitable<void> {
      for (int turn = 0; turn < 10 || replayer->busy(); ++turn) co_await asio::post(asio::use_awaitable);
    };
    bool over = false;
    asio::co_spawn(*io_, clock.advance_to(clock.now() + by, settled), [&](std::exception_ptr) { over = true; });
    until([&] { return over; });
  }

  void create_queue(const std::string& name) {
    ASSERT_TRUE(run(queues->create({home, name, {{"MessageRetentionPeriod", "1209600"}}, {}})));
  }
  ArchivePtr archive(const std::string& name, const std::string& bus = "default", ArchiveSettings settings = {}) {
    auto created = run(archives->create({home, name}, bus, std::move(settings), home.account));
    EXPECT_TRUE(created) << created.error().message;
    return created ? *created : nullptr;
  }
  void bus(const std::string& name) { ASSERT_TRUE(run(buses->create_bus({home, name}, BusSettings(), Tags()))); }
  // A rule with a queue of its own, for what is replayed and nothing else.
  void rule(const std::string& name, const std::string& queue,
            const std::string& pattern = R"({"replay-name":[{"exists":true}]})", const std::string& bus = "default") {
    RuleSettings settings;
    settings.event_pattern = pattern;
    ASSERT_TRUE(run(buses->put_rule({{home, bus}, name}, settings, Tags(), {home.account, ""})));
    target(name, queue_arn(home, queue), bus);
  }
  void target(const std::string& rule, const std::string& arn, const std::string& bus = "default") {
    Target target;
    target.id = "t";
    target.arn = arn;
    std::vector<Target> targets{std::move(target)};
    ASSERT_TRUE(run(buses->put_targets({{home, bus}, rule}, targets, {home.account, ""})));
  }

  Publisher::Addressed event(TimePoint time, int number, const std::string& bus = "default",
                             const std::string& source = "shop") {
    Publisher::Addressed addressed;
    addressed.scope = home;
    addressed.bus = bus;
    Event& made = addressed.event;
    made.id = rng.uuid();
    made.source = source;
    made.detail_type = "t";
    made.origin = home;
    made.time = std::chrono::floor<std::chrono::seconds>(time);
    made.accepted_at = clock.now();
    made.json = *make_envelope(made, {}, "{\"n\":" + std::to_string(number) + "}");
    return addressed;
  }
  // An event of that time that was put with that number.
  void put(TimePoint time, int number, const std::string& bus = "default", const std::string& source = "shop") {
    std::vector<Publisher::Addressed> events;
    events.push_back(event(time, number, bus, source));
    ASSERT_TRUE(run(publisher->publish(std::move(events))));
  }
  // Numbered from 0, a second apart.
  void put_many(int count) {
    std::vector<Publisher::Addressed> events;
    for (int i = 0; i < count; ++i) events.push_back(event(kEventsFrom + i * 1s, i));
    ASSERT_TRUE(run(publisher->publish(std::move(events))));
  }

  Replayer::NewReplay wanted(TimePoint start = kEventsFrom, TimePoint end = kEventsFrom + 24h,
                             const std::string& archive = "all", const std::string& bus = "default") {
    Replayer::NewReplay replay;
    replay.archive_arn = archive_arn(home, archive);
    replay.destination_arn = bus_arn(home, bus);
    replay.start = start;
    replay.end = end;
    return replay;
  }
  CatalogResult<ReplayRecord> start(const std::string& name, Replayer::NewReplay replay) {
    return run(replayer->start({home, name}, std::move(replay)));
  }
  // "kCode: message", or what state it is in.
  std::string tried(const std::string& name, Replayer::NewReplay replay) {
    const auto started = start(name, std::move(replay));
    if (started) return std::string(to_string(started->state));
    return std::string(to_string(started.error().code)) + ": " + started.error().message;
  }
  ReplayRecord record(const std::string& name) { return replayer->replay({home, name}).value(); }
  ReplayState state(const std::string& name) { return record(name).state; }
  void replay_to_its_end(const std::string& name, Replayer::NewReplay replay) {
    const auto started = start(name, std::move(replay));
    ASSERT_TRUE(started) << started.error().message;
    EXPECT_EQ(started->state, ReplayState::kStarting);
    until([&] { return record(name).over(); });
  }

  // Everything on the queue, oldest first.
  std::vector<std::string> bodies(const std::string& queue = "q") {
    std::vector<std::string> all;
    for (;;) {
      const auto batch = run(storage->queues().lease({queues->find(home, queue)->id, clock.now() + 10'000h, 10}));
      if (!batch || batch->messages.empty()) return all;
      for (const LeasedMessage& message : batch->messages) all.push_back(message.body);
    }
  }
  std::vector<int> numbers(const std::string& queue = "q") { return numbers_of(bodies(queue)); }
  static std::vector<int> numbers_of(const std::vector<std::string>& events) {
    std::vector<int> all;
    for (const std::string& body : events)
      all.push_back(boost::json::parse(body).at("detail").at("n").to_number<int>());
    return all;
  }
  static std::vector<int> from_to(int from, int behind) {
    std::vector<int> all;
    for (int i = from; i < behind; ++i) all.push_back(i);
    return all;
  }
  std::uint64_t archived(const std::string& name = "all") {
    return run(archives->contents(archives->archive({home, name}).value())).value().events;
  }

  const Scope home{"000000000000", "us-east-1"};
  ManualClock system{test_epoch()};
  VirtualClock clock{system};
  SeededRng rng{7};
  Limits limits;
  std::ostringstream log_text;
  spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text)};
  PublisherMetrics publisher_metrics;
  BusElsewhere elsewhere;
  std::shared_ptr<MemoryTable> table = std::make_shared<MemoryTable>();

  std::unique_ptr<Storage> storage;
  std::unique_ptr<QueueService> queues;
  std::unique_ptr<BusCatalog> buses;
  std::unique_ptr<LogIds> ids;
  std::unique_ptr<ArchiveZones> zones;
  std::unique_ptr<ArchiveCatalog> archives;
  std::unique_ptr<ArchiveReader> reader;
  std::unique_ptr<Publisher> publisher;
  std::unique_ptr<ReplayMetrics> metrics;
  std::unique_ptr<Replayer> replayer;

 private:
  struct Work {
    asio::cancellation_signal stop;
  };

  void spawn(asio::awaitable<void> work) {
    works_.emplace_back();
    const auto entry = std::prev(works_.end());
    asio::co_spawn(*io_, std::move(work), asio::bind_cancellation_slot(entry->stop.slot(), [this, entry](auto thrown) {
      works_.erase(entry);
      if (thrown) std::rethrow_exception(thrown);
    }));
  }

  Result<std::unique_ptr<Storage>> open_storage() {
    if (std::string_view(GetParam()) == "memory") return open_memory_storage(table, clock);
    RocksDbOptions options;
    options.directory = directory_.path() / "data";
    options.durability = Durability::kAsync;
    options.write_buffer_bytes = 128 << 10;
    options.block_cache_bytes = 1 << 20;
    return open_rocksdb_storage(std::move(options), clock);
  }

  TempDir directory_;
  std::list<Work> works_;
  std::optional<asio::io_context> io_{std::in_place, 1};  // the last: sleepers end with it
};

}  // namespace eventbus::testing
