#pragma once

#include "adapters/aws/targets/connection_authorizer.h"
#include "adapters/aws/targets/oauth_tokens.h"
#include "base/rng.h"
#include "bus/archive_catalog.h"
#include "bus/archive_keeper.h"
#include "bus/archive_reader.h"
#include "bus/archive_zones.h"
#include "bus/bus_catalog.h"
#include "bus/connection_catalog.h"
#include "bus/dead_letters.h"
#include "bus/dispatcher.h"
#include "bus/log_ids.h"
#include "bus/message_moves.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "bus/queue_messages.h"
#include "bus/queue_service.h"
#include "bus/replay_metrics.h"
#include "bus/replayer.h"
#include "bus/rule_scheduler.h"
#include "bus/schedule_catalog.h"
#include "bus/schedule_lanes.h"
#include "bus/schedule_metrics.h"
#include "bus/schedule_runner.h"
#include "logs/log_store.h"
#include "net/http_client.h"
#include "storage/storage.h"
#include "tests/simulation/crash_table.h"
#include "tests/simulation/event_loops.h"
#include "tests/simulation/mutations.h"
#include "tests/simulation/simulation_clock.h"
#include "tests/simulation/watched_targets.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

namespace spdlog {
class logger;
}

namespace eventbus::simulation {

class Auditor;

// One life of the daemon, from the opening of its data to a stop or a crash: the parts of ApplicationParts below the
// wire, wired in the same way, on the simulation's event loops. One thread.
class Life {
 public:
  struct Surroundings {
    std::shared_ptr<CrashTable> table;
    SimulationClock& clock;
    EventLoops& loops;
    Rng& rng;
    Dice& disk_dice;  // how long the disk takes
    const Limits& limits;
    const RetrySettings& retry;
    const ConnectionLimits& connection_limits;
    DeliveryTargets& functions;
    net::HttpClient& internet;
    Auditor& auditor;
    spdlog::logger& log;
    Durability durability;
    Mutation mutation;
  };
  explicit Life(Surroundings surroundings);
  ~Life();
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  // Reads what is stored and begins to work. An error is a bug, whatever the crash has left.
  Result<void> start();

  // Work that belongs to nobody, or to a client, on one of the loops. It is cancelled at the end.
  void spawn(std::size_t loop, asio::awaitable<void> work);

  // ---- the end. The simulation runs the loops until nothing is left of it.

  // No new deliveries; those under way are settled.
  void stop();
  void cancel();
  bool idle() const { return works_.empty() && dispatcher->idle(); }
  bool delivering() const { return !dispatcher->idle(); }
  // It is over: what its coroutines find out from here on is nobody's business.
  void end() { over_ = true; }
  bool over() const { return over_; }

  // Commits that wait for the disk.
  std::size_t disk_waits() const { return disk_waits_; }

  const Surroundings around;
  std::unique_ptr<Storage> storage;
  std::unique_ptr<QueueService> queues;
  std::unique_ptr<QueueMessages> messages;
  std::unique_ptr<LogIds> log_ids;
  std::unique_ptr<LogStore> logs;
  PublisherMetrics metrics;
  std::unique_ptr<BusCatalog> catalog;
  std::unique_ptr<ArchiveZones> archive_zones;
  std::unique_ptr<ArchiveCatalog> archives;
  std::unique_ptr<ArchiveKeeper> archive_keeper;
  std::unique_ptr<ArchiveReader> archive_reader;
  std::unique_ptr<ConnectionCatalog> connections;
  std::unique_ptr<aws::OAuthTokens> tokens;
  std::unique_ptr<aws::ConnectionAuthorizer> authorizer;
  std::unique_ptr<ScheduleCatalog> schedules;
  std::unique_ptr<ScheduleMetrics> schedule_metrics;
  std::unique_ptr<ScheduleLanes> schedule_lanes;
  std::unique_ptr<JoinedLanes> all_lanes;
  std::unique_ptr<MessageMoves> moves;
  std::unique_ptr<WatchedTargets> targets;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<Publisher> publisher;
  std::unique_ptr<RuleScheduler> scheduler;
  std::unique_ptr<ScheduleRunner> schedule_runner;
  ReplayMetrics replay_metrics;
  std::unique_ptr<Replayer> replayer;
  std::unique_ptr<DeadLetters> dead_letters;

 private:
  Result<void> open_storage();
  void build();
  std::unique_ptr<DeliveryTargets> own_targets();
  asio::awaitable<void> keep_house();
  asio::awaitable<void> drain_after(Duration delay, std::function<void()> drain);

  struct Work {
    std::size_t loop = 0;
    asio::cancellation_signal end;
  };
  std::list<std::shared_ptr<Work>> works_;
  bool cancelled_ = false, over_ = false;
  std::size_t disk_waits_ = 0;
};

}  // namespace eventbus::simulation
