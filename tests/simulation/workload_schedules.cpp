// Clients of EventBridge Scheduler.

#include "bus/schedule_rules.h"
#include "tests/simulation/workload_change.h"

#include <memory>
#include <utility>
#include <vector>

namespace eventbus::simulation {

namespace {

TargetSpec some_target(Dice& dice) {
  TargetSpec target;
  const std::size_t kind = dice.weighted({40, 20, 40});
  if (kind < 2) {
    target.kind = kind == 0 ? TargetSpec::kQueue : TargetSpec::kBus;
    target.name = kind == 0 ? "ticks" : kScheduledBus;
    return target;
  }
  target.name = dice.pick(FakeTargets::names());
  if (dice.percent(75)) target.dead_letter_queue = dice.percent(70) ? "letters" : "letters-2";
  if (dice.percent(70)) target.retries = dice.between(0, 12);
  if (dice.percent(50)) target.age_seconds = dice.between(60, 7'200);
  return target;
}

void set_times(ScheduleSpec& spec, TimePoint now, Dice& dice) {
  const TimePoint second = std::chrono::floor<std::chrono::seconds>(now);
  ++spec.epoch;
  spec.start = spec.end = std::nullopt;
  spec.cadence = {};
  spec.in_india = dice.percent(25);
  spec.minutes = dice.between(1, 6);
  switch (dice.below(3)) {
    case 0:
      spec.kind = ScheduleSpec::kAt;
      spec.at = second + std::chrono::seconds(dice.between(dice.one_in(4) ? -600 : 1, 3'600));
      break;
    case 1:
      spec.kind = ScheduleSpec::kRate;
      spec.cadence.earliest = now;
      break;
    default:
      spec.kind = ScheduleSpec::kCron;
      spec.minutes = dice.pick(std::vector<std::int64_t>{1, 2, 5, 15});
      break;
  }
  if (spec.kind == ScheduleSpec::kAt) return;
  if (dice.percent(50)) spec.start = second + std::chrono::seconds(dice.between(-60, 1'800));
  if (dice.percent(40)) spec.end = spec.start.value_or(second) + std::chrono::seconds(dice.between(60, 7'200));
}

// Other times than before, unless chance will have the same.
void choose_times(ScheduleSpec& spec, const std::string& name, TimePoint now, Dice& dice) {
  const ScheduleSpec before = spec;
  set_times(spec, now, dice);
  if (!before.exists || !before.settings(name).same_times(spec.settings(name))) return;
  spec = before;
}

asio::awaitable<CatalogResult<void>> create(Life& life, ScheduleKey key, ScheduleSettings settings) {
  const auto made = co_await life.schedules->create(std::move(key), std::move(settings), "");
  if (!made) co_return made.error();
  co_return CatalogResult<void>();
}

// It may have completed, and be gone.
asio::awaitable<CatalogResult<void>> update(Life& life, ScheduleKey key, ScheduleSettings settings,
                                            std::shared_ptr<bool> gone) {
  const auto updated = co_await life.schedules->update(std::move(key), std::move(settings));
  *gone = !updated && updated.error().code == ErrorCode::kNotFound;
  if (!updated && !*gone) co_return updated.error();
  co_return CatalogResult<void>();
}

asio::awaitable<CatalogResult<void>> erase(Life& life, ScheduleKey key) {
  const auto erased = co_await life.schedules->erase(std::move(key));
  if (!erased && erased.error().code != ErrorCode::kNotFound) co_return erased.error();
  co_return CatalogResult<void>();
}

// A schedule that has completed and is gone, as its ActionAfterCompletion says.
void note_completion(World& world, const std::string& name, ScheduleBook::Schedule& schedule,
                     const ScheduleSpec& spec) {
  History& history = world.auditor.history;
  if (!spec.may_be_complete(history.latest_since(0))) return history.fail("schedule " + name + " is gone");
  world.auditor.schedule_completed(name, spec);
  world.trace.note("schedule " + name + " has completed");
  ScheduleSpec gone;
  gone.epoch = spec.epoch;
  schedule.spec.change_begins(std::move(gone), history.tick());
  schedule.spec.change_done(history.tick());
}

void notice_completion(World& world, const std::string& name, ScheduleBook::Schedule& schedule) {
  const ScheduleSpec spec = schedule.spec.latest();
  if (spec.exists && !world.life->schedules->schedule(schedule_key(name))) note_completion(world, name, schedule, spec);
}

// All of its settings, until it is answered.
asio::awaitable<void> put_schedule(World& world, Life& life, std::string name, ScheduleSpec next) {
  ScheduleBook::Schedule& schedule = world.auditor.schedules.schedule(name);
  const ScheduleSpec before = schedule.spec.latest();
  const ScheduleKey key = schedule_key(name);
  const ScheduleSettings settings = next.settings(name);
  // (Who keeps a StartDate that has passed would be refused.)
  const auto valid = check_schedule(settings, kHome, world.clock.now());
  if (!valid && next.epoch != before.epoch)
    co_return world.auditor.history.fail("schedule " + name + " is refused: " + valid.error().message);
  world.trace.note((before.exists ? "update schedule " : "create schedule ") + name + " " + settings.expression +
                   (next.enabled ? "" : ", disabled"));
  const Tick began = world.auditor.history.tick();
  const auto gone = std::make_shared<bool>(false);
  Call call = [&life, key, settings] { return create(life, key, settings); };
  if (before.exists) call = [&life, key, settings, gone] { return update(life, key, settings, gone); };
  co_await carry_out(world, life, "schedule " + name, schedule, std::move(next), std::move(call), ErrorCode::kConflict);
  if (life.over() || world.auditor.history.failed()) co_return;
  if (*gone) co_return note_completion(world, name, schedule, before);
  note_cadence(world, schedule.spec.newest().cadence, began);
}

}  // namespace

asio::awaitable<void> change_schedule(World& world, Life& life, std::string name, Dice dice) {
  ScheduleBook::Schedule& schedule = world.auditor.schedules.schedule(name);
  if (schedule.changing || !schedule.spec.settled()) co_return;
  notice_completion(world, name, schedule);
  if (world.auditor.history.failed()) co_return;
  ScheduleSpec next = schedule.spec.latest();
  if (next.exists && dice.percent(10)) {
    const ScheduleKey key = schedule_key(name);
    ScheduleSpec gone;
    gone.epoch = next.epoch;
    world.trace.note("delete schedule " + name);
    Call call = [&life, key] { return erase(life, key); };
    co_return co_await carry_out(world, life, "schedule " + name, schedule, std::move(gone), std::move(call),
                                 std::nullopt);
  }
  const bool is_new = !next.exists;
  if (is_new || dice.percent(50)) choose_times(next, name, world.clock.now(), dice);
  next.exists = true;
  if (is_new || dice.percent(40)) next.target = some_target(dice);
  next.enabled = dice.percent(85);
  next.delete_after = dice.percent(40);
  next.window_minutes = dice.percent(30) ? dice.between(1, 5) : 0;
  co_await put_schedule(world, life, std::move(name), std::move(next));
}

asio::awaitable<void> pause_schedule(World& world, Life& life, std::string name) {
  ScheduleBook::Schedule& schedule = world.auditor.schedules.schedule(name);
  if (!schedule.spec.settled()) co_return;
  notice_completion(world, name, schedule);
  ScheduleSpec next = schedule.spec.latest();
  if (!next.exists || !next.enabled || next.kind == ScheduleSpec::kAt) co_return;
  next.enabled = false;
  co_await put_schedule(world, life, std::move(name), std::move(next));
}

namespace {

bool is_stored_as(const ScheduleSpec& spec, const std::string& name, const ScheduleEntry* entry) {
  if (!spec.exists || entry == nullptr) return !spec.exists && entry == nullptr;
  const ScheduleSettings& stored = entry->record.settings;
  const ScheduleSettings wanted = spec.settings(name);
  return stored.same_times(wanted) && stored.enabled == wanted.enabled && stored.window == wanted.window &&
         stored.delete_after_completion == wanted.delete_after_completion &&
         encode_target(stored.target) == encode_target(wanted.target);
}

}  // namespace

void compare_schedules(World& world) {
  History& history = world.auditor.history;
  for (const auto& [name, const_schedule] : world.auditor.schedules.schedules()) {
    ScheduleBook::Schedule& schedule = world.auditor.schedules.schedule(name);
    schedule.changing = false;
    const auto found = world.life->schedules->schedule(schedule_key(name));
    const ScheduleEntry* entry = found ? found->get() : nullptr;
    const bool settled =
        schedule.spec.settle(history.tick(), [&](const ScheduleSpec& spec) { return is_stored_as(spec, name, entry); });
    // One that has completed is gone.
    const bool completed =
        !settled && entry == nullptr && schedule.spec.settle(history.tick(), [&](const ScheduleSpec& spec) {
          return spec.may_be_complete(history.latest_since(0));
        });
    if (!settled && !completed) return history.fail("schedule " + name + " is not as it was acknowledged");
    notice_completion(world, name, schedule);
    note_cadence(world, schedule.spec.newest().cadence, 0);
  }
}

}  // namespace eventbus::simulation
