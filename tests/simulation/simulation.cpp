#include "tests/simulation/simulation.h"

#include "tests/simulation/workload.h"
#include "tests/simulation/world.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace eventbus::simulation {

namespace {

// What never comes to rest is a bug of its own.
constexpr std::uint64_t kStepsAtOneMomentMax = 2'000'000;
constexpr Duration kRest = std::chrono::hours(4);
constexpr Duration kDay = std::chrono::hours(24);

class Simulation {
 public:
  explicit Simulation(const Options& options)
      : world_(options), machine_dice_(options.seed, 0x3ac1), pace_dice_(options.seed, 0x9ace) {}

  Report run();

 private:
  bool failed() const { return world_.auditor.history.failed(); }

  // One handler, or, when there is none, time until `limit` at most. False: the limit is reached.
  bool step(Duration limit);
  void run_until(Duration passed);
  void run_to_its_end(const bool& done);
  void run_for(Duration time) { run_until(world_.clock.passed() + time); }
  void run_until_idle();

  void start();
  void crash();
  void stop();
  void restart();
  void end_life();

  void plan_crash();
  void weather();
  void rough_time();
  void come_to_rest();
  void check_all();
  void spawn_and_run(asio::awaitable<void> work);
  Duration pause();

  World world_;
  Dice machine_dice_, pace_dice_;
  std::uint64_t steps_ = 0, steps_at_moment_ = 0;
  std::optional<std::uint64_t> crash_at_;
  std::optional<Duration> outage_ends_;
  Duration next_trouble_{0};
};

// ---- running

bool Simulation::step(Duration limit) {
  if (world_.loops.step()) {
    world_.trace.step_is(++steps_);
    if (++steps_at_moment_ > kStepsAtOneMomentMax) {
      world_.auditor.history.fail("time stands still: something goes on without end");
      return false;
    }
    const bool crash_is_due = crash_at_ && steps_ >= *crash_at_;
    if (world_.life && !world_.life->over() && (crash_is_due || world_.table->power_is_gone())) restart();
    return !failed();
  }
  steps_at_moment_ = 0;
  if (world_.life && !world_.life->over()) world_.auditor.look();
  if (failed()) return false;
  const std::optional<Duration> next = world_.clock.next_wake();
  if (!next || *next > limit) {
    world_.clock.pass_until(limit);
    return world_.clock.next_wake() && *world_.clock.next_wake() <= limit;
  }
  world_.clock.pass_until(*next);
  return true;
}

void Simulation::run_until(Duration passed) {
  while (!failed() && step(passed)) {
  }
}

void Simulation::run_until_idle() {
  while (!failed() && world_.loops.step()) {
    world_.trace.step_is(++steps_);
    if (++steps_at_moment_ > kStepsAtOneMomentMax) world_.auditor.history.fail("a daemon that was ended goes on");
  }
  steps_at_moment_ = 0;
}

// ---- lives

void Simulation::start() {
  world_.table->restart();
  world_.clock.let_sleep();
  world_.life = world_.new_life();
  world_.trace.note("the daemon starts");
  if (const Result<void> started = world_.life->start(); !started) {
    world_.auditor.history.fail("the daemon does not start: " + started.error().message);
    return;
  }
  world_.auditor.life_begins();
  compare_queues(world_);
  compare_rules(world_);
  compare_archives(world_);
  compare_connections(world_);
  compare_replays(world_);
  compare_schedules(world_);
  plan_crash();
}

// Lets go of everything that the daemon's coroutines hold, while nothing they do has an effect any more.
void Simulation::end_life() {
  world_.life->end();
  world_.life->cancel();
  world_.clock.wake_for_good();
  run_until_idle();
  if (failed()) return;
  if (!world_.life->idle() || world_.life->disk_waits() > 0)
    return world_.auditor.history.fail("the daemon was ended, and something of it goes on");
  world_.life->storage->close();
  world_.life = nullptr;
}

void Simulation::crash() {
  using Loss = CrashTable::Loss;
  Loss loss = machine_dice_.pick(std::vector<Loss>{Loss::kNothing, Loss::kUnsynced, Loss::kTornOff});
  // What was written without a sync survives the process, but not the machine.
  if (world_.weather.durability == Durability::kAsync) loss = Loss::kNothing;
  world_.trace.note("crash, with " + std::to_string(world_.table->unsynced_writes()) + " writes not synced");
  world_.auditor.life_ends(true);
  world_.table->crash(loss);
  end_life();
}

// As SIGTERM does: what is under way ends, within ten seconds.
void Simulation::stop() {
  world_.trace.note("orderly stop");
  world_.table->cut_power_in_next_write(false);
  crash_at_ = std::nullopt;
  world_.life->stop();
  const Duration deadline = world_.clock.passed() + std::chrono::seconds(10);
  while (!failed() && world_.life->delivering() && step(deadline)) {
  }
  run_until_idle();
  if (failed() || !world_.life) return;
  world_.auditor.life_ends(false);
  end_life();
}

void Simulation::restart() {
  const bool stopped = !world_.table->power_is_gone() && world_.table->fault() == CrashTable::Fault::kNone &&
                       machine_dice_.below(100) < world_.weather.stops_percent;
  crash_at_ = std::nullopt;
  if (stopped) {
    stop();
  } else {
    crash();
  }
  if (failed()) return;
  if (outage_ends_) {
    outage_ends_ = std::nullopt;
    world_.auditor.history.disk_works();
  }
  // It is down for a while.
  std::int64_t longest = machine_dice_.one_in(5) ? 900'000 : 3'000;
  if (world_.weather.long_lived && machine_dice_.one_in(6)) longest = 2 * kDay.count();
  world_.clock.pass_until(world_.clock.passed() + Duration(machine_dice_.between(0, longest)));
  start();
}

// ---- trouble

void Simulation::plan_crash() {
  crash_at_ = std::nullopt;
  if (world_.weather.steps_between_crashes == 0) return;
  crash_at_ = steps_ + 1 + machine_dice_.below(2 * world_.weather.steps_between_crashes);
}

void Simulation::rough_time() {
  const Weather& weather = world_.weather;
  if (outage_ends_ && world_.clock.passed() >= *outage_ends_) {
    outage_ends_ = std::nullopt;
    world_.trace.note("the disk works again");
    world_.table->set_fault(CrashTable::Fault::kNone);
    world_.table->fail_reads(false);
    world_.auditor.history.disk_works();
  }
  if (world_.clock.passed() < next_trouble_) return;
  next_trouble_ = world_.clock.passed() + std::chrono::seconds(machine_dice_.between(1, 1'800));
  const std::size_t what = machine_dice_.below(4);
  if (what == 0 && weather.outages && !outage_ends_) {
    const bool full = machine_dice_.one_in(2);
    world_.trace.note(full ? "the disk is full" : "the disk does not sync");
    world_.table->set_fault(full ? CrashTable::Fault::kFull : CrashTable::Fault::kSyncFails);
    world_.table->fail_reads(weather.read_errors && machine_dice_.one_in(3));
    world_.auditor.history.disk_fails();
    outage_ends_ = world_.clock.passed() + Duration(machine_dice_.one_in(2) ? machine_dice_.between(1, 2'000)
                                                                            : machine_dice_.between(2'000, 300'000));
  } else if (what == 1 && weather.jumps) {
    const TimePoint before = world_.clock.now();
    const bool back = machine_dice_.one_in(2);
    std::int64_t farthest = machine_dice_.one_in(3) ? 7'200'000 : 30'000;
    if (world_.weather.long_lived && !back && machine_dice_.one_in(2)) farthest = 2 * kDay.count();
    const Duration by(machine_dice_.between(100, farthest));
    world_.trace.note("the clock jumps by " + std::to_string((back ? -by : by).count()) + " ms");
    world_.auditor.history.clock_jumped(before, before + (back ? -by : by));
    world_.clock.jump(back ? -by : by, machine_dice_.one_in(2));
  } else if (what == 2 && weather.steps_between_crashes > 0 && weather.durability == Durability::kSync) {
    world_.table->cut_power_in_next_write();
  }
}

Duration Simulation::pause() {
  if (world_.weather.long_lived && pace_dice_.below(100) < 3) return Duration(pace_dice_.between(0, kDay.count()));
  switch (pace_dice_.weighted(world_.weather.busy ? std::initializer_list<unsigned>{70, 25, 4, 1}
                                                  : std::initializer_list<unsigned>{40, 35, 20, 5})) {
    case 0:
      return Duration(pace_dice_.between(0, 20));
    case 1:
      return Duration(pace_dice_.between(0, 2'000));
    case 2:
      return Duration(pace_dice_.between(0, 60'000));
    default:
      return Duration(pace_dice_.between(0, 1'800'000));
  }
}

// ---- the whole

void Simulation::run_to_its_end(const bool& done) {
  const Duration limit = world_.clock.passed() + kRest;
  while (!failed() && !done && step(limit)) {
  }
  if (!failed() && !done) world_.auditor.history.fail("an operation does not end");
}

namespace {

// Nobody may wait for it any more when it ends.
asio::awaitable<void> then_tell(asio::awaitable<void> work, std::shared_ptr<bool> done) {
  co_await std::move(work);
  *done = true;
}

}  // namespace

void Simulation::spawn_and_run(asio::awaitable<void> work) {
  if (failed()) return;
  const auto done = std::make_shared<bool>(false);
  world_.life->spawn(0, then_tell(std::move(work), done));
  run_to_its_end(*done);
}

Report Simulation::run() {
  introduce(world_);
  start();
  crash_at_ = std::nullopt;
  spawn_and_run(set_up(world_, *world_.life));
  plan_crash();

  for (std::size_t operation = 0; operation < world_.options.operations && !failed(); ++operation) {
    run_for(pause());
    if (failed()) break;
    rough_time();
    if (!world_.options.left_out.contains(operation)) begin_operation(world_, operation);
  }
  const bool quiet = !failed();
  if (quiet) come_to_rest();
  if (!failed()) check_all();

  Report report;
  const History& history = world_.auditor.history;
  report.seed = world_.options.seed;
  report.violation = history.violation();
  world_.trace.mix(world_.rng.next_u64());
  world_.trace.mix(world_.table->digest());
  report.digest = world_.trace.digest();
  report.steps = steps_;
  report.simulated = world_.clock.passed();
  report.lives = history.life();
  report.crashes = history.crashes();
  report.outages = history.outages();
  report.jumps = history.jumps();
  report.events = world_.auditor.events();
  report.messages = world_.last_message;
  report.attempts = world_.auditor.lanes.attempts();
  report.occurrences = world_.auditor.occurrences();
  report.last_lines.assign(world_.trace.last_lines().begin(), world_.trace.last_lines().end());
  if (world_.life) {
    world_.auditor.life_ends(true);
    world_.table->crash(CrashTable::Loss::kNothing);
    world_.life->end();
    world_.life->cancel();
    world_.clock.wake_for_good();
    for (std::uint64_t i = 0; i < kStepsAtOneMomentMax && world_.loops.step(); ++i) {
    }
    world_.life->storage->close();
    world_.life = nullptr;
  }
  return report;
}

// No more operations, no more trouble: everything that waits must find its end.
void Simulation::come_to_rest() {
  world_.trace.note("coming to rest");
  world_.table->cut_power_in_next_write(false);
  crash_at_ = std::nullopt;
  if (outage_ends_) {
    world_.table->set_fault(CrashTable::Fault::kNone);
    world_.table->fail_reads(false);
    world_.auditor.history.disk_works();
    outage_ends_ = std::nullopt;
  }
  world_.targets.recover();
  world_.servers.recover();
  run_for(std::chrono::minutes(2));
  for (const auto& [name, rule] : world_.auditor.rules.rules())
    if (!failed() && name.starts_with("tick")) spawn_and_run(disable_rule(world_, *world_.life, name));
  for (const auto& [name, schedule] : world_.auditor.schedules.schedules())
    if (!failed()) spawn_and_run(pause_schedule(world_, *world_.life, name));
  if (!failed()) spawn_and_run(restore_connections(world_, *world_.life));
  // What waits for a time that was set back has it before it.
  const History& history = world_.auditor.history;
  run_for(kRest + (history.latest_since(0) - history.now()));
  if (failed()) return;
  std::vector<QueueId> lanes = world_.life->catalog->lanes();
  std::ranges::copy(world_.life->schedule_lanes->lanes(), std::back_inserter(lanes));
  for (const QueueId lane : lanes) {
    const Result<QueueDepth> depth = world_.life->storage->queues().depth(lane);
    if (depth && depth->total() > 0)
      return world_.auditor.history.fail(
          "deliveries wait although their target is well: " + std::to_string(depth->total()) + " of lane " +
          std::to_string(lane) + " to " + world_.life->all_lanes->lane(lane)->target.arn);
  }
  for (const std::string& name : world_.auditor.replays_under_way())
    return world_.auditor.history.fail("replay " + name + " does not end");
  const auto tasks = world_.life->moves->list(TargetSpec{.kind = TargetSpec::kQueue, .name = "dead"}.arn(), 10);
  if (tasks &&
      std::ranges::any_of(*tasks, [](const auto& listed) { return listed.task.status == MessageMoveTask::kRunning; }))
    world_.auditor.history.fail("a move task has nothing to move, and does not end");
}

void Simulation::check_all() {
  // What is in memory is on the disk: the same after a stop and after a crash.
  const auto depths = [&] {
    std::map<std::string, QueueDepth> all;
    for (const auto& [name, queue] : world_.auditor.queues.queues())
      if (const QueuePtr found = world_.life->queues->find(kHome, name))
        all[name] = *world_.life->queues->depth(*found);
    return all;
  };
  const std::map<std::string, QueueDepth> before = depths();
  const auto is_the_same = [&](const std::string& name, const QueueDepth& now) {
    const QueueDepth& was = before.at(name);
    const Duration kept = std::chrono::seconds(world_.auditor.queues.queue(name).spec.retention);
    const bool may_expire = was.oldest_sent_at && *was.oldest_sent_at + kept <= world_.clock.now();
    return now.total() == was.total() || (may_expire && now.total() < was.total());
  };
  for (const bool crashes : {false, true}) {
    if (crashes) {
      crash();
    } else {
      stop();
    }
    if (failed()) return;
    start();
    crash_at_ = std::nullopt;
    if (failed()) return;
    const std::map<std::string, QueueDepth> after = depths();
    if (after.size() != before.size() ||
        !std::ranges::all_of(after, [&](const auto& each) { return is_the_same(each.first, each.second); }))
      return world_.auditor.history.fail("queues hold something else after a restart");
  }
  run_for(std::chrono::minutes(2));
  for (const auto& [name, archive] : world_.auditor.rules.archives())
    spawn_and_run(look_for_expired(world_, *world_.life, name));
  if (failed()) return;
  const Tick drain_began = world_.auditor.history.tick();
  // Draining a queue may fill its dead-letter queue.
  for (const bool dead_letters : {false, true}) {
    for (const auto& [name, queue] : world_.auditor.queues.queues()) {
      if (queue.spec.is_dead_letter_queue != dead_letters) continue;
      world_.trace.note("draining " + name);
      spawn_and_run(drain(world_, *world_.life, name));
    }
  }
  for (const std::string& group : log_groups()) spawn_and_run(read_log(world_, *world_.life, group));
  for (const auto& [name, archive] : world_.auditor.rules.archives())
    spawn_and_run(read_archive(world_, *world_.life, name, Dice(world_.options.seed, 0xa7c)));
  if (!failed()) world_.auditor.conclude(drain_began);
  if (!failed() && world_.life->storage->queues().total_depth().total() != 0)
    world_.auditor.history.fail("all queues are empty, and their sum is not");
  // What has expired is off the disk within a minute.
  run_for(std::chrono::minutes(2));
  const std::size_t rows =
      world_.table->row_count(Column::kMessageHead) + world_.table->row_count(Column::kMessageBody);
  if (!failed() && rows > 0)
    world_.auditor.history.fail("all queues are empty, and " + std::to_string(rows) + " rows of messages are left");
}

}  // namespace

Report simulate(const Options& options) { return Simulation(options).run(); }

// Leaves out ever smaller parts of what is left, as long as it still fails.
Options shrink(Options options, std::size_t runs) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < options.operations; ++i)
    if (!options.left_out.contains(i)) kept.push_back(i);
  const auto fails_with = [&](const std::vector<std::size_t>& operations) {
    Options fewer = options;
    fewer.left_out.clear();
    for (std::size_t i = 0; i < options.operations; ++i)
      if (!std::ranges::binary_search(operations, i)) fewer.left_out.insert(i);
    --runs;
    return simulate(fewer).failed();
  };
  for (std::size_t part = std::max<std::size_t>(kept.size() / 2, 1); runs > 0;
       part = std::max<std::size_t>(part / 2, 1)) {
    bool fewer = false;
    for (std::size_t begin = 0; begin < kept.size() && runs > 0;) {
      std::vector<std::size_t> rest = kept;
      const auto first = rest.begin() + static_cast<std::ptrdiff_t>(begin);
      rest.erase(first, first + static_cast<std::ptrdiff_t>(std::min(part, rest.size() - begin)));
      if (fails_with(rest)) {
        kept = std::move(rest);
        fewer = true;
      } else {
        begin += part;
      }
    }
    if (part == 1 && !fewer) break;
  }
  options.left_out.clear();
  for (std::size_t i = 0; i < options.operations; ++i)
    if (!std::ranges::binary_search(kept, i)) options.left_out.insert(i);
  return options;
}

}  // namespace eventbus::simulation
