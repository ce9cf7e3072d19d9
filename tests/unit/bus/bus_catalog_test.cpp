#include "bus/bus_catalog.h"

#include "storage/memory/memory_storage.h"
#include "storage/rocksdb/rocksdb_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/temp_dir.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <functional>

namespace eventbus {
namespace {

using eventbus::testing::run;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A storage whose commits take a while, so that callers really meet, and which can be told to refuse them.
class TroubledStorage final : public Storage {
 public:
  explicit TroubledStorage(Storage& inner) : inner_(inner) {}

  asio::awaitable<Result<CommitReceipt>> commit(Commit commit) override {
    co_await asio::post(asio::use_awaitable);
    if (refusing) co_return unavailable("no space left on device");
    Result<CommitReceipt> receipt = co_await inner_.commit(std::move(commit));
    if (on_committed) on_committed();
    co_await asio::post(asio::use_awaitable);
    co_return receipt;
  }
  CatalogStore& catalog() override { return inner_.catalog(); }
  QueueStore& queues() override { return inner_.queues(); }
  EventLog& log() override { return inner_.log(); }
  void close() override { inner_.close(); }
  Health health() const override { return inner_.health(); }

  bool refusing = false;
  std::function<void()> on_committed;

 private:
  Storage& inner_;
};

constexpr const char* kFunction = "arn:aws:lambda:us-east-1:000000000000:function:f";
constexpr const char* kOtherFunction = "arn:aws:lambda:us-east-1:000000000000:function:g";
constexpr const char* kQueue = "arn:aws:sqs:us-east-1:000000000000:q";

class CatalogOfBuses : public ::testing::Test {
 protected:
  CatalogOfBuses() { catalog_ = loaded(); }

  std::unique_ptr<BusCatalog> loaded() {
    auto catalog = std::make_unique<BusCatalog>(storage_, clock_, limits_, nullptr, log_);
    const Result<void> result = catalog->load();
    EXPECT_TRUE(result) << result.error().message;
    return catalog;
  }

  BusKey bus(std::string name = "default") const { return {scope_, std::move(name)}; }
  RuleKey rule(std::string name) const { return {bus(), std::move(name)}; }
  static RuleSettings matching(std::string source) {
    RuleSettings settings;
    settings.event_pattern = R"({"source":[")" + source + R"("]})";
    return settings;
  }
  static Target target(std::string id, std::string arn) {
    Target target;
    target.id = std::move(id);
    target.arn = std::move(arn);
    return target;
  }

  void put_rule(std::string name, RuleSettings settings) {
    const auto put = run(catalog_->put_rule(rule(std::move(name)), std::move(settings), Tags(), user_));
    ASSERT_TRUE(put) << put.error().message;
  }
  void put_target(std::string rule_name, Target put) {
    std::vector<Target> targets{std::move(put)};
    const auto done = run(catalog_->put_targets(rule(std::move(rule_name)), std::move(targets), user_));
    ASSERT_TRUE(done) << done.error().message;
  }
  void remove_target(std::string rule_name, std::string id) {
    std::vector<std::string> ids{std::move(id)};
    ASSERT_TRUE(run(catalog_->remove_targets(rule(std::move(rule_name)), std::move(ids), false)));
  }
  QueueId lane_of(const std::string& rule_name, const std::string& id) {
    return (*catalog_->rule(rule(rule_name)))->record.targets.at(id).lane;
  }
  void enqueue(QueueId lane) {
    Commit commit;
    NewMessage message;
    message.queue = lane;
    message.id = "m";
    message.body = "waits";
    message.sent_at = message.visible_at = clock_.now();
    commit.messages.push_back(std::move(message));
    ASSERT_TRUE(run(memory_->commit(std::move(commit))));
  }

