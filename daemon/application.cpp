#include "daemon/application.h"

#include "base/lenient_sleep.h"
#include "base/log_value.h"
#include "base/stopwatch.h"
#include "daemon/application_parts.h"
#include "daemon/banner.h"
#include "daemon/contract_registry.h"
#include "daemon/declared_resources.h"
#include "daemon/setting_value.h"
#include "schemas/contract.h"
#include "storage/memory/memory_storage.h"
#include "storage/rocksdb/rocksdb_storage.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eventbus {
namespace {

constexpr std::size_t kShardsByDefaultMax = 8;
constexpr Duration kHousekeepingEvery{60'000}, kLeniency = std::chrono::hours(1);
// The orderly stop: how often it looks whether connections have ended, and how long one whose socket is closed already
// may take.
constexpr Duration kLookAgain{2};
constexpr Duration kAbortedMustEndIn{10'000};

std::size_t shard_count(const Config& config) {
  if (config.shards > 0) return config.shards;
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kShardsByDefaultMax);
}

// What was sealed with a key that has been replaced is sealed with the new one, so that the old one may go.
asio::awaitable<void> reseal_secrets(ConnectionCatalog& connections, spdlog::logger& log) {
  const auto resealed = co_await connections.reseal();
  if (!resealed) {
    log.warn("Secrets of connections could not be sealed with the new key. reason={}",
             log_value(resealed.error().message));
  } else if (*resealed > 0) {
    log.info("Secrets of connections were sealed with the new key. connections={}", *resealed);
  }
}

// Outbox lanes whose target is gone end when they are empty, and rules that have come to rest are matched in one go.
asio::awaitable<void> keep_house(BusCatalog& catalog, Clock& clock, spdlog::logger& log) {
  for (;;) {
    const TimePoint next = clock.now() + kHousekeepingEvery;
    co_await sleep_between(clock, next, next + kLeniency);
    catalog.settle_rules();
    const auto done = co_await catalog.drop_empty_lanes();
    if (!done)
      log.warn("Outbox lanes without a target could not be dropped. reason={}", log_value(done.error().message));
  }
}

// Runs a coroutine to its end on an io_context that nobody else runs yet.
void run_to_its_end(asio::io_context& io, asio::awaitable<void> coroutine) {
  std::optional<std::exception_ptr> ended;  // the coroutine is over: nothing refers to this frame any more
  const auto on_end = [&ended](std::exception_ptr thrown) { ended = std::move(thrown); };
  asio::co_spawn(io, std::move(coroutine), on_end);
  auto work = asio::make_work_guard(io);  // the storage answers from its own thread
  while (!ended) io.run_one();
  work.reset();
  io.restart();  // it stops when it runs out of work
  if (*ended) std::rethrow_exception(*ended);
}

asio::awaitable<void> give_lanes_into(std::optional<CatalogResult<void>>& done, BusCatalog& catalog) {
  done = co_await catalog.give_missing_lanes();
}

asio::awaitable<void> register_into(std::optional<Result<std::size_t>>& added, SchemaCatalog& catalog, Scope scope,
                                    std::vector<RegisteredContract> contracts) {
  added = co_await eventbus::register_contracts(catalog, std::move(scope), "contracts", std::move(contracts));
}

using AppliedResources = std::optional<Result<DeclaredResources::Counts>>;
asio::awaitable<void> apply_into(AppliedResources& applied, boost::json::object resources, net::Handler api,
                                 Scope scope) {
  applied = co_await DeclaredResources::apply(std::move(resources), std::move(api), std::move(scope));
}

}  // namespace

Application::Application(Config config, spdlog::logger& log, std::function<void(std::string_view)> announce)
    : config_(std::move(config)), log_(log), announce_(std::move(announce)) {
  if (config_.virtual_clock) virtual_clock_ = std::make_unique<VirtualClock>(system_clock_);
}

Application::~Application() = default;

Result<void> Application::start() {
  const Stopwatch stopwatch;
  log_.info("Starting. version={} pid={} durability={} data_dir={}", EVENTBUS_VERSION, ::getpid(),
            name_of(config_.durability), log_value(config_.data_dir));
  if (virtual_clock_) log_.warn("Time is virtual: whoever may administrate moves it, at /_eventbus/clock.");

  // What was accepted in earlier lives.
  TRY(std::unique_ptr<Storage> storage, open_storage());

  // Everything that lives on it; nothing runs yet.
  TRY(std::unique_ptr<net::HttpClient> client, make_http_client());
  parts_ =
      std::make_unique<ApplicationParts>(ApplicationParts::Surroundings{config_, clock(), system_clock_, rng_, log_,
                                                                        io_, readiness_, virtual_clock_.get(), calls_},
                                         std::move(storage), std::move(client));
  TRY_VOID(load());

  // What the configuration file declares, through the API that clients use.
  TRY_VOID(apply_declared_resources());
  TRY_VOID(register_contracts());

  // The port. Connections wait in the kernel's queue.
  TRY_VOID(listen());

  // Beyond this point there are threads, and clients are served.
  TRY_VOID(start_background_work());
  start_delivery();
  for (std::size_t i = 0; i < parts_->shards.size(); ++i) parts_->shards[i]->start(i, config_.virtual_clock);
  readiness_.become(Readiness::kReady);
  log_.info("Listening on {} address={} shards={}", url(), config_.listen.to_string(), parts_->shards.size());
  if (announce_ && !config_.file) announce_(banner(config_, url()));
  log_.info("Started. milliseconds={}", stopwatch.elapsed().count() / 1'000);
  return {};
}

Result<std::unique_ptr<Storage>> Application::open_storage() {
  if (config_.durability == Durability::kMemory) {
    log_.warn("Nothing is kept: all events, queues and rules are gone when this process ends. durability=memory");
    return make_memory_storage(clock());
  }
  RocksDbOptions options;
  options.directory = config_.data_dir;
  options.durability = config_.durability;
  options.progress = [this](std::string_view sentence) { log_.info("{}", sentence); };
  options.log = [this](std::string_view sentence) { log_.warn("RocksDB: {}", sentence); };
  options.write_buffer_bytes = config_.write_buffer_bytes;
  options.block_cache_bytes = config_.block_cache_bytes;
  return open_rocksdb_storage(std::move(options), clock());
}

Result<std::unique_ptr<net::HttpClient>> Application::make_http_client() {
  net::HttpClient::Options options;
  options.extra_ca_file = config_.extra_ca_file;
  options.idle_clock = &system_clock_;
  TRY(std::unique_ptr<net::HttpClient> client, net::HttpClient::make(std::move(options), clock()));
  if (!virtual_clock_) return client;
  auto watched = std::make_unique<WatchedClient>(std::move(client), system_clock_);
  calls_ = watched.get();
  return std::unique_ptr<net::HttpClient>(std::move(watched));
}

Result<void> Application::load() {
  if (parts_->inbound_keys) TRY_VOID(parts_->inbound_keys->load());
  if (config_.event_log_file) {
    TRY(parts_->event_log_file, EventLogFile::open(*config_.event_log_file));
  }
  TRY_VOID(parts_->queues.load());
  TRY_VOID(parts_->logs.load());
  TRY_VOID(parts_->contracts.load(config_.contracts));
  TRY_VOID(parts_->catalog.load());
  TRY_VOID(parts_->archives.load());
  TRY_VOID(parts_->connections.load());
  TRY_VOID(parts_->schedules.load());
  TRY_VOID(parts_->schedule_lanes.load());
  TRY_VOID(parts_->schemas.load());
  std::optional<CatalogResult<void>> lanes;
  run_to_its_end(io_, give_lanes_into(lanes, parts_->catalog));
  if (!*lanes) return Error(lanes->error());
  return parts_->dispatcher.load();
}

Result<void> Application::apply_declared_resources() {
  if (config_.resources.empty()) return {};
  AppliedResources applied;
  run_to_its_end(io_, apply_into(applied, config_.resources, parts_->gateway.trusted_handler(),
                                 {config_.account, config_.region}));
  if (!*applied) return invalid(*config_.file + ": " + applied->error().message);
  const DeclaredResources::Counts& counts = **applied;
  log_.info("Declared resources are in place. queues={} event_buses={} rules={} targets={} archives={}", counts.queues,
            counts.event_buses, counts.rules, counts.targets, counts.archives);
  return {};
}

Result<void> Application::register_contracts() {
  if (config_.schemas_dir.empty()) return {};
  TRY(const std::vector<schemas::Contract> contracts, schemas::read_contracts(config_.schemas_dir));
  std::vector<RegisteredContract> registered;
  for (const schemas::Contract& each : contracts)
    registered.push_back({each.source, each.detail_type, each.label(), each.text});
  std::optional<Result<std::size_t>> added;
  run_to_its_end(io_, register_into(added, parts_->schemas, {config_.account, config_.region}, std::move(registered)));
  if (!*added) return std::move(*added).error();
  log_.info("Contracts are in the registry \"contracts\". contracts={} new_versions={}", contracts.size(), **added);
  return {};
}

// Begins to run with run().
Result<void> Application::start_background_work() {
  TRY_VOID(parts_->moves.load());
  TRY_VOID(parts_->replayer.load());
  if (parts_->inbound_keys) parts_->background.spawn("watch of the keys file", parts_->inbound_keys->watch());
  parts_->background.spawn("expiry of messages", parts_->queues.run_expiry());
  parts_->background.spawn("expiry of log events", parts_->logs.run_housekeeping());
  parts_->background.spawn("scheduled rules", parts_->scheduler.run());
  parts_->background.spawn("schedules", parts_->schedule_runner.run());
  parts_->background.spawn("lanes of schedules", parts_->schedule_runner.run_housekeeping());
  parts_->background.spawn("housekeeping of buses", keep_house(parts_->catalog, clock(), log_));
  parts_->background.spawn("housekeeping of archives", parts_->archive_keeper.run());
  parts_->background.spawn("housekeeping of the outbox", parts_->dispatcher.run_housekeeping());
  parts_->background.spawn("housekeeping of replays", parts_->replayer.run_housekeeping());
  parts_->background.spawn("rules of schema discoverers", parts_->schemas.settle_rules());
  parts_->authorizer.start();
  parts_->background.spawn("sealing with a new key", reseal_secrets(parts_->connections, log_));
  return {};
}

// Lanes live on the shards: a connection to a target stays on its shard, as those of clients do.
void Application::start_delivery() {
  std::vector<asio::any_io_executor> executors;
  for (const auto& shard : parts_->shards) executors.push_back(shard->executor());
  for (const auto& executor : executors) asio::co_spawn(executor, parts_->http_client->keep_tidy(), asio::detached);
  std::vector<QueueId> lanes = parts_->catalog.lanes();
  std::ranges::copy(parts_->schedule_lanes.lanes(), std::back_inserter(lanes));
  parts_->dispatcher.start(executors, lanes);
}

Result<void> Application::listen() {
  const auto budget = net::make_connection_budget(config_.server.connections_max);
  net::HttpServer::Options options;
  options.host = config_.listen.host;
  options.port = config_.listen.port;
  options.limits = config_.server;
  if (config_.tls()) {
    TRY(parts_->tls, net::TlsIdentity::load(config_.tls_certificate, config_.tls_key));
    options.tls = parts_->tls;
  }
  options.metrics.refused = [this] { parts_->request_metrics.connection_refused(); };
  options.handler_threw = [this](std::string_view what) {
    log_.error("A request failed: a bug. reason={}", log_value(what));
  };
  parts_->loops.push_back(&loop_);
  for (std::size_t i = 0; i < shard_count(config_); ++i) {
    auto shard = std::make_unique<Shard>();
    TRY_VOID(shard->listen(options, budget, parts_->front.handler(),
                           parts_->front.error_renderer(parts_->gateway.error_renderer())));
    options.port = shard->port();  // of the others, when any was wanted
    parts_->loops.push_back(&shard->loop());
    parts_->shards.push_back(std::move(shard));
  }
  return {};
}

std::uint16_t Application::port() const { return parts_->shards.front()->port(); }

std::string Application::url() const { return ListenAddress{config_.listen.host, port()}.local_url(config_.tls()); }

void Application::run() {
  const auto work = asio::make_work_guard(io_);
  serving_ = true;
  if (stopping_) asio::co_spawn(io_, stop_in_order(), asio::detached);  // asked for while it started
  if (virtual_clock_) {
    loop_.run();
  } else {
    io_.run();  // until stop_in_order() ends it
  }
  for (const auto& shard : parts_->shards) shard->join();
  parts_->storage->close();
  log_.info("Stopped.");
}

void Application::request_stop() {
  asio::post(io_, [this] { begin_stop(); });
}

void Application::reload() {
  asio::post(io_, [this] {
    if (parts_ && parts_->inbound_keys) parts_->inbound_keys->reload();
    reload_certificate();
  });
}

void Application::reload_certificate() {
  if (!parts_ || !parts_->tls) return;
  if (const auto reloaded = parts_->tls->reload(); !reloaded) {
    log_.error("The certificate could not be read again; the old one stays in use. reason={}",
               log_value(reloaded.error().message));
  } else {
    log_.info("The certificate was read again; new connections get it. file={}", log_value(config_.tls_certificate));
  }
}

void Application::begin_stop() {
  const bool first = !std::exchange(stopping_, true);
  if (first && serving_) asio::co_spawn(io_, stop_in_order(), asio::detached);
}

asio::awaitable<void> Application::stop_in_order() {
  readiness_.become(Readiness::kStopping);
  log_.info("Stopping: no new connections, answering what was accepted. connections={}", parts_->open_connections());
  const TimePoint deadline = system_clock_.now() + config_.stop_timeout;
  for (const auto& shard : parts_->shards) shard->stop_accepting();
  parts_->dispatcher.stop();
  co_await wait_for_connections(deadline);
  while (!parts_->dispatcher.idle() && system_clock_.now() < deadline)
    co_await system_clock_.sleep_until(system_clock_.now() + kLookAgain);

  if (const std::size_t open = parts_->open_connections(); open > 0) {
    log_.warn("The stop deadline has passed; remaining connections are ended. connections={}", open);
    for (const auto& shard : parts_->shards) shard->abort_connections();
    co_await wait_for_connections(system_clock_.now() + kAbortedMustEndIn);
  }

  parts_->background.cancel();
  parts_->dispatcher.cancel();
  const auto idle = [this] { return parts_->background.idle() && parts_->dispatcher.idle(); };
  const TimePoint cancelled_must_end = system_clock_.now() + kAbortedMustEndIn;
  while (!idle() && system_clock_.now() < cancelled_must_end)
    co_await system_clock_.sleep_until(system_clock_.now() + kLookAgain);

  if (parts_->open_connections() > 0 || !idle()) {
    // Taking things apart under code that still runs would be worse than what a crash does, which loses nothing either.
    log_.error("Work does not end; leaving without it. connections={}", parts_->open_connections());
    log_.flush();
    std::_Exit(EXIT_FAILURE);
  }
  io_.stop();
}

// Until none is open, or the deadline.
asio::awaitable<void> Application::wait_for_connections(TimePoint deadline) {
  while (parts_->open_connections() > 0 && system_clock_.now() < deadline) {
    co_await system_clock_.sleep_until(system_clock_.now() + kLookAgain);
  }
}

}  // namespace eventbus
