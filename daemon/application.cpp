#include "daemon/application.h"

#include "adapters/aws/events/events_service.h"
#include "adapters/aws/events/operations.h"
#include "adapters/aws/gateway.h"
#include "adapters/aws/logs/logs_service.h"
#include "adapters/aws/sqs/sqs_api.h"
#include "adapters/aws/sts/sts_service.h"
#include "adapters/aws/targets/api_destination_target.h"
#include "adapters/aws/targets/connection_authorizer.h"
#include "adapters/aws/targets/event_bus_target.h"
#include "adapters/aws/targets/forward_factory.h"
#include "adapters/aws/targets/http_target.h"
#include "adapters/aws/targets/lambda_target.h"
#include "adapters/aws/targets/log_group_target.h"
#include "adapters/aws/targets/oauth_tokens.h"
#include "adapters/aws/targets/target_directory.h"
#include "base/log_value.h"
#include "base/stopwatch.h"
#include "bus/bus_catalog.h"
#include "bus/bus_log.h"
#include "bus/connection_catalog.h"
#include "bus/dispatcher.h"
#include "bus/log_ids.h"
#include "bus/message_moves.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "bus/queue_messages.h"
#include "bus/queue_service.h"
#include "bus/rule_scheduler.h"
#include "daemon/admin_api.h"
#include "daemon/background.h"
#include "daemon/backup_command.h"
#include "daemon/banner.h"
#include "daemon/declared_resources.h"
#include "daemon/discard_lane_command.h"
#include "daemon/dlq_commands.h"
#include "daemon/event_log_file.h"
#include "daemon/explain_command.h"
#include "daemon/inbound_keys.h"
#include "daemon/request_front.h"
#include "daemon/request_metrics.h"
#include "daemon/secrets_key_file.h"
#include "daemon/service_events_command.h"
#include "daemon/setting_value.h"
#include "daemon/shard.h"
#include "daemon/state_metrics.h"
#include "daemon/text_file.h"
#include "logs/log_events.h"
#include "logs/log_store.h"
#include "storage/checkpoints.h"
#include "storage/memory/memory_storage.h"
#include "storage/rocksdb/rocksdb_storage.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <sstream>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eventbus {
namespace {

constexpr std::size_t kShardsByDefaultMax = 8;
constexpr Duration kHousekeepingEvery{60'000};
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
    co_await clock.sleep_until(clock.now() + kHousekeepingEvery);
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

using AppliedResources = std::optional<Result<DeclaredResources::Counts>>;
asio::awaitable<void> apply_into(AppliedResources& applied, boost::json::object resources, net::Handler api,
                                 Scope scope) {
  applied = co_await DeclaredResources::apply(std::move(resources), std::move(api), std::move(scope));
}

std::unique_ptr<InboundKeys> make_inbound_keys(const Config& config, Clock& clock, spdlog::logger& log) {
  if (config.authentication != Authentication::kSigV4) return nullptr;
  return std::make_unique<InboundKeys>(*config.keys_file, clock, log);
}

template <typename Api>
void add_operations(std::vector<RequestMetrics::Operation>& known, std::string service, std::string target_prefix,
                    std::span<const aws::Operation<Api>> operations) {
  for (const aws::Operation<Api>& operation : operations) {
    known.push_back({target_prefix + "." + std::string(operation.name), service, std::string(operation.name)});
  }
}

std::vector<RequestMetrics::Operation> known_operations() {
  std::vector<RequestMetrics::Operation> known;
  add_operations(known, "events", "AWSEvents", aws::events_operations());
  add_operations(known, "logs", "Logs_20140328", aws::logs_operations());
  add_operations(known, "sqs", "AmazonSQS", aws::sqs_operations());
  for (const auto& operation : aws::sqs_operations())
    known.push_back({std::string(operation.name), "sqs", std::string(operation.name)});
  known.push_back({"GetCallerIdentity", "sts", "GetCallerIdentity"});
  return known;
}

}  // namespace

// Everything the daemon is made of, in the order in which it is built; destroyed in the opposite order.
struct Application::Parts {
  Parts(Application& application, std::unique_ptr<Storage> opened, std::unique_ptr<net::HttpClient> client);

  std::string metrics_text() const;
  std::size_t open_connections() const;
  std::vector<std::unique_ptr<aws::Service>> services(Application& application);
  std::map<std::string, net::Handler, std::less<>> admin_commands(Application& application);
  aws::RequestAuthenticator* authenticator();
  std::vector<std::unique_ptr<aws::TargetFactory>> target_factories(Application& application);

