#include "daemon/application_parts.h"

#include "adapters/aws/events/events_service.h"
#include "adapters/aws/events/operations.h"
#include "adapters/aws/logs/logs_service.h"
#include "adapters/aws/scheduler/scheduler_service.h"
#include "adapters/aws/schemas/schemas_service.h"
#include "adapters/aws/sqs/sqs_api.h"
#include "adapters/aws/sts/sts_service.h"
#include "adapters/aws/targets/api_destination_target.h"
#include "adapters/aws/targets/event_bus_target.h"
#include "adapters/aws/targets/http_target.h"
#include "adapters/aws/targets/lambda_target.h"
#include "adapters/aws/targets/log_group_target.h"
#include "adapters/aws/targets/universal_target.h"
#include "bus/outbox_bound.h"
#include "bus/service_resets.h"
#include "daemon/asyncapi_command.h"
#include "daemon/backup_command.h"
#include "daemon/contract_commands.h"
#include "daemon/discard_lane_command.h"
#include "daemon/dlq_commands.h"
#include "daemon/explain_command.h"
#include "daemon/replay_commands.h"
#include "daemon/reset_command.h"
#include "daemon/secrets_key_file.h"
#include "daemon/service_events_command.h"
#include "daemon/text_file.h"
#include "storage/checkpoints.h"

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <iterator>
#include <span>
#include <sstream>
#include <utility>

