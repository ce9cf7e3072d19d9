#pragma once

#include "base/rng.h"
#include "bus/connection_limits.h"
#include "bus/limits.h"
#include "bus/retry_policy.h"
#include "tests/simulation/auditor.h"
#include "tests/simulation/crash_table.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/event_loops.h"
#include "tests/simulation/fake_targets.h"
#include "tests/simulation/life.h"
#include "tests/simulation/simulation.h"
#include "tests/simulation/simulation_clock.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/web_servers.h"

#include <spdlog/logger.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

namespace eventbus::simulation {

// What this history may hold: each seed leaves out some of it, so that what is rare alone is met, too.
struct Weather {
  explicit Weather(const Options& options);

  std::uint64_t steps_between_crashes = 0;  // on average; 0: none
  std::uint64_t stops_percent = 0;          // of crashes that are orderly stops
  bool outages = false, jumps = false, read_errors = false, busy = false;
  bool long_lived = false;  // for days: what is kept for hours and days expires
  Durability durability = Durability::kSync;
};

// Everything that a simulation is made of.
struct World {
  explicit World(const Options& options);

  const Options options;
  const Weather weather;
  SimulationClock clock;
  Trace trace;
  EventLoops loops;
  SeededRng rng;
  Dice disk_dice;
  Limits limits;
  ConnectionLimits connection_limits;
  RetrySettings retry;
  spdlog::logger log;
  std::shared_ptr<CrashTable> table;
  Auditor auditor;
  FakeTargets targets;
  WebServers servers;
  std::unique_ptr<net::HttpClient> internet;  // the way to the servers
  std::unique_ptr<Life> life;                 // null between two

  // Of the workload.
  std::uint64_t last_event = 0, last_message = 0, last_replay = 0, last_secret = 0;
  struct Sent {
    Auditor::Send send;
    std::size_t padding = 0;
  };
  std::map<std::string, std::deque<Sent>> lately_sent;  // by queue

  std::unique_ptr<Life> new_life();
};

}  // namespace eventbus::simulation
