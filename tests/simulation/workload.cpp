#include "bus/arn.h"
#include "tests/simulation/workload_change.h"

#include <string>
#include <utility>
#include <vector>

namespace eventbus::simulation {

namespace {

std::vector<QueueSpec> all_queues() {
  std::vector<QueueSpec> all(11);
  all[0] = {.name = "plain", .steady = true};
  all[1] = {.name = "plain-2", .visibility = 5, .retention = 3'600};
  all[2] = {.name = "delayed", .delay = 20};
  all[3] = {.name = "short", .visibility = 10, .retention = 120, .steady = true};
  all[4] = {.name = "work", .visibility = 3, .dead_letter_queue = "dead", .receives_max = 2, .steady = true};
  all[5] = {.name = "dead", .is_dead_letter_queue = true, .steady = true};
  all[6] = {.name = "orders.fifo", .fifo = true, .content_based = true, .visibility = 8};
  all[7] = {.name = "groups.fifo",
            .fifo = true,
            .content_based = true,
            .per_group = true,
            .retention = 43'200,
            .steady = true};
  all[8] = {.name = "letters", .takes_letters = true, .steady = true};
  all[9] = {.name = "letters-2", .retention = 86'400, .takes_letters = true, .steady = true};
  all[10] = {.name = "ticks", .takes_ticks = true, .steady = true};
  return all;
}

}  // namespace

std::vector<std::string> log_groups() { return {"trail", "audit"}; }

void introduce(World& world) {
  for (QueueSpec& spec : all_queues()) world.auditor.queues.add(std::move(spec));
  const std::vector<std::pair<BusKey, int>> buses = {
      {{kHome, "default"}, 6}, {{kHome, "orders"}, 4}, {{kHome, "archive"}, 2}, {{kAbroad, "default"}, 2}};
  for (const auto& [bus, rules] : buses) {
    const std::string prefix = bus.scope == kAbroad ? "abroad" : bus.name;
    for (int i = 0; i < rules; ++i) world.auditor.rules.add(prefix + "-" + std::to_string(i), bus);
  }
  world.auditor.rules.add_archive("everything", {kHome, "default"});
  world.auditor.rules.add_archive("daily", {kHome, "default"});
  world.auditor.rules.add_archive("fleeting", {kHome, "default"});
  world.auditor.rules.add_archive("of-orders", {kHome, "orders"});
  for (int i = 0; i < 5; ++i) world.auditor.schedules.add("sched-" + std::to_string(i));
  world.auditor.web.add_connection("key", false);
  world.auditor.web.add_connection("oauth", true);
  for (int i = 0; i < 3; ++i) world.auditor.web.add_destination("dest-" + std::to_string(i));
  for (int i = 0; i < 2; ++i) world.auditor.rules.add("tick-" + std::to_string(i), {kHome, "default"});
}

namespace {

// What schedules put on a bus comes to a queue, by a rule that never changes.
asio::awaitable<void> lead_to_ticks(World& world, Life& life) {
  const RuleKey key{{kHome, kScheduledBus}, "of-schedules"};
  const BusCatalog::Actor actor{kHome.account, ""};
  RuleSettings settings;
  settings.event_pattern = "{\"source\":[\"" + std::string(kScheduledSource) + "\"]}";
  const auto made = co_await life.catalog->put_rule(key, std::move(settings), {}, actor);
  std::vector<Target> targets(1);
  targets.front() = TargetSpec{.kind = TargetSpec::kQueue, .name = "ticks", .transformed = false}.target("ticks");
  targets.front().input.transformer =
      InputFields::Transformer{.paths = std::map<std::string, std::string>{{"token", "$.detail.token"}},
                               .template_text = "{\"token\":\"<token>\"}"};
  const auto put = co_await life.catalog->put_targets(key, std::move(targets), actor);
  if (!made || !put) world.auditor.history.fail("no rule can be made for what schedules put on a bus");
}

}  // namespace

asio::awaitable<void> set_up(World& world, Life& life) {
  for (const auto& [name, queue] : world.auditor.queues.queues()) {
    // Dead-letter queues are there before the queues that name them.
    if (!queue.spec.dead_letter_queue.empty()) continue;
    co_await create(world, life, name);
  }
  for (const auto& [name, queue] : world.auditor.queues.queues())
    if (!queue.spec.dead_letter_queue.empty()) co_await create(world, life, name);
  for (const std::string& name : log_groups()) {
    LogGroup group;
    group.scope = kHome;
    group.name = name;
    if (!co_await life.logs->create_group(std::move(group))) world.auditor.history.fail("no log group can be made");
  }
  for (const std::string name : {"orders", "archive"}) {
    if (!co_await life.catalog->create_bus({kHome, name}, {}, {})) world.auditor.history.fail("no bus can be made");
  }
  co_await lead_to_ticks(world, life);
  for (const auto& [name, connection] : world.auditor.web.connections())
    co_await change_connection(world, life, name, Dice(world.options.seed, std::hash<std::string>{}(name)));
  for (const auto& [name, destination] : world.auditor.web.destinations())
    co_await change_destination(world, life, name, Dice(world.options.seed, std::hash<std::string>{}(name)));
  for (const auto& [name, archive] : world.auditor.rules.archives())
    co_await change_archive(world, life, name, Dice(world.options.seed ^ 0xa7c, std::hash<std::string>{}(name)));
  for (const auto& [name, rule] : world.auditor.rules.rules())
    for (std::uint64_t i = 0; i < 4; ++i)
      co_await change_rule(world, life, name, Dice(world.options.seed ^ 0x5e7, std::hash<std::string>{}(name) + i));
}

void begin_operation(World& world, std::size_t number) {
  Dice dice(world.options.seed, number);
  Life& life = *world.life;
  const std::size_t loop = dice.below(world.loops.size());
  std::vector<std::string> queues, unsteady, rules, archives, schedules, connections, destinations;
  for (const auto& [name, queue] : world.auditor.queues.queues()) {
    queues.push_back(name);
    if (!queue.spec.steady) unsteady.push_back(name);
  }
  for (const auto& [name, rule] : world.auditor.rules.rules()) rules.push_back(name);
  for (const auto& [name, archive] : world.auditor.rules.archives()) archives.push_back(name);
  for (const auto& [name, schedule] : world.auditor.schedules.schedules()) schedules.push_back(name);
  for (const auto& [name, connection] : world.auditor.web.connections()) connections.push_back(name);
  for (const auto& [name, destination] : world.auditor.web.destinations()) destinations.push_back(name);
  world.trace.note("operation " + std::to_string(number));
  switch (dice.weighted({30, 14, 28, 10, 6, 1, 2, 2, 2, 3, 3, 2, 3, 1, 6, 3, 3, 2})) {
    case 0:
      return life.spawn(loop, publish(world, life, dice));
    case 1:
      return life.spawn(loop, send(world, life, dice));
    case 2:
      return life.spawn(loop, receive(world, life, dice.pick(queues), dice));
    case 3:
      return life.spawn(loop, change_rule(world, life, dice.pick(rules), dice));
    case 4:
      return life.spawn(loop, count(world, life, dice.pick(queues)));
    case 5:
      return life.spawn(loop, purge(world, life, dice.pick(unsteady)));
    case 6: {
      const std::string& queue = dice.pick(unsteady);
      const bool there = life.queues->find(kHome, queue) != nullptr;
      if (there && dice.percent(60)) return;  // mostly it is there
      return life.spawn(loop, there ? drop(world, life, queue) : create(world, life, queue));
    }
    case 7:
      return life.spawn(loop, move_letters_back(world, life, dice));
    case 8:
      return life.spawn(loop, redrive_letters(world, life, dice));
    case 9:
      return life.spawn(loop, read_log(world, life, dice.pick(log_groups())));
    case 10:
      return life.spawn(loop, read_archive(world, life, dice.pick(archives), dice));
    case 11:
      return life.spawn(loop, change_archive(world, life, dice.pick(archives), dice));
    case 12:
      return life.spawn(loop, start_replay(world, life, dice));
    case 13:
      return life.spawn(loop, cancel_replay(world, life, dice));
    case 14:
      return life.spawn(loop, change_schedule(world, life, dice.pick(schedules), dice));
    case 15:
      return life.spawn(loop, change_connection(world, life, dice.pick(connections), dice));
    case 16:
      return life.spawn(loop, change_destination(world, life, dice.pick(destinations), dice));
    default: {
      const std::string function = dice.pick(FakeTargets::names());
      world.trace.note("nobody knows how to deliver to " + function);
      const Duration so_long = std::chrono::seconds(dice.between(1, 3'600));
      world.auditor.lanes.target_is_hidden(function, so_long);
      return world.targets.hide(function, so_long);
    }
  }
}

// ---- after a start

namespace {

bool is_stored_as(const RuleSpec& spec, const RuleEntry* entry) {
  if (!spec.exists || entry == nullptr) return !spec.exists && entry == nullptr;
  const RuleRecord& record = entry->record;
  const std::string pattern = spec.schedule.empty() ? spec.pattern.json() : std::string();
  if (record.settings.event_pattern.value_or("") != pattern || record.enabled() != spec.enabled ||
      record.settings.schedule_expression.value_or("") != spec.schedule || record.targets.size() != spec.targets.size())
    return false;
  for (const auto& [id, target] : spec.targets) {
    const auto stored = record.targets.find(id);
    if (stored == record.targets.end() || encode_target(stored->second.target) != encode_target(target.target(id)))
      return false;
  }
  return true;
}

}  // namespace

void compare_rules(World& world) {
  for (const auto& [name, const_rule] : world.auditor.rules.rules()) {
    RuleBook::Rule& rule = world.auditor.rules.rule(name);
    rule.changing = false;
    const auto found = world.life->catalog->rule({rule.bus, name});
    const RuleEntry* entry = found ? found->get() : nullptr;
    const Tick now = world.auditor.history.tick();
    if (!rule.spec.settle(now, [&](const RuleSpec& spec) { return is_stored_as(spec, entry); }))
      world.auditor.history.fail("rule " + name + " is not as it was acknowledged");
    note_cadence(world, rule.spec.newest().cadence, 0);
  }
}

void compare_queues(World& world) {
  for (const auto& [name, const_queue] : world.auditor.queues.queues()) {
    QueueAuditor::Queue& queue = world.auditor.queues.queue(name);
    queue.changing = false;
    if (queue.last_unsteady == kNever) queue.last_unsteady = world.auditor.history.tick();
    const QueuePtr found = world.life->queues->find(kHome, name);
    const QueueId id = found ? found->id : 0;
    const Tick now = world.auditor.history.tick();
    if (queue.id.settle(now, [&](QueueId each) { return each == id || (each == kUnknownQueue && id != 0); })) {
      queue.id.newest() = id;
    } else {
      world.auditor.history.fail("queue " + name + " is not as it was acknowledged");
    }
  }
}

}  // namespace eventbus::simulation
