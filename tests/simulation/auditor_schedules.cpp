// What scheduled rules and schedules must do: once for each time that they name, as long as nothing comes between.

#include "bus/iso_time.h"
#include "bus/rule_scheduler.h"
#include "bus/schedule_catalog.h"
#include "tests/simulation/auditor.h"

#include <algorithm>
#include <charconv>

namespace eventbus::simulation {

namespace {

constexpr Duration kMinute = std::chrono::minutes(1);

// The number in "cron(0/N * * * ? *)" or "rate(N minutes)"; the workload makes no others.
int minutes_in(std::string_view schedule) {
  int minutes = 0;
  const std::size_t at = schedule.find_first_of("123456789");
  std::from_chars(schedule.data() + at, schedule.data() + schedule.size(), minutes);
  return minutes;
}

bool names(const RuleSpec& spec, TimePoint at) {
  const Duration step = minutes_in(spec.schedule) * kMinute;
  if (spec.schedule.starts_with("rate(")) return spec.cadence.names(at, step, 1);
  return (at - std::chrono::floor<std::chrono::hours>(at)) % step == Duration(0);
}

std::vector<TimePoint> certain(const RuleSpec& spec, TimePoint minute) {
  if (spec.schedule.starts_with("rate("))
    return spec.cadence.certain(minute, minute + kMinute, minutes_in(spec.schedule) * kMinute, 1);
  return names(spec, minute) ? std::vector<TimePoint>{minute} : std::vector<TimePoint>();
}

std::string token_of(TimePoint at, const std::string& way, const std::string& target) {
  return "@" + format_iso_seconds(at) + "/" + way + "/" + target;
}

}  // namespace

// Of "@time/way/target".
std::optional<Auditor::Occurrence> Auditor::occurrence_in(std::string_view token) {
  const std::size_t first = token.find('/'), last = token.rfind('/');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const std::optional<TimePoint> at = parse_iso_time(token.substr(1, first - 1));
  if (!at) return std::nullopt;
  return Occurrence{*at, std::string(token.substr(first + 1, last - first - 1)), std::string(token.substr(last + 1))};
}

// ---- what is seen

// The targets that a rule may have sent an occurrence to.
std::vector<TargetSpec> Auditor::targets_of_rule(const Occurrence& occurrence) const {
  std::vector<TargetSpec> found;
  const auto rule = rules.rules().find(occurrence.way);
  if (rule == rules.rules().end()) return found;
  for (const RuleSpec* spec : rule->second.spec.possible(0, kNever)) {
    const auto target = spec->targets.find(occurrence.target);
    if (spec->exists && spec->enabled && target != spec->targets.end() && names(*spec, occurrence.at))
      found.push_back(target->second);
  }
  return found;
}

std::vector<TargetSpec> Auditor::targets_of_schedule(const Occurrence& occurrence) const {
  std::vector<TargetSpec> found;
  const std::optional<ScheduleWay> way = parse_schedule_way(occurrence.way);
  const auto schedule = schedules.schedules().find(way ? way->name : "");
  if (schedule == schedules.schedules().end()) return found;
  for (const ScheduleSpec* spec : schedule->second.spec.possible(0, kNever)) {
    if (spec->exists && spec->enabled && spec->epoch == way->epoch && spec->target.name == occurrence.target &&
        spec->names(occurrence.at))
      found.push_back(spec->target);
  }
  return found;
}

// An occurrence has been seen. False: it should not have been.
bool Auditor::meet_occurrence(const std::string& token) {
  const std::optional<Occurrence> occurrence = occurrence_in(token);
  if (!occurrence) {
    history.fail("an occurrence of nothing: " + token);
    return false;
  }
  const bool of_schedule = parse_schedule_way(occurrence->way).has_value();
  const std::vector<TargetSpec> specs = of_schedule ? targets_of_schedule(*occurrence) : targets_of_rule(*occurrence);
  if (specs.empty()) {
    history.fail("no schedule names this: " + token);
    return false;
  }
  if (of_schedule) {
    std::set<std::string>& targets = fired_[{occurrence->way, occurrence->at}];
    targets.insert(occurrence->target);
    if (targets.size() > 1 && history.outages() == 0) history.fail("it has been fired at another target: " + token);
  }
  // Storage that fails in doubt has it tried again; a clock that is set back has the scheduler of rules come by once
  // more, while a schedule remembers.
  const unsigned extra = (history.outages() > 0 ? 20 : 0) + (history.jumps() > 0 && !of_schedule ? 20 : 0);
  expect_occurrence(token, specs, occurrence->at, false, extra);
  if (occurrence->at > history.now() && history.jumps() == 0) history.fail("it is not due yet: " + token);
  return true;
}

void Auditor::check_fired_at(const std::string& token, TimePoint fired_at) {
  const std::optional<Occurrence> occurrence = occurrence_in(token);
  if (!occurrence || history.jumps() > 0) return;
  if (fired_at < occurrence->at) return history.fail("it was fired too early: " + token);
  if (occurrence->target == kScheduledBus) return;  // this is when it came through
  constexpr Duration kDiskTakes = std::chrono::seconds(10);
  Duration late_max = RuleScheduler::kLateMax + kDiskTakes;
  if (const std::optional<ScheduleWay> way = parse_schedule_way(occurrence->way)) {
    Duration window(0);
    for (const ScheduleSpec* spec : schedules.schedule(way->name).spec.possible(0, kNever)) {
      if (spec->epoch != way->epoch) continue;
      if (spec->kind == ScheduleSpec::kAt) return;  // it is made up for
      window = std::max(window, spec->window());
    }
    late_max = ScheduleCatalog::kLateMax + window + std::chrono::seconds(1);  // the time is told in whole seconds
  }
  if (fired_at > occurrence->at + late_max)
    history.fail("what was missed is not made up for, and it was fired at " + format_iso_milliseconds(fired_at) + ": " +
                 token);
}

void Auditor::expect_occurrence(const std::string& token, const std::vector<TargetSpec>& specs, TimePoint at, bool must,
                                unsigned extra) {
  const TargetSpec& spec = specs.front();
  Window window{0, kNever, at, std::max(history.now(), at + std::chrono::minutes(2))};
  if (spec.kind == TargetSpec::kFunction) {
    if (!lanes.knows(token, spec.name)) lanes.sent({token, specs, 0, 0, window});
    lanes.allow(token, spec.name, 1 + extra);
    if (must) lanes.require(token, spec.name);
  } else if (spec.kind == TargetSpec::kQueue) {
    QueueAuditor::Put put;
    put.token = token;
    put.queue = spec.name;
    put.must = must || queues.is_required(token, spec.name) ? 1 : 0;
    put.may = 1 + extra;
    put.window = window;
    queues.put(put);
  } else if (spec.kind == TargetSpec::kBus) {
    // By the rule of set_up(). What calls a bus is an attempt, which a crash, a disk that fails in doubt or a clock
    // that jumps repeats.
    const bool repeated = history.crashes() + history.outages() + history.jumps() > 0;
    QueueAuditor::Put put;
    put.token = token;
    put.queue = "ticks";
    put.must = must || queues.is_required(token, put.queue) ? 1 : 0;
    put.may = 1 + extra + (repeated ? 20 : 0);
    put.window = window;
    queues.put(put);
  }
  if (must) ++occurrences_;
}

// ---- what must come

// Notes what becomes due, and confirms it when the storm that could have swallowed it has not come.
void Auditor::look_at_schedules() {
  const TimePoint minute = std::chrono::floor<std::chrono::minutes>(history.now());
  if (minute != schedules_seen_) {
    schedules_seen_ = minute;
    // We are here at its beginning, and have not been before: what was done does not come again with a clock set back.
    if (history.now() - minute < Duration(1'000) && !history.was_beyond(minute)) look_at_minute(minute);
  }
  std::vector<Due> later;
  for (Due& due : due_) {
    if (history.passed() < due.confirmed_at) {
      later.push_back(std::move(due));
    } else {
      confirm(due);
    }
  }
  due_ = std::move(later);
}

void Auditor::look_at_minute(TimePoint minute) {
  const auto note = [&](const std::string& name, const auto& spec, TimePoint at, Duration window) {
    due_.push_back({name, spec, at, history.passed(), history.passed() + 3 * kMinute + window, history.tick()});
  };
  for (const auto& [name, rule] : rules.rules()) {
    if (!rule.spec.settled() || rule.spec.latest().schedule.empty()) continue;
    const RuleSpec& spec = rule.spec.latest();
    if (!spec.exists || !spec.enabled) continue;
    for (const TimePoint at : certain(spec, minute)) note(name, spec, at, Duration(0));
  }
  for (const auto& [name, schedule] : schedules.schedules()) {
    if (!schedule.spec.settled()) continue;
    const ScheduleSpec& spec = schedule.spec.latest();
    if (!spec.exists || !spec.enabled) continue;
    for (const TimePoint at : spec.certain(minute, minute + kMinute)) note(name, spec, at, spec.window());
  }
}

void Auditor::confirm(const Due& due) {
  constexpr Duration kMargin = 3 * kMinute;
  if (!history.undisturbed_since(due.passed - kMargin)) return;
  if (const RuleSpec* rule = std::get_if<RuleSpec>(&due.spec)) {
    // The very same rule from well before until now; who changes a rule changes when it is looked at.
    const auto possible = rules.rule(due.rule).spec.possible(history.tick_at(due.passed - kMargin), history.tick());
    if (possible.size() == 1 && *possible.front() == *rule) confirm_rule(due, *rule);
  } else {
    const ScheduleSpec& spec = std::get<ScheduleSpec>(due.spec);
    const auto possible =
        schedules.schedule(due.rule).spec.possible(history.tick_at(due.passed - kMargin), history.tick());
    if (possible.size() == 1 && *possible.front() == spec) confirm_schedule(due, spec);
  }
}

void Auditor::confirm_rule(const Due& due, const RuleSpec& rule) {
  for (const auto& [id, spec] : rule.targets) {
    if (spec.kind == TargetSpec::kQueue && queues.may_miss(spec.name, history.tick_at(due.passed), history.tick()))
      continue;
    if (spec.kind == TargetSpec::kQueue || spec.kind == TargetSpec::kFunction)
      expect_occurrence(token_of(due.at, due.rule, id), {spec}, due.at, true, 0);
  }
}

void Auditor::confirm_schedule(const Due& due, const ScheduleSpec& spec) {
  const std::string way = schedule_way(due.rule, spec.epoch);
  expect_occurrence(token_of(due.at, way, spec.target.name), {spec.target}, due.at, true, 0);
}

void Auditor::schedule_completed(const std::string& name, const ScheduleSpec& spec) {
  // Its message was in the commit that deleted it.
  if (spec.kind == ScheduleSpec::kAt && spec.target.kind == TargetSpec::kQueue)
    must_have_fired_.insert({schedule_way(name, spec.epoch), spec.at});
}

// One-time schedules are made up for, whatever the daemon was doing when they came due.
void Auditor::conclude_schedules() {
  constexpr Duration kLongAgo = std::chrono::minutes(10);
  for (const auto& [name, schedule] : schedules.schedules()) {
    const ScheduleSpec& spec = schedule.spec.latest();
    if (!schedule.spec.settled() || !spec.exists || !spec.enabled || spec.kind != ScheduleSpec::kAt) continue;
    if (spec.target.kind == TargetSpec::kQueue && spec.at + kLongAgo < history.now())
      must_have_fired_.insert({schedule_way(name, spec.epoch), spec.at});
  }
  // What is found a day late is too old: a daemon that is down for so long drops it.
  constexpr Duration kTooOld = std::chrono::hours(24);
  for (const auto& [way, at] : must_have_fired_)
    if (!fired_.contains({way, at}) && history.latest_since(0) < at + kTooOld)
      return history.fail("schedule " + way + " was never fired for " + format_iso_seconds(at));
}

}  // namespace eventbus::simulation
