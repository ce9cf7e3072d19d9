#pragma once

#include "adapters/aws/gateway.h"
#include "adapters/aws/service.h"
#include "adapters/aws/targets/connection_authorizer.h"
#include "adapters/aws/targets/forward_factory.h"
#include "adapters/aws/targets/oauth_tokens.h"
#include "adapters/aws/targets/schedule_targets.h"
#include "adapters/aws/targets/target_directory.h"
#include "base/clock.h"
#include "base/rng.h"
#include "bus/archive_catalog.h"
#include "bus/archive_keeper.h"
#include "bus/archive_reader.h"
#include "bus/archive_zones.h"
#include "bus/bus_catalog.h"
#include "bus/bus_log.h"
#include "bus/connection_catalog.h"
#include "bus/contract_book.h"
#include "bus/contract_metrics.h"
#include "bus/dispatcher.h"
#include "bus/event_timelines.h"
#include "bus/invocation_plan.h"
#include "bus/log_ids.h"
#include "bus/message_moves.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "bus/queue_messages.h"
#include "bus/queue_service.h"
#include "bus/replay_metrics.h"
#include "bus/replayer.h"
#include "bus/reset.h"
#include "bus/rule_scheduler.h"
#include "bus/schedule_catalog.h"
#include "bus/schedule_lanes.h"
#include "bus/schedule_metrics.h"
#include "bus/schedule_runner.h"
#include "bus/schema_catalog.h"
#include "bus/schema_discovery.h"
#include "daemon/admin_api.h"
#include "daemon/background.h"
#include "daemon/clock_control.h"
#include "daemon/config.h"
#include "daemon/counted_loop.h"
#include "daemon/event_log_file.h"
#include "daemon/inbound_keys.h"
#include "daemon/readiness.h"
#include "daemon/request_front.h"
#include "daemon/request_metrics.h"
#include "daemon/schema_metrics.h"
#include "daemon/shard.h"
#include "daemon/state_metrics.h"
#include "daemon/wait_command.h"
#include "logs/log_events.h"
#include "logs/log_store.h"
#include "net/http_client.h"
#include "storage/storage.h"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

namespace asio = boost::asio;

// Everything the daemon is made of, in the order in which it is built; destroyed in the opposite order.
struct ApplicationParts {
  // What is there before them and outlives them.
  struct Surroundings {
    const Config& config;
    Clock& clock;
    Clock& system_clock;  // of what does not follow a virtual one: who calls us, and signatures
    Rng& rng;
    spdlog::logger& log;
    asio::io_context& io;  // of background work
    const Readiness& readiness;
    VirtualClock* virtual_clock;  // `clock`, with --virtual-clock; else nullptr
    const WatchedClient* calls;   // `client`, with --virtual-clock; else nullptr
  };

  ApplicationParts(Surroundings surroundings, std::unique_ptr<Storage> opened, std::unique_ptr<net::HttpClient> client);

  std::string metrics_text() const;
  std::size_t open_connections() const;
  std::vector<std::unique_ptr<aws::Service>> services();
  std::unique_ptr<ClockControl> make_clock_control();
  std::vector<ResetParticipant> reset_participants();
  std::map<std::string, net::Handler, std::less<>> admin_commands();
  std::map<std::string, AdminApi::Dependencies::Question, std::less<>> admin_questions();
  aws::RequestAuthenticator* authenticator();
  std::vector<std::unique_ptr<aws::TargetFactory>> target_factories();

  const Surroundings around;
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
  ContractMetrics contract_metrics;
  ContractBook contracts;
  BusCatalog catalog;
  ArchiveZones archive_zones;
  ArchiveCatalog archives;
  ArchiveKeeper archive_keeper;
  ArchiveReader archive_reader;
  ConnectionCatalog connections;
  ScheduleCatalog schedules;
  ScheduleMetrics schedule_metrics;
  ScheduleLanes schedule_lanes;
  JoinedLanes all_lanes;
  SchemaCatalog schemas;
  std::unique_ptr<EventLogFile> event_log_file;  // null: the daemon's log
  std::unique_ptr<EventTimelines> timelines;     // null: nothing is remembered
  BusLog bus_log;
  Background background;
  SchemaDiscovery discovery;
  MessageMoves moves;

  aws::OAuthTokens tokens;
  aws::ConnectionAuthorizer authorizer;
  aws::TargetDirectory targets;
  aws::ScheduleTargets all_targets;
  Dispatcher dispatcher;
  Publisher publisher;
  ReplayMetrics replay_metrics;
  Replayer replayer;
  RuleScheduler scheduler;
  ScheduleRunner schedule_runner;
  InvocationPlan schedule_redrives;

  std::unique_ptr<InboundKeys> inbound_keys;  // nullptr: whoever reaches the port is believed
  aws::Gateway gateway;
  StateMetrics state_metrics;
  SchemaMetrics schema_metrics;
  std::vector<CountedLoop*> loops;              // every event loop of the daemon
  std::unique_ptr<ClockControl> clock_control;  // with --virtual-clock
  std::unique_ptr<WaitCommand> wait;            // of `timelines`
  AdminApi admin;
  RequestFront front;
  std::shared_ptr<net::TlsIdentity> tls;  // nullptr: plain HTTP
  std::vector<std::unique_ptr<Shard>> shards;
};

}  // namespace eventbus
