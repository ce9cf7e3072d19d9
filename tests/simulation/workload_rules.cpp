// Clients that change rules and targets.

#include "tests/simulation/web_servers.h"
#include "tests/simulation/workload_change.h"

#include <optional>
#include <utility>
#include <vector>

namespace eventbus::simulation {

namespace {

PatternSpec some_pattern(Dice& dice) {
  static const std::vector<std::string> kSources = {"shop", "billing", "fleet"};
  static const std::vector<std::string> kKinds = {"made", "sent", "lost", "found"};
  PatternSpec pattern;
  pattern.sources.push_back(dice.pick(kSources));
  if (dice.percent(60)) {
    const std::string& second = dice.pick(kSources);
    if (second != pattern.sources.front()) pattern.sources.push_back(second);
  }
  if (dice.percent(20)) pattern.replayed = dice.percent(50);
  switch (dice.below(5)) {
    case 0:
      pattern.kinds.push_back(dice.pick(kKinds));
      break;
    case 1:
      pattern.not_kind = dice.pick(kKinds);
      break;
    case 2:
      pattern.key_prefix = "k" + std::to_string(dice.below(4));
      break;
    case 3:
      pattern.size_from = dice.between(10, 90);
      break;
    default:
      break;
  }
  return pattern;
}

struct NamedTarget {
  std::string id;
  TargetSpec spec;
};

// An API destination by its name: the ARN is the bus's to give. None: there is none of that name.
std::optional<NamedTarget> destination_target(Life& life, const std::string& name) {
  constexpr std::size_t kShortId = 8;
  const auto found = life.connections->api_destination({kHome, name});
  if (!found) return std::nullopt;
  TargetSpec spec;
  spec.kind = TargetSpec::kDestination;
  spec.name = name + "/" + (*found)->record.id;
  return NamedTarget{name + "-" + (*found)->record.id.substr(0, kShortId), std::move(spec)};
}

NamedTarget some_target(Life& life, const RuleBook::Rule& rule, bool scheduled, Dice& dice) {
  static const std::vector<std::string> kQueues = {"plain", "plain-2",     "delayed",    "short",
                                                   "work",  "orders.fifo", "groups.fifo"};
  TargetSpec spec;
  std::string id;
  spec.scheduled = scheduled;
  const bool abroad = rule.bus.scope == kAbroad;
  const std::size_t kind = abroad ? 1 : scheduled ? dice.weighted({50, 50}) : dice.weighted({35, 27, 8, 8, 7, 15});
  if (kind == 0) {
    spec.kind = TargetSpec::kQueue;
    spec.name = scheduled ? "ticks" : dice.pick(kQueues);
    spec.transformed = scheduled || dice.percent(80);
    spec.group_by_key = dice.percent(50);
  } else if (kind == 1) {
    spec.kind = TargetSpec::kFunction;
    spec.name = dice.pick(FakeTargets::names());
    spec.transformed = scheduled || dice.percent(60);
  } else if (kind == 4) {
    spec.kind = TargetSpec::kUrl;
    spec.name = dice.pick(WebServers::urls());
    id = spec.name.substr(2, spec.name.find('.') - 2);
  } else if (kind == 5) {
    std::optional<NamedTarget> destination = destination_target(life, "dest-" + std::to_string(dice.below(3)));
    if (!destination) destination = NamedTarget{"single", {}};
    id = std::move(destination->id);
    spec = std::move(destination->spec);
    if (spec.name.empty()) spec.name = "single";
  } else if (kind == 2) {
    spec.kind = TargetSpec::kLogGroup;
    spec.name = dice.pick(log_groups());
    spec.transformed = false;
  } else {
    spec.kind = TargetSpec::kBus;
    spec.abroad = dice.percent(30);
    spec.name = spec.abroad ? "default" : rule.bus.name == "orders" ? "archive" : "orders";
    spec.transformed = false;
  }
  // A dead-letter queue is in the rule's region.
  if (!abroad && dice.percent(75)) spec.dead_letter_queue = dice.percent(70) ? "letters" : "letters-2";
  if (spec.kind == TargetSpec::kBus) return {spec.abroad ? "abroad" : spec.name, spec};  // they are never retried
  if (dice.percent(70)) spec.retries = dice.percent(20) ? 0 : dice.between(1, 12);
  if (dice.percent(50)) spec.age_seconds = dice.between(60, 7'200);
  if (id.empty()) id = spec.name;
  for (char& letter : id)
    if (letter == '.') letter = '-';
  return {std::move(id), std::move(spec)};
}

asio::awaitable<CatalogResult<void>> put_rule(Life& life, RuleKey key, RuleSpec spec) {
  RuleSettings settings;
  if (spec.schedule.empty()) {
    settings.event_pattern = spec.pattern.json();
  } else {
    settings.schedule_expression = spec.schedule;
  }
  settings.state = spec.enabled ? RuleState::kEnabled : RuleState::kDisabled;
  const BusCatalog::Actor actor{kHome.account, ""};
  const auto put = co_await life.catalog->put_rule(std::move(key), std::move(settings), {}, actor);
  if (!put) co_return put.error();
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> put_target(Life& life, RuleKey key, Target target) {
  std::vector<Target> targets;
  targets.push_back(std::move(target));
  const BusCatalog::Actor actor{kHome.account, ""};
  co_return co_await life.catalog->put_targets(std::move(key), std::move(targets), actor);
}

asio::awaitable<CatalogResult<void>> remove_target(Life& life, RuleKey key, std::string id) {
  std::vector<std::string> ids{std::move(id)};
  co_return co_await life.catalog->remove_targets(std::move(key), std::move(ids), false);
}

asio::awaitable<CatalogResult<void>> set_state(Life& life, RuleKey key, RuleState state) {
  co_return co_await life.catalog->set_rule_state(std::move(key), state);
}

asio::awaitable<CatalogResult<void>> delete_rule(Life& life, RuleKey key) {
  co_return co_await life.catalog->delete_rule(std::move(key), false);
}

}  // namespace

asio::awaitable<void> change_rule(World& world, Life& life, std::string name, Dice dice) {
  RuleBook::Rule& rule = world.auditor.rules.rule(name);
  if (rule.changing || !rule.spec.settled()) co_return;
  const RuleKey key{rule.bus, name};
  const Tick began = world.auditor.history.tick();
  const bool ticks = name.starts_with("tick");
  RuleSpec next = rule.spec.latest();
  Call call;
  const std::size_t what = next.exists ? dice.weighted({15, 50, 15, 15, 5}) : 0;
  if (what == 0) {
    next.exists = true;
    next.enabled = dice.percent(90);
    if (ticks) {
      next.schedule = dice.percent(70) ? "cron(0/" + std::to_string(dice.percent(50) ? 5 : 2) + " * * * ? *)"
                                       : "rate(" + std::to_string(dice.between(2, 9)) + " minutes)";
    } else {
      next.pattern = some_pattern(dice);
    }
    const RuleSpec& before = rule.spec.latest();
    const bool goes_on = before.exists && before.enabled && before.schedule == next.schedule;
    if (!goes_on) next.cadence = {world.clock.now()};
    call = [&life, key, next] { return put_rule(life, key, next); };
    world.trace.note("put rule " + name + " " + (ticks ? next.schedule : next.pattern.json()));
  } else if (what == 1) {
    const NamedTarget target = some_target(life, rule, ticks, dice);
    if (!next.targets.contains(target.id) && next.targets.size() >= 5) co_return;
    next.targets[target.id] = target.spec;
    world.auditor.lanes.policy_changes(name, target.id, target.spec);
    call = [&life, key, target] { return put_target(life, key, target.spec.target(target.id)); };
    world.trace.note("put target " + target.id + " of rule " + name + " " + target.spec.dead_letter_queue);
  } else if (what == 2) {
    if (next.targets.empty()) co_return;
    std::vector<std::string> ids;
    for (const auto& [id, spec] : next.targets) ids.push_back(id);
    const std::string id = dice.pick(ids);
    next.targets.erase(id);
    call = [&life, key, id] { return remove_target(life, key, id); };
    world.trace.note("remove target " + id + " of rule " + name);
  } else if (what == 3) {
    next.enabled = !next.enabled;
    if (next.enabled) next.cadence = {world.clock.now()};
    const RuleState state = next.enabled ? RuleState::kEnabled : RuleState::kDisabled;
    call = [&life, key, state] { return set_state(life, key, state); };
    world.trace.note(std::string(next.enabled ? "enable" : "disable") + " rule " + name);
  } else {
    if (!next.targets.empty()) co_return;
    next = RuleSpec{};
    call = [&life, key] { return delete_rule(life, key); };
    world.trace.note("delete rule " + name);
  }
  co_await carry_out(world, life, "rule " + name, rule, std::move(next), std::move(call), std::nullopt);
  if (!life.over()) note_cadence(world, rule.spec.newest().cadence, began);
}

asio::awaitable<void> disable_rule(World& world, Life& life, std::string name) {
  RuleBook::Rule& rule = world.auditor.rules.rule(name);
  if (!rule.spec.settled() || !rule.spec.latest().exists || !rule.spec.latest().enabled) co_return;
  RuleSpec next = rule.spec.latest();
  next.enabled = false;
  const RuleKey key{rule.bus, name};
  Call call = [&life, key] { return set_state(life, key, RuleState::kDisabled); };
  co_await carry_out(world, life, "rule " + name, rule, std::move(next), std::move(call), std::nullopt);
}

}  // namespace eventbus::simulation