  const Scope scope_{"000000000000", "us-east-1"};
  const BusCatalog::Actor user_{"000000000000", ""};
  testing::ManualClock clock_{testing::test_epoch()};
  Limits limits_;
  spdlog::logger log_{"test"};
  std::unique_ptr<Storage> memory_ = make_memory_storage(clock_);
  TroubledStorage storage_{*memory_};
  std::unique_ptr<BusCatalog> catalog_;
};

// ---- What lives elsewhere ----

TEST_F(CatalogOfBuses, AQueueThatLeadsElsewhereHasALaneAlsoWhenItWasPutBeforeItDid) {
  put_rule("r", matching("shop"));
  put_target("r", target("before", kQueue));
  EXPECT_EQ(lane_of("r", "before"), 0u) << "a queue of this daemon is written to directly";

  catalog_ = std::make_unique<BusCatalog>(storage_, clock_, limits_, nullptr, log_,
                                          [](const Arn& arn) { return arn.service == "sqs"; });
  ASSERT_TRUE(catalog_->load());
  ASSERT_TRUE(run(catalog_->give_missing_lanes()));
  put_target("r", target("later", kQueue));
  for (const char* id : {"before", "later"}) EXPECT_TRUE(memory_->queues().exists(lane_of("r", id))) << id;
  const auto compiled = catalog_->find(scope_, "default");
  ASSERT_EQ(compiled->rules[0].targets.size(), 2u);
  for (const CompiledTarget& each : compiled->rules[0].targets) {
    EXPECT_EQ(each.kind, CompiledTarget::kLane);
    EXPECT_EQ(each.lane, lane_of("r", each.id));
  }
  const QueueId lane = lane_of("r", "before");
  ASSERT_TRUE(run(catalog_->give_missing_lanes()));
  EXPECT_EQ(lane_of("r", "before"), lane) << "it has one";
}

// ---- Snapshots ----

TEST_F(CatalogOfBuses, HasADefaultBusInEveryScope) {
  const Scope anywhere{"999999999999", "mars-north-1"};
  const auto compiled = catalog_->find(anywhere, "default");
  ASSERT_TRUE(compiled);
  EXPECT_EQ(compiled->arn, "arn:aws:events:mars-north-1:999999999999:event-bus/default");
  EXPECT_TRUE(compiled->rules.empty());
  EXPECT_EQ(catalog_->find(anywhere, "other"), nullptr);
}

TEST_F(CatalogOfBuses, CompilesEnabledRulesWithAPatternAndTheirTargets) {
  put_rule("on", matching("shop"));
  RuleSettings off = matching("shop");
  off.state = RuleState::kDisabled;
  put_rule("off", off);
  RuleSettings scheduled;
  scheduled.schedule_expression = "rate(1 day)";
  put_rule("scheduled", scheduled);
  Target queue = target("queue", "arn:aws:sqs:eu-west-1:111122223333:q.fifo");
  queue.sqs = SqsParameters{"$.detail.order"};
  queue.dead_letter = DeadLetterConfig{"arn:aws:sqs:us-east-1:000000000000:dlq"};
  put_target("on", queue);
  put_target("on", target("function", kFunction));

  const auto compiled = catalog_->find(scope_, "default");
  ASSERT_EQ(compiled->rules.size(), 1u);
  EXPECT_EQ(compiled->rule_set->rule_count(), 1u);
  EXPECT_EQ(compiled->rules[0].arn, "arn:aws:events:us-east-1:000000000000:rule/on");
  ASSERT_EQ(compiled->rules[0].targets.size(), 2u);
  const CompiledTarget& function = compiled->rules[0].targets[0];
  EXPECT_EQ(function.kind, CompiledTarget::kLane);
  EXPECT_TRUE(memory_->queues().exists(function.lane));
  const CompiledTarget& fifo = compiled->rules[0].targets[1];
  EXPECT_EQ(fifo.kind, CompiledTarget::kQueue);
  EXPECT_EQ(fifo.local_scope, (Scope{"111122223333", "eu-west-1"}));
  EXPECT_EQ(fifo.local_name, "q.fifo");
  EXPECT_EQ(fifo.message_group_id, "$.detail.order");
  EXPECT_EQ(fifo.dead_letter_arn, "arn:aws:sqs:us-east-1:000000000000:dlq");
  EXPECT_TRUE(fifo.other_region);
}

TEST_F(CatalogOfBuses, LeavesOldSnapshotsAsTheyWere) {
  put_rule("one", matching("a"));
  const auto before = catalog_->find(scope_, "default");
  put_rule("two", matching("b"));
  EXPECT_EQ(before->rules.size(), 1u);
  EXPECT_EQ(catalog_->find(scope_, "default")->rules.size(), 2u);
  EXPECT_EQ(catalog_->find(scope_, "default"), catalog_->find(scope_, "default")) << "compiled once";
}

TEST_F(CatalogOfBuses, AllowsQueuesOfOtherRegionsWhereTheOperatorDoes) {
  limits_.allow_cross_region_queues = true;
  put_rule("r", matching("a"));
  put_target("r", target("t", "arn:aws:sqs:eu-west-1:000000000000:q"));
  EXPECT_FALSE(catalog_->find(scope_, "default")->rules[0].targets[0].other_region);
}

// ---- Many rules ----

class CatalogOfManyRules : public CatalogOfBuses {
 protected:
  static constexpr int kRules = 1'500;
  static std::string name(int i) { return "rule-" + std::to_string(i); }
  static std::string source(int i) { return "s" + std::to_string(i); }