namespace eventbus {
namespace {

std::unique_ptr<InboundKeys> make_inbound_keys(const Config& config, Clock& clock, spdlog::logger& log) {
  if (config.authentication != Authentication::kSigV4) return nullptr;
  return std::make_unique<InboundKeys>(*config.keys_file, clock, log);
}

asio::awaitable<Result<std::size_t>> forget(EventTimelines& timelines, ResetScope scope) {
  co_return timelines.forget(scope);
}

asio::awaitable<Result<std::size_t>> reset_buses(BusCatalog& catalog, Dispatcher& dispatcher, ResetScope scope) {
  Result<std::size_t> gone = co_await catalog.reset(std::move(scope));
  dispatcher.look_again();  // what stood by for lanes that are gone is forgotten
  co_return gone;
}

constexpr std::size_t kTimelineBytesMax = std::size_t{64} << 20;

std::unique_ptr<EventTimelines> make_timelines(const Config& config) {
  if (!config.event_timelines) return nullptr;
  return std::make_unique<EventTimelines>(config.event_timelines_max, kTimelineBytesMax);
}

std::unique_ptr<WaitCommand> make_wait_command(EventTimelines* timelines, Clock& system, Rng& rng) {
  return timelines ? std::make_unique<WaitCommand>(*timelines, system, rng.uuid().substr(0, 8)) : nullptr;
}

template <typename Api>
void add_operations(std::vector<RequestMetrics::Operation>& known, std::string service, std::string target_prefix,
                    std::span<const aws::Operation<Api>> operations) {
  for (const aws::Operation<Api>& operation : operations) {
    known.push_back({target_prefix + "." + std::string(operation.name), service, std::string(operation.name)});
  }
}

// Of all services that are called by method and path.
std::vector<aws::RestRoute> rest_routes() {
  std::vector<aws::RestRoute> all;
  std::ranges::move(aws::routes_of("scheduler", aws::scheduler_operations()), std::back_inserter(all));
  std::ranges::move(aws::routes_of("schemas", aws::schemas_operations()), std::back_inserter(all));
  return all;
}

std::vector<RequestMetrics::Operation> known_operations() {
  std::vector<RequestMetrics::Operation> known;
  add_operations(known, "events", "AWSEvents", aws::events_operations());
  add_operations(known, "logs", "Logs_20140328", aws::logs_operations());
  add_operations(known, "sqs", "AmazonSQS", aws::sqs_operations());
  for (const auto& operation : aws::sqs_operations())
    known.push_back({std::string(operation.name), "sqs", std::string(operation.name)});
  known.push_back({"GetCallerIdentity", "sts", "GetCallerIdentity"});
  for (const aws::RestRoute& route : rest_routes())
    known.push_back({aws::metric_name(route), std::string(route.service), std::string(route.operation)});
  return known;
}

}  // namespace

ApplicationParts::ApplicationParts(Surroundings surroundings, std::unique_ptr<Storage> opened,
                                   std::unique_ptr<net::HttpClient> client)
    : around(surroundings),
      storage(std::move(opened)),
      http_client(std::move(client)),
      aws_environment{around.config.aws_variables,
                      [](const std::string& path) { return read_text_file("the file", path); }},
      request_metrics(known_operations()),
      queues(*storage, around.clock, around.config.limits, around.log),
      messages(queues, *storage, around.clock, around.rng, around.config.limits, around.log),
      log_ids(*storage),
      logs(*storage, log_ids, around.clock, around.rng, around.log),
      log_events(logs, *storage, around.clock),
      contracts({*storage, around.clock, contract_metrics, around.log}),
      catalog(
          *storage, around.clock, around.config.limits,
          [this](const Scope& scope, std::string_view bus, std::string_view rule) {
            return publisher_metrics.rule(scope, bus, rule);
          },
          around.log, [&rules = around.config.forward](const Arn& arn) { return rules.find(arn) != nullptr; }),
      archive_zones(*storage),
      archives({*storage, log_ids, catalog, archive_zones, around.clock, around.rng, around.config.limits}),
      archive_keeper({*storage, archives, archive_zones, around.clock, around.log}),
      archive_reader(*storage, archive_zones, around.clock),
      connections(*storage, around.clock, around.rng, around.config.connection_limits,
                  load_secret_keys(around.config, around.log), around.log),
      schedules({*storage, around.clock, around.rng, around.log}, around.config.schedule_limits),
      schedule_metrics([this] { return schedules.size(); }),
      schedule_lanes(*storage, around.clock),
      all_lanes(catalog, schedule_lanes),
      schemas(*storage, catalog, around.clock, around.rng, around.config.schema_limits, around.log),
      timelines(make_timelines(around.config)),
      bus_log(catalog, around.clock,
              [this](std::string_view line) {
                if (event_log_file)
                  event_log_file->append(line);
                else
                  around.log.info("Log of a bus. record={}", line);
              }),
      background(around.io, around.log),
      discovery(schemas, around.clock, around.log,
                [this](asio::awaitable<void> task) { background.spawn("discovery of schemas", std::move(task)); }, {}),
      moves(queues, *storage, around.clock, around.rng, around.log,
            [this](asio::awaitable<void> task) { background.spawn("message move task", std::move(task)); }),
      tokens(*http_client, around.clock, around.config.connection_limits),
      authorizer(connections, tokens, around.clock,
                 [this](asio::awaitable<void> task) { background.spawn("authorizing a connection", std::move(task)); }),
      targets(target_factories()),
      all_targets(targets),
      dispatcher({*storage, all_lanes, queues, all_targets, around.clock, around.rng, around.config.limits, around.log,
                  &bus_log},
                 around.config.retry),
      publisher({catalog, queues, *storage, around.clock, around.rng, around.config.limits, publisher_metrics,
                 around.log, &dispatcher, &logs, &bus_log, &discovery, &all_lanes}),
      replayer({archives, archive_reader, catalog, publisher, targets,
                [&rules = around.config.forward](const Arn& arn) { return rules.find(arn) != nullptr; }, *storage,
                around.clock, around.system_clock, around.rng, replay_metrics, around.log},
               archive_zones, catalog,
               [this](asio::awaitable<void> replay) { background.spawn("replay", std::move(replay)); }),
      scheduler({catalog, publisher, around.clock, around.rng, around.log}),
      schedule_runner({schedules, schedule_lanes, queues, dispatcher,
                       [&rules = around.config.forward](const Arn& arn) { return rules.find(arn) != nullptr; },
                       around.config.limits, around.clock, around.rng, schedule_metrics, around.log,
                       [this] {
                         return check_outbox(storage->queues(), around.config.limits, 1,
                                             [this] { return all_lanes.lanes(); });
                       }}),
      schedule_redrives({schedule_lanes, queues,
                         [&rules = around.config.forward](const Arn& arn) { return rules.find(arn) != nullptr; },
                         around.clock, around.rng}),
      inbound_keys(make_inbound_keys(around.config, around.system_clock, around.log)),
      gateway(services(), {.default_account = around.config.account,
                           .default_region = around.config.region,
                           .scheme = around.config.tls() ? "https" : "http",
                           .rng = around.rng,
                           .log = around.log,
                           .authenticator = authenticator()}),
      state_metrics({*storage, storage->queues(), queues, catalog, archives, around.config.limits, around.clock,
                     [this] { return open_connections(); }, around.clock.now(), schedule_lanes}),
      schema_metrics(schemas, discovery),
      clock_control(make_clock_control()),
      wait(make_wait_command(timelines.get(), around.system_clock, around.rng)),
      admin({around.config, around.readiness, *storage, [this] { return metrics_text(); }, admin_commands(),
             admin_questions()}),
      front(admin, gateway.handler(), authenticator(), rest_routes(), request_metrics, around.log) {
  bus_log.observe(timelines.get());
}

aws::RequestAuthenticator* ApplicationParts::authenticator() {
  return inbound_keys ? &inbound_keys->authenticator() : nullptr;
}

std::vector<std::unique_ptr<aws::Service>> ApplicationParts::services() {
  std::vector<std::unique_ptr<aws::Service>> all;
  all.push_back(aws::make_events_service(
      {catalog,
       connections,
       archives,
       replayer,
       around.config.limits,
       {publisher, around.clock, around.rng, around.config.limits, publisher_metrics, nullptr, &bus_log, &contracts}}));
  all.push_back(aws::make_sqs_service({queues, messages, moves}));
  all.push_back(aws::make_sts_service());
  all.push_back(aws::make_logs_service({logs, log_events}));
  all.push_back(aws::make_scheduler_service({schedules, around.clock}));
  all.push_back(aws::make_schemas_service({schemas}));
  return all;
}

std::unique_ptr<ClockControl> ApplicationParts::make_clock_control() {
  if (!around.virtual_clock) return nullptr;
  Settler settler({*around.virtual_clock, around.system_clock, *storage, *around.calls, [this] { return loops; },
                   [this] { return replayer.busy(); }});
  return std::make_unique<ClockControl>(
      ClockControl::Dependencies{*around.virtual_clock, around.system_clock, *around.calls, std::move(settler)});
}

std::map<std::string, AdminApi::Dependencies::Question, std::less<>> ApplicationParts::admin_questions() {
  std::map<std::string, AdminApi::Dependencies::Question, std::less<>> all;
  all["/_eventbus/clock"] = [this] {
    return clock_control ? clock_control->state() : system_clock_state(around.clock);
  };
  all["/_eventbus/wait"] = [this] { return wait ? wait->cursor() : nothing_remembered(); };
  return all;
}

// Sources of events before what they lead to, so that nothing comes back.
std::vector<ResetParticipant> ApplicationParts::reset_participants() {
  std::vector<ResetParticipant> all = {
      {"schedules",
       [this](ResetScope scope) { return reset_schedules(schedules, schedule_lanes, *storage, std::move(scope)); }},
      {"replays", [this](ResetScope scope) { return replayer.reset(std::move(scope)); }},
      {"schemas", [this](ResetScope scope) { return reset_schemas(schemas, *storage, std::move(scope)); }},
      {"archives", [this](ResetScope scope) { return reset_archives(archives, std::move(scope)); }},
      {"contracts", [this](ResetScope scope) { return reset_contracts(contracts, std::move(scope)); }},
      {"buses and rules", [this](ResetScope scope) { return reset_buses(catalog, dispatcher, std::move(scope)); }},
      {"connections", [this](ResetScope scope) { return connections.reset(std::move(scope)); }},
      {"queues", [this](ResetScope scope) { return queues.reset(std::move(scope)); }},
      {"log groups", [this](ResetScope scope) { return logs.reset(std::move(scope)); }},
  };
  if (timelines)
    all.push_back({"timelines", [this](ResetScope scope) { return forget(*timelines, std::move(scope)); }});
  return all;
}

std::map<std::string, net::Handler, std::less<>> ApplicationParts::admin_commands() {
  const Scope scope{around.config.account, around.config.region};
  const std::filesystem::path data_dir = std::filesystem::absolute(around.config.data_dir);
  const BackupPolicy backups{data_dir / "backups", around.config.listen.loopback()};
  const DeadLetters::Dependencies parts{catalog,     queues,     *storage,           around.clock,   around.rng,
                                        &dispatcher, &schedules, &schedule_redrives, &schedule_lanes};
  const DlqDependencies dlq{std::make_shared<DeadLetters>(parts), queues, scope};
  std::map<std::string, net::Handler, std::less<>> all = {
      {"/_eventbus/asyncapi", asyncapi_command({catalog, schemas, scope, around.config.tls()})},
      {"/_eventbus/clock", clock_control ? clock_control->handler() : system_clock_handler()},
      {"/_eventbus/backup", backup_command(*Checkpoints::of(*storage), backups, around.log)},
      {"/_eventbus/discard-lane", discard_lane_command(catalog, schedule_lanes, around.log)},
      {"/_eventbus/dlq/list", dlq_list_command(dlq)},
      {"/_eventbus/dlq/redrive", dlq_redrive_command(dlq)},
      {"/_eventbus/dlq/purge", dlq_purge_command(dlq)},
      {"/_eventbus/wait", wait ? wait->handler() : nothing_to_wait_for()},
      {"/_eventbus/explain", explain_command(catalog, scope)},
      {"/_eventbus/reset", reset_command(around.config.allow_reset, reset_participants(), around.log)}};
  all.merge(replay_commands(replayer, scope));
  all.merge(contract_commands(contracts, scope));
  if (!around.config.file || around.config.service_events)
    all["/_eventbus/service-events"] =
        service_events_command({publisher, around.clock, around.rng, publisher_metrics}, scope);
  return all;
}

// Asked in this order: the first that has a delivery for a target wins.
std::vector<std::unique_ptr<aws::TargetFactory>> ApplicationParts::target_factories() {
  std::vector<std::unique_ptr<aws::TargetFactory>> all;
  // What the configuration says lives elsewhere, before what could be found here.
  all.push_back(std::make_unique<aws::ForwardFactory>(
      around.config.forward, aws::ForwardFactory::Dependencies{*http_client, around.clock, around.rng, aws_environment,
                                                               forward_metrics, &around.system_clock}));
  all.push_back(aws::make_api_destination_factory(
      {connections, tokens, *http_client, around.clock, around.config.connection_limits}));
  all.push_back(aws::make_event_bus_targets({publisher, catalog, around.clock, around.rng}));
  all.push_back(aws::make_log_group_targets({logs, *storage, around.clock, around.rng}));
  all.push_back(aws::make_lambda_target_factory({*http_client, around.clock, around.config.lambda_endpoint,
                                                 around.config.lambda_timeout, aws_environment, around.system_clock}));
  all.push_back(aws::make_universal_targets(
      [this](net::Request request) { return gateway.trusted_handler()(std::move(request)); }));
  all.push_back(aws::make_http_target_factory({*http_client, around.clock, around.config.limits}));
  return all;
}

std::string ApplicationParts::metrics_text() const {
  std::vector<prometheus::MetricFamily> families;
  for (const prometheus::Collectable* source : std::initializer_list<const prometheus::Collectable*>{
           &publisher_metrics, &request_metrics, &state_metrics, &dispatcher.metrics(), &forward_metrics,
           &schedule_metrics, &replay_metrics, &contract_metrics, &schema_metrics}) {
    std::ranges::move(source->Collect(), std::back_inserter(families));
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

std::size_t ApplicationParts::open_connections() const {
  std::size_t open = 0;
  for (const auto& shard : shards) open += shard->open_connections();
  return open;
}

}  // namespace eventbus