  std::unique_ptr<Storage> storage;
  std::unique_ptr<net::HttpClient> http_client;  // of all targets
  aws::CredentialEnvironment aws_environment;
  aws::ForwardMetrics forward_metrics;
  PublisherMetrics publisher_metrics;
  RequestMetrics request_metrics;

  QueueService queues;
  QueueMessages messages;
  LogIds log_ids;
  LogStore logs;
  LogEvents log_events;
  BusCatalog catalog;
  ConnectionCatalog connections;
  std::unique_ptr<EventLogFile> event_log_file;  // null: the daemon's log
  BusLog bus_log;
  Background background;
  MessageMoves moves;

  aws::OAuthTokens tokens;
  aws::ConnectionAuthorizer authorizer;
  aws::TargetDirectory targets;
  Dispatcher dispatcher;
  Publisher publisher;
  RuleScheduler scheduler;

  std::unique_ptr<InboundKeys> inbound_keys;  // nullptr: whoever reaches the port is believed
  aws::Gateway gateway;
  StateMetrics state_metrics;
  AdminApi admin;
  RequestFront front;
  std::shared_ptr<net::TlsIdentity> tls;  // nullptr: plain HTTP
  std::vector<std::unique_ptr<Shard>> shards;
};

Application::Parts::Parts(Application& application, std::unique_ptr<Storage> opened,
                          std::unique_ptr<net::HttpClient> client)
    : storage(std::move(opened)),
      http_client(std::move(client)),
      aws_environment{application.config_.aws_variables,
                      [](const std::string& path) { return read_text_file("the file", path); }},
      request_metrics(known_operations()),
      queues(*storage, application.clock_, application.config_.limits, application.log_),
      messages(queues, *storage, application.clock_, application.rng_, application.config_.limits, application.log_),
      log_ids(*storage),
      logs(*storage, log_ids, application.clock_, application.rng_, application.log_),
      log_events(logs, *storage, application.clock_),
      catalog(
          *storage, application.clock_, application.config_.limits,
          [this](const Scope& scope, std::string_view bus, std::string_view rule) {
            return publisher_metrics.rule(scope, bus, rule);
          },
          application.log_,
          [&rules = application.config_.forward](const Arn& arn) { return rules.find(arn) != nullptr; }),
      connections(*storage, application.clock_, application.rng_, application.config_.connection_limits,
                  load_secret_keys(application.config_, application.log_), application.log_),
      bus_log(catalog, application.clock_,
              [this, &application](std::string_view line) {
                if (event_log_file)
                  event_log_file->append(line);
                else
                  application.log_.info("Log of a bus. record={}", line);
              }),
      background(application.io_, application.log_),
      moves(queues, *storage, application.clock_, application.rng_, application.log_,
            [this](asio::awaitable<void> task) { background.spawn("message move task", std::move(task)); }),
      tokens(*http_client, application.clock_, application.config_.connection_limits),
      authorizer(connections, tokens, application.clock_,
                 [this](asio::awaitable<void> task) { background.spawn("authorizing a connection", std::move(task)); }),
      targets(target_factories(application)),
      dispatcher({*storage, catalog, queues, targets, application.clock_, application.rng_, application.config_.limits,
                  application.log_, &bus_log},
                 application.config_.retry),
      publisher({catalog, queues, *storage, application.clock_, application.rng_, application.config_.limits,
                 publisher_metrics, application.log_, &dispatcher, &logs, &bus_log}),
      scheduler({catalog, publisher, application.clock_, application.rng_, application.log_}),
      inbound_keys(make_inbound_keys(application.config_, application.clock_, application.log_)),
      gateway(services(application), {.default_account = application.config_.account,
                                      .default_region = application.config_.region,
                                      .scheme = application.config_.tls() ? "https" : "http",
                                      .rng = application.rng_,
                                      .log = application.log_,
                                      .authenticator = authenticator()}),
      state_metrics({*storage, storage->queues(), queues, catalog, application.config_.limits, application.clock_,
                     [this] { return open_connections(); }, application.clock_.now()}),
      admin({application.config_, application.readiness_, *storage, [this] { return metrics_text(); },
             admin_commands(application)}),
      front(admin, gateway.handler(), authenticator(), request_metrics, application.log_) {}

aws::RequestAuthenticator* Application::Parts::authenticator() {
  return inbound_keys ? &inbound_keys->authenticator() : nullptr;
}

std::vector<std::unique_ptr<aws::Service>> Application::Parts::services(Application& application) {
  std::vector<std::unique_ptr<aws::Service>> all;
  all.push_back(aws::make_events_service({catalog,
                                          connections,
                                          application.config_.limits,
                                          {publisher, application.clock_, application.rng_, application.config_.limits,
                                           publisher_metrics, nullptr, &bus_log}}));
  all.push_back(aws::make_sqs_service({queues, messages, moves}));
  all.push_back(aws::make_sts_service());
  all.push_back(aws::make_logs_service({logs, log_events}));
  return all;
}

std::map<std::string, net::Handler, std::less<>> Application::Parts::admin_commands(Application& application) {
  const Scope scope{application.config_.account, application.config_.region};
  const std::filesystem::path data_dir = std::filesystem::absolute(application.config_.data_dir);
  const BackupPolicy backups{data_dir / "backups", application.config_.listen.loopback()};
  const DeadLetters::Dependencies parts{catalog, queues, *storage, application.clock_, application.rng_};
  const DlqDependencies dlq{std::make_shared<DeadLetters>(parts), queues, scope};
  std::map<std::string, net::Handler, std::less<>> all = {
      {"/_eventbus/backup", backup_command(*Checkpoints::of(*storage), backups, application.log_)},
      {"/_eventbus/discard-lane", discard_lane_command(catalog, application.log_)},
      {"/_eventbus/dlq/list", dlq_list_command(dlq)},
      {"/_eventbus/dlq/redrive", dlq_redrive_command(dlq)},
      {"/_eventbus/dlq/purge", dlq_purge_command(dlq)},
      {"/_eventbus/explain", explain_command(catalog, scope)}};
  if (!application.config_.file || application.config_.service_events)
    all["/_eventbus/service-events"] =
        service_events_command({publisher, application.clock_, application.rng_, publisher_metrics}, scope);
  return all;
}

// Asked in this order: the first that has a delivery for a target wins.
std::vector<std::unique_ptr<aws::TargetFactory>> Application::Parts::target_factories(Application& application) {
  std::vector<std::unique_ptr<aws::TargetFactory>> all;
  // What the configuration says lives elsewhere, before what could be found here.
  all.push_back(std::make_unique<aws::ForwardFactory>(
      application.config_.forward, aws::ForwardFactory::Dependencies{*http_client, application.clock_, application.rng_,
                                                                     aws_environment, forward_metrics}));
  all.push_back(aws::make_api_destination_factory(
      {connections, tokens, *http_client, application.clock_, application.config_.connection_limits}));
  all.push_back(aws::make_event_bus_targets({publisher, catalog, application.clock_, application.rng_}));
  all.push_back(aws::make_log_group_targets({logs, *storage, application.clock_, application.rng_}));
  all.push_back(aws::make_lambda_target_factory(
      {*http_client, application.clock_, application.config_.lambda_endpoint, application.config_.lambda_timeout}));
  all.push_back(aws::make_http_target_factory({*http_client, application.clock_, application.config_.limits}));
  return all;
}

std::string Application::Parts::metrics_text() const {
  std::vector<prometheus::MetricFamily> families;
  for (const prometheus::Collectable* source : std::initializer_list<const prometheus::Collectable*>{
           &publisher_metrics, &request_metrics, &state_metrics, &dispatcher.metrics(), &forward_metrics}) {
    std::ranges::move(source->Collect(), std::back_inserter(families));
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

std::size_t Application::Parts::open_connections() const {
  std::size_t open = 0;
  for (const auto& shard : shards) open += shard->open_connections();
  return open;
}

Application::Application(Config config, spdlog::logger& log, std::function<void(std::string_view)> announce)
    : config_(std::move(config)), log_(log), announce_(std::move(announce)) {}

Application::~Application() = default;

Result<void> Application::start() {
  const Stopwatch stopwatch;
  log_.info("Starting. version={} pid={} durability={} data_dir={}", EVENTBUS_VERSION, ::getpid(),
            name_of(config_.durability), log_value(config_.data_dir));

  // What was accepted in earlier lives.
  TRY(std::unique_ptr<Storage> storage, open_storage());

  // Everything that lives on it; nothing runs yet.
  TRY(std::unique_ptr<net::HttpClient> client, make_http_client());
  parts_ = std::make_unique<Parts>(*this, std::move(storage), std::move(client));
  TRY_VOID(load());

  // What the configuration file declares, through the API that clients use.
  TRY_VOID(apply_declared_resources());

  // The port. Connections wait in the kernel's queue.
  TRY_VOID(listen());

  // Beyond this point there are threads, and clients are served.
  TRY_VOID(start_background_work());
  start_delivery();
  for (std::size_t i = 0; i < parts_->shards.size(); ++i) parts_->shards[i]->start(i);
  readiness_.become(Readiness::kReady);
  log_.info("Listening on {} address={} shards={}", url(), config_.listen.to_string(), parts_->shards.size());
  if (announce_ && !config_.file) announce_(banner(config_, url()));
  log_.info("Started. milliseconds={}", stopwatch.elapsed().count() / 1'000);
  return {};
}

Result<std::unique_ptr<Storage>> Application::open_storage() {
  if (config_.durability == Durability::kMemory) {
    log_.warn("Nothing is kept: all events, queues and rules are gone when this process ends. durability=memory");
    return make_memory_storage(clock_);
  }
  RocksDbOptions options;
  options.directory = config_.data_dir;
  options.durability = config_.durability;
  options.progress = [this](std::string_view sentence) { log_.info("{}", sentence); };
  options.log = [this](std::string_view sentence) { log_.warn("RocksDB: {}", sentence); };
  options.write_buffer_bytes = config_.write_buffer_bytes;
  options.block_cache_bytes = config_.block_cache_bytes;
  return open_rocksdb_storage(std::move(options), clock_);
}

Result<std::unique_ptr<net::HttpClient>> Application::make_http_client() {
  net::HttpClient::Options options;
  options.extra_ca_file = config_.extra_ca_file;
  return net::HttpClient::make(std::move(options), clock_);
}

Result<void> Application::load() {
  if (parts_->inbound_keys) TRY_VOID(parts_->inbound_keys->load());
  if (config_.event_log_file) {
    TRY(parts_->event_log_file, EventLogFile::open(*config_.event_log_file));
  }
  TRY_VOID(parts_->queues.load());
  TRY_VOID(parts_->logs.load());
  TRY_VOID(parts_->catalog.load());
  TRY_VOID(parts_->connections.load());
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
  log_.info("Declared resources are in place. queues={} event_buses={} rules={} targets={}", counts.queues,
            counts.event_buses, counts.rules, counts.targets);
  return {};
}

// Begins to run with run().
Result<void> Application::start_background_work() {
  TRY_VOID(parts_->moves.load());
  if (parts_->inbound_keys) parts_->background.spawn("watch of the keys file", parts_->inbound_keys->watch());
  parts_->background.spawn("expiry of messages", parts_->queues.run_expiry());
  parts_->background.spawn("expiry of log events", parts_->logs.run_housekeeping());
  parts_->background.spawn("scheduled rules", parts_->scheduler.run());
  parts_->background.spawn("housekeeping of buses", keep_house(parts_->catalog, clock_, log_));
  parts_->background.spawn("lanes without a delivery", parts_->dispatcher.run_housekeeping());
  parts_->authorizer.start();
  parts_->background.spawn("sealing with a new key", reseal_secrets(parts_->connections, log_));
  return {};
}

// Lanes live on the shards: a connection to a target stays on its shard, as those of clients do.
void Application::start_delivery() {
  std::vector<asio::any_io_executor> executors;
  for (const auto& shard : parts_->shards) executors.push_back(shard->executor());
  for (const auto& executor : executors) asio::co_spawn(executor, parts_->http_client->keep_tidy(), asio::detached);
  parts_->dispatcher.start(executors, parts_->catalog.lanes());
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
  for (std::size_t i = 0; i < shard_count(config_); ++i) {
    auto shard = std::make_unique<Shard>();
    TRY_VOID(shard->listen(options, budget, parts_->front.handler(),
                           parts_->front.error_renderer(parts_->gateway.error_renderer())));
    options.port = shard->port();  // of the others, when any was wanted
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
  io_.run();                                                            // until stop_in_order() ends it
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
  const TimePoint deadline = clock_.now() + config_.stop_timeout;
  for (const auto& shard : parts_->shards) shard->stop_accepting();
  parts_->dispatcher.stop();
  co_await wait_for_connections(deadline);
  while (!parts_->dispatcher.idle() && clock_.now() < deadline) co_await clock_.sleep_until(clock_.now() + kLookAgain);

  if (const std::size_t open = parts_->open_connections(); open > 0) {
    log_.warn("The stop deadline has passed; remaining connections are ended. connections={}", open);
    for (const auto& shard : parts_->shards) shard->abort_connections();
    co_await wait_for_connections(clock_.now() + kAbortedMustEndIn);
  }

  parts_->background.cancel();
  parts_->dispatcher.cancel();
  const auto idle = [this] { return parts_->background.idle() && parts_->dispatcher.idle(); };
  const TimePoint cancelled_must_end = clock_.now() + kAbortedMustEndIn;
  while (!idle() && clock_.now() < cancelled_must_end) co_await clock_.sleep_until(clock_.now() + kLookAgain);

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
  while (parts_->open_connections() > 0 && clock_.now() < deadline) {
    co_await clock_.sleep_until(clock_.now() + kLookAgain);
  }
}

}  // namespace eventbus