  CatalogOfManyRules() {
    limits_.rules_per_bus = 10'000;
    for (int i = 0; i < kRules; ++i) put_rule(name(i), matching(source(i)));
  }

  // The names of the rules that an event of the source matches.
  std::vector<std::string> matched(const std::string& source) {
    const auto bus = catalog_->find(scope_, "default");
    const std::string event = R"({"source":")" + source + R"("})" + std::string(64, ' ');
    std::vector<std::string> names;
    for (const rules::RuleId id : bus->rule_set->match_valid({event.data(), event.size() - 64}, scratch_))
      names.push_back(bus->rules[id].name);
    return names;
  }
  std::size_t segments() { return (*catalog_->bus(bus()))->index().segment_count(); }

  rules::MatchScratch scratch_;
};

TEST_F(CatalogOfManyRules, MatchesEachAfterEveryChange) {
  std::size_t changed = 0;
  for (int i = 0; i + 2 < kRules; i += 7) {
    put_rule(name(i), matching("changed"));
    ++changed;
    EXPECT_THAT(matched(source(i)), IsEmpty());
    const auto deleted = run(catalog_->delete_rule(rule(name(i + 1)), false));
    ASSERT_TRUE(deleted);
    EXPECT_THAT(matched(source(i + 1)), IsEmpty());
    put_rule("new-" + std::to_string(i), matching(source(i + 1)));
    EXPECT_THAT(matched(source(i + 1)), ElementsAre("new-" + std::to_string(i)));
    EXPECT_THAT(matched(source(i + 2)), ElementsAre(name(i + 2)));
  }
  EXPECT_EQ(matched("changed").size(), changed);
  catalog_->finish_merges();
  EXPECT_LE(segments(), 4u);
  EXPECT_EQ(matched("changed").size(), changed);
  EXPECT_EQ(catalog_->find(scope_, "default")->rule_set->rule_count(), static_cast<std::size_t>(kRules));
}

TEST_F(CatalogOfManyRules, MergesBesideAMutation) {
  catalog_->finish_merges();
  // Every mutation is overtaken by the merges that the one before it has begun.
  storage_.on_committed = [this] { catalog_->finish_merges(); };
  for (int i = 0; i < 300; ++i) {
    put_rule("new-" + std::to_string(i), matching("new"));
    const auto deleted = run(catalog_->delete_rule(rule(name(i)), false));
    ASSERT_TRUE(deleted);
  }
  catalog_->finish_merges();
  EXPECT_LE(segments(), 4u);
  EXPECT_EQ(matched("new").size(), 300u);
  EXPECT_THAT(matched(source(299)), IsEmpty());
  EXPECT_THAT(matched(source(300)), ElementsAre(name(300)));
}

TEST_F(CatalogOfManyRules, SettlesWhenNothingChanges) {
  put_rule("new", matching("new"));
  catalog_->finish_merges();
  ASSERT_GT(segments(), 1u);
  catalog_->settle_rules();
  catalog_->finish_merges();
  EXPECT_GT(segments(), 1u) << "it may have changed a moment ago";
  put_rule("newer", matching("new"));
  catalog_->settle_rules();
  catalog_->finish_merges();
  EXPECT_GT(segments(), 1u) << "it has changed since";
  catalog_->settle_rules();
  catalog_->finish_merges();
  EXPECT_EQ(segments(), 1u);
  EXPECT_THAT(matched("new"), ElementsAre("new", "newer"));
}

TEST_F(CatalogOfManyRules, StartsWithOneSegment) {
  put_rule("off", [] {
    RuleSettings settings = matching("x");
    settings.state = RuleState::kDisabled;
    return settings;
  }());
  catalog_ = loaded();
  EXPECT_EQ(segments(), 1u);
  EXPECT_EQ((*catalog_->bus(bus()))->rules().size(), kRules + 1u);
  EXPECT_THAT(matched(source(1'234)), ElementsAre(name(1'234)));
  EXPECT_THAT(matched("x"), IsEmpty());
  ASSERT_TRUE(run(catalog_->set_rule_state(rule("off"), RuleState::kEnabled)));
  EXPECT_THAT(matched("x"), ElementsAre("off"));
  ASSERT_TRUE(run(catalog_->set_rule_state(rule(name(7)), RuleState::kDisabled)));
  EXPECT_THAT(matched(source(7)), IsEmpty());
}

TEST_F(CatalogOfManyRules, KeepsNoSegmentWhenAllRulesAreGone) {
  for (int i = 0; i < kRules; ++i) ASSERT_TRUE(run(catalog_->delete_rule(rule(name(i)), false)));
  catalog_->finish_merges();
  EXPECT_EQ(segments(), 0u);
  EXPECT_TRUE(catalog_->find(scope_, "default")->rules.empty());
  put_rule("again", matching("a"));
  EXPECT_THAT(matched("a"), ElementsAre("again"));
}

// ---- Parallel callers ----

TEST_F(CatalogOfBuses, LandsEveryParallelCall) {
  asio::thread_pool threads(4);
  std::atomic<int> failures{0};
  const auto finished = [&](std::exception_ptr thrown) { failures += thrown ? 1 : 0; };
  const auto put_one_rule = [](BusCatalog& catalog, RuleKey key, BusCatalog::Actor actor,
                               std::atomic<int>& failed) -> asio::awaitable<void> {
    const auto done = co_await catalog.put_rule(std::move(key), matching("a"), Tags(), std::move(actor));
    if (!done) ++failed;
  };
  const auto put_one_permission = [](BusCatalog& catalog, BusKey key, Permission permission,
                                     std::atomic<int>& failed) -> asio::awaitable<void> {
    const auto done = co_await catalog.put_permission(std::move(key), std::move(permission));
    if (!done) ++failed;
  };
  for (int i = 0; i < 10; ++i) {
    asio::co_spawn(threads, put_one_rule(*catalog_, rule("r" + std::to_string(i)), user_, failures), finished);
    Permission permission{"s" + std::to_string(i), "111122223333", "events:PutEvents", std::nullopt};
    asio::co_spawn(threads, put_one_permission(*catalog_, bus(), std::move(permission), failures), finished);
  }
  threads.join();
  EXPECT_EQ(failures, 0);
  const std::unique_ptr<BusCatalog> restarted = loaded();
  for (const BusCatalog* catalog : {catalog_.get(), restarted.get()}) {
    const auto state = *catalog->bus(bus());
    EXPECT_EQ(state->rules().size(), 10u);
    for (int i = 0; i < 10; ++i)
      EXPECT_THAT(state->record().policy.value_or(""), HasSubstr(R"("Sid":"s)" + std::to_string(i) + '"'));
  }
}

TEST_F(CatalogOfBuses, MakesABusOnceWhenManyAsk) {
  asio::thread_pool threads(4);
  std::atomic<int> created{0}, existed{0};
  const auto create = [](BusCatalog& catalog, BusKey key, std::atomic<int>& made,
                         std::atomic<int>& found) -> asio::awaitable<void> {
    const auto done = co_await catalog.create_bus(std::move(key), BusSettings(), Tags());
    if (done)
      ++made;
    else if (done.error().code == ErrorCode::kConflict)
      ++found;
  };
  for (int i = 0; i < 8; ++i)
    asio::co_spawn(threads, create(*catalog_, bus("orders"), created, existed), asio::detached);
  threads.join();
  EXPECT_EQ(created, 1);
  EXPECT_EQ(existed, 7);
}

// ---- Storage that refuses, callers that leave, other writers ----

TEST_F(CatalogOfBuses, ChangesNothingThatWasNotCommitted) {
  put_rule("r", matching("a"));
  storage_.refusing = true;
  const auto put = run(catalog_->put_rule(rule("r"), matching("b"), Tags(), user_));
  EXPECT_EQ(put.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ((*catalog_->rule(rule("r")))->record.settings.event_pattern, R"({"source":["a"]})");
  storage_.refusing = false;
  put_rule("r", matching("b"));
  EXPECT_EQ((*loaded()->rule(rule("r")))->record.settings.event_pattern, R"({"source":["b"]})");
}

TEST_F(CatalogOfBuses, KnowsWhatWasCommittedThoughTheClientLeft) {
  asio::io_context io;
  asio::cancellation_signal leave;
  storage_.on_committed = [&] { leave.emit(asio::cancellation_type::all); };
  bool ended = false;
  const auto create = [](BusCatalog& catalog, BusKey key) -> asio::awaitable<void> {
    (void)co_await catalog.create_bus(std::move(key), BusSettings(), Tags());
  };
  asio::co_spawn(io, create(*catalog_, bus("orders")),
                 asio::bind_cancellation_slot(leave.slot(), [&](std::exception_ptr) { ended = true; }));
  io.run();
  storage_.on_committed = nullptr;
  EXPECT_TRUE(ended);
  EXPECT_TRUE(loaded()->bus(bus("orders"))) << "it was committed";
  EXPECT_TRUE(catalog_->bus(bus("orders")));
  EXPECT_TRUE(run(catalog_->update_bus(bus("orders"), BusSettings()))) << "and is not stuck";
}

TEST_F(CatalogOfBuses, ReadsAnewWhatAnotherWriterChanged) {
  put_rule("r", matching("a"));
  const std::unique_ptr<BusCatalog> other = loaded();
  ASSERT_TRUE(run(other->put_rule(rule("r"), matching("theirs"), Tags(), user_)));
  const auto put = run(catalog_->put_rule(rule("r"), matching("ours"), Tags(), user_));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, ErrorCode::kUnavailable) << "clients try again by themselves";
  EXPECT_EQ((*catalog_->rule(rule("r")))->record.settings.event_pattern, R"({"source":["theirs"]})");
  put_rule("r", matching("ours"));
  EXPECT_EQ((*loaded()->rule(rule("r")))->record.settings.event_pattern, R"({"source":["ours"]})");
}

TEST_F(CatalogOfBuses, NamesTheDocumentItCannotRead) {
  Commit commit;
  commit.catalog.push_back({"bus/000000000000/us-east-1/broken", "garbage", std::nullopt});
  ASSERT_TRUE(run(memory_->commit(std::move(commit))));
  BusCatalog catalog(storage_, clock_, limits_, nullptr, log_);
  const Result<void> result = catalog.load();
  EXPECT_EQ(result.error().code, ErrorCode::kInternal);
  EXPECT_THAT(result.error().message, HasSubstr("bus/000000000000/us-east-1/broken"));
}

// ---- Lanes ----

TEST_F(CatalogOfBuses, KeepsTheLaneOfATargetThatLeadsToTheSamePlace) {
  put_rule("r", matching("a"));
  put_target("r", target("t", kFunction));
  const QueueId lane = lane_of("r", "t");
  Target changed = target("t", kFunction);
  changed.retry = RetryPolicy{3, std::nullopt};
  put_target("r", changed);
  EXPECT_EQ(lane_of("r", "t"), lane);
  EXPECT_EQ(catalog_->outbox_lanes().size(), 1u);
}

TEST_F(CatalogOfBuses, KeepsWhatWaitsForATargetThatIsGone) {
  put_rule("r", matching("a"));
  put_target("r", target("t", kFunction));
  const QueueId first = lane_of("r", "t");
  enqueue(first);
  put_target("r", target("t", kOtherFunction));
  const QueueId second = lane_of("r", "t");
  EXPECT_NE(second, first);
  remove_target("r", "t");
  clock_.advance(std::chrono::minutes(2));
  ASSERT_TRUE(run(catalog_->drop_empty_lanes()));

  EXPECT_TRUE(memory_->queues().exists(first)) << "a delivery waits in it";
  EXPECT_FALSE(memory_->queues().exists(second)) << "it was empty";
  for (const auto& lanes : {catalog_->outbox_lanes(), loaded()->outbox_lanes()}) {
    ASSERT_EQ(lanes.size(), 1u);
    EXPECT_EQ(lanes[0].queue, first);
    EXPECT_EQ(lanes[0].rule_arn, "arn:aws:events:us-east-1:000000000000:rule/r");
    EXPECT_EQ(lanes[0].target_arn, kFunction);
    EXPECT_TRUE(lanes[0].orphaned);
  }

  Commit purge;
  purge.queues.push_back({QueueChange::kPurge, first, QueueTraits{}});
  ASSERT_TRUE(run(memory_->commit(std::move(purge))));
  ASSERT_TRUE(run(catalog_->drop_empty_lanes()));
  EXPECT_FALSE(memory_->queues().exists(first));
  EXPECT_TRUE(catalog_->outbox_lanes().empty());
  EXPECT_TRUE(loaded()->outbox_lanes().empty());
}

TEST_F(CatalogOfBuses, GivesPublishersTimeToLetGoOfALane) {
  put_rule("r", matching("a"));
  put_target("r", target("t", kFunction));
  const QueueId lane = lane_of("r", "t");
  remove_target("r", "t");
  ASSERT_TRUE(run(catalog_->drop_empty_lanes()));
  EXPECT_TRUE(memory_->queues().exists(lane)) << "a publisher may hold the snapshot that names it";
  clock_.advance(std::chrono::minutes(1));
  ASSERT_TRUE(run(catalog_->drop_empty_lanes()));
  EXPECT_FALSE(memory_->queues().exists(lane));
}

TEST_F(CatalogOfBuses, NeedsNoLaneForALocalQueue) {
  put_rule("r", matching("a"));
  put_target("r", target("t", kFunction));
  put_target("r", target("t", kQueue));
  EXPECT_EQ(lane_of("r", "t"), 0u);
  ASSERT_EQ(catalog_->outbox_lanes().size(), 1u);
  EXPECT_TRUE(catalog_->outbox_lanes()[0].orphaned);
}

// ---- Schedules ----

TEST_F(CatalogOfBuses, CountsAScheduleFromTheLastChangeOrEnable) {
  const auto scheduled_from = [&] { return (*catalog_->rule(rule("r")))->record.scheduled_from; };
  RuleSettings settings;
  settings.schedule_expression = "rate(1 hour)";
  put_rule("r", settings);
  const TimePoint created = clock_.now();
  clock_.advance(std::chrono::minutes(10));
  settings.description = "the same cadence";
  put_rule("r", settings);
  EXPECT_EQ(scheduled_from(), created);
  settings.schedule_expression = "rate(2 hours)";
  put_rule("r", settings);
  EXPECT_EQ(scheduled_from(), created + std::chrono::minutes(10));
  ASSERT_TRUE(run(catalog_->set_rule_state(rule("r"), RuleState::kDisabled)));
  clock_.advance(std::chrono::minutes(10));
  ASSERT_TRUE(run(catalog_->set_rule_state(rule("r"), RuleState::kEnabled)));
  EXPECT_EQ(scheduled_from(), created + std::chrono::minutes(20));
}

// ---- Reset ----

TEST_F(CatalogOfBuses, AResetLeavesNothingOfTheAccountInStorageAndMemory) {
  const Scope other{"111111111111", "us-east-1"};
  ASSERT_TRUE(run(catalog_->create_bus({other, "theirs"}, BusSettings(), Tags())));
  ASSERT_TRUE(run(catalog_->create_bus(bus("orders"), BusSettings(), Tags())));
  put_rule("r", matching("a"));
  put_target("r", target("t", kFunction));
  const QueueId lane = lane_of("r", "t");
  enqueue(lane);
  put_target("r", target("t", kOtherFunction));  // the first lane is an orphan now

  const auto gone = run(catalog_->reset({scope_.account}));
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_EQ(*gone, 2u) << "a bus and a rule";
  EXPECT_FALSE(catalog_->bus(bus("orders")));
  EXPECT_FALSE(catalog_->rule(rule("r")));
  EXPECT_TRUE(catalog_->find(scope_, "default")->rules.empty());
  EXPECT_FALSE(memory_->queues().exists(lane));
  EXPECT_TRUE(catalog_->lanes().empty());
  EXPECT_TRUE(catalog_->bus({other, "theirs"})) << "somebody else's";
  EXPECT_EQ(memory_->catalog().list("").size(), 1u);
  EXPECT_EQ(*run(catalog_->reset({scope_.account})), 0u);
  put_rule("r", matching("a"));
  EXPECT_EQ(*run(catalog_->reset({})), 2u) << "of all accounts";
}

TEST_F(CatalogOfBuses, AResetThatStorageRefusesChangesNothing) {
  put_rule("r", matching("a"));
  storage_.refusing = true;
  const auto gone = run(catalog_->reset({}));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(catalog_->rule(rule("r")));
}

// ---- A data directory ----

TEST(CatalogOnDisk, IsThereAfterARestart) {
  testing::TempDir directory;
  testing::ManualClock clock{testing::test_epoch()};
  const Limits limits;
  spdlog::logger log{"test"};
  const Scope scope{"000000000000", "us-east-1"};
  const BusKey orders{scope, "orders"};
  QueueId lane = 0;
  for (const bool first_life : {true, false}) {
    RocksDbOptions options;
    options.directory = directory.path() / "data";
    auto storage = open_rocksdb_storage(std::move(options), clock);
    ASSERT_TRUE(storage) << storage.error().message;
    BusCatalog catalog(**storage, clock, limits, nullptr, log);
    const Result<void> loaded = catalog.load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    const RuleKey key{orders, "r"};
    if (first_life) {
      ASSERT_TRUE(run(catalog.create_bus(orders, BusSettings(), Tags{{"team", "shop"}})));
      RuleSettings settings;
      settings.event_pattern = R"({"source":["shop"]})";
      BusCatalog::Actor user{"000000000000", ""};
      ASSERT_TRUE(run(catalog.put_rule(key, settings, Tags(), user)));
      std::vector<Target> targets(1);
      targets[0].id = "t";
      targets[0].arn = kFunction;
      ASSERT_TRUE(run(catalog.put_targets(key, std::move(targets), user)));
      lane = (*catalog.rule(key))->record.targets.at("t").lane;
    } else {
      EXPECT_EQ((*catalog.bus(orders))->record().tags, (Tags{{"team", "shop"}}));
      EXPECT_EQ(catalog.find(scope, "orders")->rules[0].targets.at(0).lane, lane);
      EXPECT_TRUE((*storage)->queues().exists(lane));
      ASSERT_TRUE(run(catalog.set_rule_state(key, RuleState::kDisabled))) << "revisions were read too";
    }
    (*storage)->close();
  }
}

}  // namespace
}  // namespace eventbus
