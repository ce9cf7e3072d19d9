// Clients of archives and replays.

#include "bus/arn.h"
#include "tests/simulation/workload_change.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace eventbus::simulation {

namespace {

PatternSpec some_pattern(Dice& dice) {
  PatternSpec pattern;
  pattern.sources.push_back(dice.percent(50) ? "shop" : "fleet");
  if (dice.percent(50)) pattern.sources.emplace_back("billing");
  if (dice.percent(50)) pattern.not_kind = "lost";
  return pattern;
}

std::string text_of(const ArchiveSpec& spec) {
  return (spec.pattern ? spec.pattern->json() : "everything") + " for " + std::to_string(spec.retention_days) + " days";
}

asio::awaitable<CatalogResult<void>> create(Life& life, std::string name, std::string bus, ArchiveSpec spec) {
  ArchiveSettings settings;
  if (spec.pattern) settings.event_pattern = spec.pattern->json();
  settings.retention_days = spec.retention_days;
  const auto made = co_await life.archives->create({kHome, name}, std::move(bus), std::move(settings), kHome.account);
  if (!made) co_return made.error();
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> update(Life& life, std::string name, ArchiveSpec spec) {
  ArchiveCatalog::Changes changes;
  changes.event_pattern = spec.pattern ? spec.pattern->json() : "";
  changes.retention_days = spec.retention_days;
  const auto updated = co_await life.archives->update({kHome, name}, std::move(changes), kHome.account);
  if (!updated) co_return updated.error();
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> remove(Life& life, std::string name) {
  co_return co_await life.archives->remove({kHome, name});
}

}  // namespace

asio::awaitable<void> change_archive(World& world, Life& life, std::string name, Dice dice) {
  RuleBook::Archive& archive = world.auditor.rules.archive(name);
  if (archive.changing || !archive.spec.settled()) co_return;
  ArchiveSpec next = archive.spec.latest();
  if (next.exists && name == "fleeting" && dice.percent(40)) {
    next = ArchiveSpec{};
    const Tick began = world.auditor.history.tick();
    world.trace.note("delete archive " + name);
    world.auditor.archives.emptied(name, began, kNever, false);
    Call call = [&life, name] { return remove(life, name); };
    co_await carry_out(world, life, "archive " + name, archive, std::move(next), std::move(call), ErrorCode::kNotFound);
    if (life.over() || world.auditor.history.failed()) co_return;
    co_return world.auditor.archives.emptied(name, began, world.auditor.history.tick(), true);
  }
  const bool is_new = !std::exchange(next.exists, true);
  // "everything" is what it says.
  if (name != "everything") {
    if (dice.percent(60)) next.pattern = some_pattern(dice);
    if (dice.percent(20)) next.pattern = std::nullopt;
    if (name == "daily") next.retention_days = dice.between(1, 2);
  }
  world.trace.note((is_new ? "create archive " : "update archive ") + name + ": " + text_of(next));
  const std::string bus = archive.bus.name;
  Call call = [&life, name, next] { return update(life, name, next); };
  if (is_new) call = [&life, name, bus, next] { return create(life, name, bus, next); };
  co_await carry_out(world, life, "archive " + name, archive, next, std::move(call),
                     is_new ? std::optional(ErrorCode::kConflict) : std::nullopt);
}

asio::awaitable<void> read_archive(World& world, Life& life, std::string name, Dice dice) {
  const auto archive = life.archives->archive({kHome, name});
  if (!archive) co_return;
  ArchiveAuditor::Reading reading{
      name, world.auditor.history.tick(), world.clock.now(), TimePoint::min(), TimePoint::max(), {}};
  const bool all = dice.percent(60);
  if (!all) {
    reading.start = world.clock.now() - std::chrono::seconds(dice.between(0, 20'000));
    reading.end = reading.start + std::chrono::seconds(dice.between(1, 20'000));
  }
  ArchiveWindow window{reading.start, reading.end};
  const std::uint64_t head = life.archive_reader->head(**archive);
  window.until = head;
  std::uint64_t bytes = 0, events = 0;
  for (bool finished = false; !finished;) {
    const auto batch = co_await life.archive_reader->read(*archive, window, 1 + dice.below(100), 1 << 20);
    if (life.over() || !batch) co_return;
    for (const ArchivedEvent& event : batch->events) {
      bytes += event.json.size();
      ++events;
      // Scheduled events are events of their bus, too.
      if (event.json.find("\"source\":\"aws.events\"") != std::string::npos) continue;
      if (event.json.find(std::string("\"source\":\"") + kScheduledSource) != std::string::npos) continue;
      const std::optional<std::string> key = event_key_in(event.json);
      if (!key || (key->find('.') == std::string::npos && !world.auditor.knows_event(*key)))
        co_return world.auditor.history.fail("archive " + name + " holds what nobody sent: " + event.json);
      reading.events.push_back(*key);
    }
    window.from = batch->next;
    finished = batch->finished;
  }
  world.trace.note("read archive " + name + ": " + std::to_string(reading.events.size()) + " events");
  world.auditor.archives.read(reading);
  if (!all || world.clock.now() != reading.began_at) co_return;
  // What it says of itself, at the same moment.
  const auto contents = co_await life.archives->contents(*archive);
  if (life.over() || !contents || life.archive_reader->head(**archive) != head) co_return;
  if (world.auditor.history.jumps() == 0 && contents->bytes != bytes)
    world.auditor.history.fail("archive " + name + " says that it holds " + std::to_string(contents->bytes) +
                               " bytes, and gives " + std::to_string(bytes));
  if (world.auditor.history.jumps() == 0 && contents->events != events)
    world.auditor.history.fail("archive " + name + " says that it holds " + std::to_string(contents->events) +
                               " events, and gives " + std::to_string(events));
}

asio::awaitable<void> look_for_expired(World& world, Life& life, std::string name) {
  constexpr Duration kGivenBackWithin = std::chrono::hours(1) + std::chrono::minutes(5);
  const auto archive = life.archives->archive({kHome, name});
  if (!archive || world.auditor.history.jumps() > 0) co_return;
  const std::int64_t days = (*archive)->record.settings.retention_days;
  const LogId log = (*archive)->record.events;
  const std::uint64_t oldest = life.storage->log().bounds(log).horizon;
  const auto entries = co_await life.storage->log().read(log, oldest, 1, 1);
  if (life.over() || !entries || entries->empty() || days == 0) co_return;
  const TimePoint accepted_at = entries->front().accepted_at;
  if (accepted_at + std::chrono::hours(24 * days) + kGivenBackWithin < world.clock.now())
    world.auditor.history.fail("archive " + name + " keeps on the disk what it accepted at " +
                               format_iso_milliseconds(accepted_at));
}

// ---- replays

namespace {

void look_at_replay(World& world, const std::string& name) {
  const auto record = world.life->replayer->replay({kHome, name});
  if (!record) return world.auditor.replay_is_missing(name);
  if (!record->over()) return;
  world.trace.note("replay " + name + " is " + std::string(to_string(record->state)) + ", replayed " +
                   std::to_string(record->replayed));
  if (record->state == ReplayState::kFailed && !world.auditor.replay_may_fail(name))
    return world.auditor.history.fail("replay " + name + " failed: " + record->state_reason);
  world.auditor.replay_ends(name, record->state, record->replayed);
}

bool is_under_way(World& world, const std::string& name) {
  const std::vector<std::string> all = world.auditor.replays_under_way();
  return std::ranges::find(all, name) != all.end();
}

// Asks now and then whether it is over.
asio::awaitable<void> watch_replay(World& world, Life& life, std::string name, Dice dice) {
  while (is_under_way(world, name) && !world.auditor.history.failed()) {
    co_await world.clock.sleep_for(Duration(dice.between(1, 20'000)));
    if (life.over()) co_return;
    if (is_under_way(world, name)) look_at_replay(world, name);
  }
}

}  // namespace

asio::awaitable<void> start_replay(World& world, Life& life, Dice dice) {
  ReplaySpec spec;
  spec.archive = dice.pick(std::vector<std::string>{"everything", "daily", "fleeting"});
  if (!life.archives->archive({kHome, spec.archive})) co_return;
  spec.name = ".again-" + std::to_string(++world.last_replay);
  spec.bus = "default";
  spec.start =
      std::chrono::floor<std::chrono::seconds>(world.clock.now() - std::chrono::seconds(dice.between(0, 15'000)));
  spec.end = spec.start + std::chrono::seconds(dice.percent(50) ? dice.between(1, 600) : dice.between(1, 7'200));
  if (dice.percent(30)) spec.speed = static_cast<double>(dice.between(1, 300));
  if (dice.percent(25))
    for (int i = 0; i < 3; ++i) spec.only.push_back("default-" + std::to_string(dice.below(6)));

  Replayer::NewReplay wanted;
  wanted.archive_arn = archive_arn(kHome, spec.archive);
  wanted.destination_arn = bus_arn(kHome, spec.bus);
  for (const std::string& rule : spec.only) wanted.filter_arns.push_back(rule_arn(kHome, spec.bus, rule));
  wanted.start = spec.start;
  wanted.end = spec.end;
  wanted.speed = spec.speed;
  const std::string name = spec.name;
  world.trace.note("start replay " + name + " of " + spec.archive + " from " + format_iso_seconds(spec.start) + " to " +
                   format_iso_seconds(spec.end));
  world.auditor.replay_begins(std::move(spec));
  for (;;) {
    const auto started = co_await life.replayer->start({kHome, name}, wanted);
    if (life.over()) co_return;
    if (started || started.error().code == ErrorCode::kConflict) break;
    if (started.error().code != ErrorCode::kUnavailable) {
      world.trace.note("refused: " + started.error().message);
      co_return world.auditor.replay_refused(name);
    }
    co_await world.clock.sleep_for(Duration(700));
    if (life.over()) co_return;
  }
  world.trace.note("replay " + name + " has started");
  world.auditor.replay_acknowledged(name);
  co_await watch_replay(world, life, name, dice);
}

asio::awaitable<void> cancel_replay(World& world, Life& life, Dice dice) {
  const std::vector<std::string> all = world.auditor.replays_under_way();
  if (all.empty()) co_return;
  const std::string name = dice.pick(all);
  const auto cancelled = co_await life.replayer->cancel({kHome, name});
  if (life.over()) co_return;
  world.trace.note("cancel replay " + name + ": " + (cancelled ? "done" : cancelled.error().message));
}

void compare_replays(World& world) {
  for (const std::string& name : world.auditor.replays_under_way()) {
    look_at_replay(world, name);
    if (world.auditor.history.failed() || !is_under_way(world, name)) continue;
    world.auditor.replay_acknowledged(name);
    world.life->spawn(0,
                      watch_replay(world, *world.life, name, Dice(world.options.seed, world.auditor.history.life())));
  }
}

// ---- after a start

namespace {

bool is_stored_as(const ArchiveSpec& spec, const Archive* archive) {
  if (!spec.exists || archive == nullptr) return !spec.exists && archive == nullptr;
  const ArchiveSettings& settings = archive->record.settings;
  return settings.event_pattern.value_or("") == (spec.pattern ? spec.pattern->json() : "") &&
         settings.retention_days == spec.retention_days;
}

}  // namespace

void compare_archives(World& world) {
  for (const auto& [name, const_archive] : world.auditor.rules.archives()) {
    RuleBook::Archive& archive = world.auditor.rules.archive(name);
    archive.changing = false;
    world.auditor.archives.settled(name);
    const auto found = world.life->archives->archive({kHome, name});
    const Archive* stored = found ? found->get() : nullptr;
    const Tick now = world.auditor.history.tick();
    if (!archive.spec.settle(now, [&](const ArchiveSpec& spec) { return is_stored_as(spec, stored); }))
      world.auditor.history.fail("archive " + name + " is not as it was acknowledged");
  }
}

}  // namespace eventbus::simulation
