#include "tests/simulation/life.h"

#include "adapters/aws/targets/api_destination_target.h"
#include "adapters/aws/targets/event_bus_target.h"
#include "adapters/aws/targets/http_target.h"
#include "adapters/aws/targets/schedule_targets.h"
#include "adapters/aws/targets/target_directory.h"
#include "base/secret_keys.h"
#include "storage/table_storage.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>
#include <vector>

namespace eventbus::simulation {

namespace {

constexpr Duration kHousekeepingEvery{60'000};

// Seals the secrets of connections; the same in every life.
SecretKeys secret_keys() { return SecretKeys::parse("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n").value(); }

// As the daemon has it: the targets of rules and of schedules.
class AllTargets final : public DeliveryTargets {
 public:
  explicit AllTargets(std::vector<std::unique_ptr<aws::TargetFactory>> factories)
      : of_rules_(std::move(factories)), all_(of_rules_) {}
  std::shared_ptr<DeliveryTarget> find(const Target& target, const Scope& bus_scope) override {
    return all_.find(target, bus_scope);
  }

 private:
  aws::TargetDirectory of_rules_;
  aws::ScheduleTargets all_;
};

void report(const std::exception_ptr& thrown, spdlog::logger& log) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) log.critical("work ended with an exception: {}", error.what());
  } catch (const std::exception& error) {
    log.critical("work ended with an exception: {}", error.what());
  }
}

}  // namespace

Life::Life(Surroundings surroundings) : around(std::move(surroundings)) {}

Life::~Life() {
  if (catalog) catalog->finish_merges();
}

Result<void> Life::start() {
  TRY_VOID(open_storage());
  build();
  TRY_VOID(queues->load());
  TRY_VOID(logs->load());
  TRY_VOID(catalog->load());
  TRY_VOID(archives->load());
  TRY_VOID(connections->load());
  TRY_VOID(schedules->load());
  TRY_VOID(schedule_lanes->load());
  TRY_VOID(dispatcher->load());
  TRY_VOID(moves->load());
  TRY_VOID(replayer->load());
  spawn(0, queues->run_expiry());
  spawn(0, logs->run_housekeeping());
  spawn(0, scheduler->run());
  spawn(0, schedule_runner->run());
  spawn(0, schedule_runner->run_housekeeping());
  spawn(0, keep_house());
  spawn(0, archive_keeper->run());
  spawn(0, replayer->run_housekeeping());
  spawn(0, dispatcher->run_housekeeping());
  authorizer->start();
  std::vector<asio::any_io_executor> executors;
  for (std::size_t loop = 0; loop < around.loops.size(); ++loop) executors.emplace_back(around.loops.executor(loop));
  std::vector<QueueId> lanes = catalog->lanes();
  std::ranges::copy(schedule_lanes->lanes(), std::back_inserter(lanes));
  dispatcher->start(executors, lanes);
  return {};
}

Result<void> Life::open_storage() {
  TableStorage::Options options;
  options.writer.sync = around.durability == Durability::kSync;
  options.writer.later = [this](Duration delay, std::function<void()> drain) {
    // Nobody waits any more for a disk to recover.
    if (over_ && delay > Duration(0)) return;
    ++disk_waits_;
    // Not a work of ours: what was accepted is carried out while the rest is cancelled.
    const auto ended = [this](const std::exception_ptr& thrown) {
      --disk_waits_;
      report(thrown, around.log);
    };
    asio::co_spawn(around.loops.executor(0), drain_after(delay, std::move(drain)), ended);
  };
  TRY(std::unique_ptr<Storage> opened, TableStorage::open(around.table, around.clock, std::move(options)));
  storage = mutated(std::move(opened), around.mutation, around.disk_dice);
  return {};
}

