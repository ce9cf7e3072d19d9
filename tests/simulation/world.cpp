#include "tests/simulation/world.h"

#include <spdlog/sinks/sink.h>

#include <functional>
#include <utility>

namespace eventbus::simulation {

namespace {

// 2026-01-02T03:04:05.678Z
constexpr TimePoint kBeginning{Duration(1767323045678)};
constexpr std::size_t kShards = 3;

// A bug that the product noticed by itself is a violation, too; the rest of what it logs is part of the history.
class AuditingSink final : public spdlog::sinks::sink {
 public:
  explicit AuditingSink(Auditor& auditor) : auditor_(auditor) {}

  void log(const spdlog::details::log_msg& message) override {
    const std::string text(message.payload.data(), message.payload.size());
    auditor_.history.trace().note("log: " + text);
    if (message.level == spdlog::level::critical || text.find("a bug") != std::string::npos)
      auditor_.history.fail("the daemon says: " + text);
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  Auditor& auditor_;
};

}  // namespace

Weather::Weather(const Options& options) {
  Dice dice(options.seed, 0xfa17);
  const std::size_t crashes = dice.weighted({20, 40, 40});
  if (crashes == 1) steps_between_crashes = 20'000;
  if (crashes == 2) steps_between_crashes = 2'000;
  stops_percent = dice.pick(std::vector<std::uint64_t>{0, 20, 100});
  outages = dice.percent(50);
  jumps = dice.percent(30);
  read_errors = dice.percent(15);
  busy = dice.percent(40);
  if (dice.percent(10)) durability = Durability::kAsync;
  long_lived = dice.percent(12);
  if (!options.without_crashes) return;
  steps_between_crashes = 0;
  outages = jumps = read_errors = false;
}

World::World(const Options& given)
    : options(given),
      weather(given),
      clock(kBeginning),
      trace(clock),
      loops(kShards, given.seed ^ 0x100b5),
      rng(given.seed),
      disk_dice(given.seed, 0xd15c),
      log("simulation"),
      table(std::make_shared<CrashTable>(given.seed ^ 0x7ab1e)),
      auditor(clock, trace),
      targets(clock, auditor, given.seed ^ 0x7a29e75),
      servers(clock, trace, auditor.web, given.seed ^ 0x3eb),
      internet(mutated_internet(servers, given.mutation)) {
  limits.allow_http_targets = true;
  log.sinks().push_back(std::make_shared<AuditingSink>(auditor));
  trace.print_to(given.trace_to);
  table->never_syncs = given.mutation == Mutation::kSkipFsync;
  table->tears_writes = given.mutation == Mutation::kTornWrite;
  table->loses_a_row = given.mutation == Mutation::kLoseRowOnRestart;
  table->revives_a_row = given.mutation == Mutation::kReviveRowOnRestart;
}

std::unique_ptr<Life> World::new_life() {
  return std::make_unique<Life>(Life::Surroundings{table, clock, loops, rng, disk_dice, limits, retry,
                                                   connection_limits, targets, *internet, auditor, log,
                                                   weather.durability, options.mutation});
}

}  // namespace eventbus::simulation