// Mostly a disk is quick, sometimes it is not; commits that come meanwhile share the write.
asio::awaitable<void> Life::drain_after(Duration delay, std::function<void()> drain) {
  Duration took(0);
  if (around.disk_dice.one_in(3)) took = Duration(around.disk_dice.between(1, 5));
  if (around.disk_dice.one_in(200)) took = Duration(around.disk_dice.between(5, 3'000));
  if (delay + took > Duration(0)) co_await around.clock.sleep_for(delay + took);
  if (!over_ || delay == Duration(0)) drain();
}

void Life::build() {
  Clock& clock = around.clock;
  Rng& rng = around.rng;
  const Limits& limits = around.limits;
  spdlog::logger& log = around.log;
  queues = std::make_unique<QueueService>(*storage, clock, limits, log);
  messages = std::make_unique<QueueMessages>(*queues, *storage, clock, rng, limits, log);
  log_ids = std::make_unique<LogIds>(*storage);
  logs = std::make_unique<LogStore>(*storage, *log_ids, clock, rng, log);
  const auto rule_metrics = [this](const Scope& scope, std::string_view bus, std::string_view rule) {
    return metrics.rule(scope, bus, rule);
  };
  catalog = std::make_unique<BusCatalog>(*storage, clock, limits, rule_metrics, log);
  archive_zones = std::make_unique<ArchiveZones>(*storage);
  archives = std::make_unique<ArchiveCatalog>(
      ArchiveCatalog::Dependencies{*storage, *log_ids, *catalog, *archive_zones, clock, rng, limits});
  archive_keeper =
      std::make_unique<ArchiveKeeper>(ArchiveKeeper::Dependencies{*storage, *archives, *archive_zones, clock, log});
  archive_reader = std::make_unique<ArchiveReader>(*storage, *archive_zones, clock);
  connections = std::make_unique<ConnectionCatalog>(*storage, clock, rng, around.connection_limits, secret_keys(), log);
  tokens = std::make_unique<aws::OAuthTokens>(around.internet, clock, around.connection_limits);
  schedules =
      std::make_unique<ScheduleCatalog>(ScheduleCatalog::Dependencies{*storage, clock, rng, log}, ScheduleLimits());
  schedule_metrics = std::make_unique<ScheduleMetrics>([this] { return schedules->size(); });
  schedule_lanes = std::make_unique<ScheduleLanes>(*storage, clock);
  all_lanes = std::make_unique<JoinedLanes>(*catalog, *schedule_lanes);
  const auto run_task = [this](asio::awaitable<void> task) { spawn(0, std::move(task)); };
  authorizer = std::make_unique<aws::ConnectionAuthorizer>(*connections, *tokens, clock, run_task);
  targets = std::make_unique<WatchedTargets>(around.functions, around.auditor, around.mutation);
  moves = std::make_unique<MessageMoves>(*queues, *storage, clock, rng, log, run_task);
  dispatcher = std::make_unique<Dispatcher>(
      Dispatcher::Dependencies{*storage, *all_lanes, *queues, *targets, clock, rng, limits, log}, around.retry);
  publisher = std::make_unique<Publisher>(Publisher::Dependencies{*catalog, *queues, *storage, clock, rng, limits,
                                                                  metrics, log, dispatcher.get(), logs.get(), nullptr});
  targets->set(own_targets());
  scheduler = std::make_unique<RuleScheduler>(RuleScheduler::Dependencies{*catalog, *publisher, clock, rng, log});
  schedule_runner = std::make_unique<ScheduleRunner>(
      ScheduleRunner::Dependencies{*schedules, *schedule_lanes, *queues, *dispatcher, [](const Arn&) { return false; },
                                   limits, clock, rng, *schedule_metrics, log});
  const auto work_time = [this] { return std::chrono::microseconds(around.clock.passed()); };
  replayer =
      std::make_unique<Replayer>(ReplayContext{*archives, *archive_reader, *catalog, *publisher, *targets, nullptr,
                                               *storage, clock, clock, rng, replay_metrics, log, work_time},
                                 *archive_zones, *catalog, run_task);
  dead_letters = std::make_unique<DeadLetters>(
      DeadLetters::Dependencies{*catalog, *queues, *storage, clock, rng, dispatcher.get()});
}

std::unique_ptr<DeliveryTargets> Life::own_targets() {
  std::vector<std::unique_ptr<aws::TargetFactory>> all;
  all.push_back(aws::make_api_destination_factory(
      {*connections, *tokens, around.internet, around.clock, around.connection_limits}));
  all.push_back(aws::make_event_bus_targets({*publisher, *catalog, around.clock, around.rng}));
  all.push_back(aws::make_http_target_factory({around.internet, around.clock, around.limits}));
  return std::make_unique<AllTargets>(std::move(all));
}

// As Application does; merges end at once, so that everything happens in one order.
asio::awaitable<void> Life::keep_house() {
  for (;;) {
    co_await around.clock.sleep_until(around.clock.now() + kHousekeepingEvery);
    catalog->settle_rules();
    catalog->finish_merges();
    (void)co_await catalog->drop_empty_lanes();
  }
}

void Life::spawn(std::size_t loop, asio::awaitable<void> work) {
  if (cancelled_) return;
  works_.push_back(std::make_shared<Work>());
  works_.back()->loop = loop;
  const auto entry = std::prev(works_.end());
  auto ended = [this, entry](const std::exception_ptr& thrown) {
    report(thrown, around.log);
    works_.erase(entry);
  };
  asio::co_spawn(around.loops.executor(loop), std::move(work),
                 asio::bind_cancellation_slot((*entry)->end.slot(), std::move(ended)));
}

void Life::stop() { dispatcher->stop(); }

void Life::cancel() {
  cancelled_ = true;
  dispatcher->cancel();
  // Each on its own loop, as asio wants it; one that has ended by then has nothing left to cancel.
  for (const std::shared_ptr<Work>& work : works_)
    asio::post(around.loops.executor(work->loop), [work] { work->end.emit(asio::cancellation_type::terminal); });
}

}  // namespace eventbus::simulation
