// What scheduled rules must do: once for each minute that their schedule names, as long as nothing comes between.

#include "bus/iso_time.h"
#include "tests/simulation/auditor.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace eventbus::simulation {

namespace {

// Of "cron(0/N * * * ? *)", the only form that the workload uses beside rates.
std::optional<int> minutes_of_cron(std::string_view schedule) {
  constexpr std::string_view kBefore = "cron(0/";
  if (!schedule.starts_with(kBefore)) return std::nullopt;
  int minutes = 0;
  std::from_chars(schedule.data() + kBefore.size(), schedule.data() + schedule.size(), minutes);
  return minutes;
}

bool names(const std::string& schedule, TimePoint at) {
  const std::optional<int> minutes = minutes_of_cron(schedule);
  if (!minutes) return schedule.starts_with("rate(");
  const auto time = std::chrono::hh_mm_ss(at - std::chrono::floor<std::chrono::days>(at));
  return time.minutes().count() % *minutes == 0 && time.seconds().count() == 0 && time.subseconds().count() == 0;
}

struct Occurrence {
  TimePoint at;
  std::string rule, target;
};

// Of "@time/rule/target".
std::optional<Occurrence> occurrence_in(std::string_view token) {
  const std::size_t first = token.find('/'), last = token.rfind('/');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const std::optional<TimePoint> at = parse_iso_time(token.substr(1, first - 1));
  if (!at) return std::nullopt;
  return Occurrence{*at, std::string(token.substr(first + 1, last - first - 1)), std::string(token.substr(last + 1))};
}

}  // namespace

// An occurrence has been seen. False: it should not have been.
bool Auditor::meet_occurrence(const std::string& token) {
  const std::optional<Occurrence> occurrence = occurrence_in(token);
  if (!occurrence || !rules.rules().contains(occurrence->rule)) {
    history.fail("an occurrence of nothing: " + token);
    return false;
  }
  const auto possible = rules.rule(occurrence->rule).spec.possible(0, history.tick());
  std::vector<TargetSpec> specs;
  for (const RuleSpec* spec : possible) {
    const auto target = spec->targets.find(occurrence->target);
    if (!spec->exists || !spec->enabled || target == spec->targets.end() || !names(spec->schedule, occurrence->at))
      continue;
    specs.push_back(target->second);
  }
  const bool any = !specs.empty();
  if (any) expect_occurrence(token, specs, occurrence->at, false);
  if (!any) history.fail("no schedule names this: " + token);
  if (occurrence->at > history.now() && history.jumps() == 0) history.fail("it is not due yet: " + token);
  return any;
}

void Auditor::expect_occurrence(const std::string& token, const std::vector<TargetSpec>& specs, TimePoint at,
                                bool must) {
  const TargetSpec& spec = specs.front();
  // Storage that fails in doubt has the scheduler try again; a clock that is set back has it come by once more.
  const unsigned extra = (history.outages() > 0 ? 20 : 0) + (history.jumps() > 0 ? 20 : 0);
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
  }
  if (must) ++occurrences_;
}

// Notes what becomes due, and confirms it when the storm that could have swallowed it has not come.
void Auditor::look_at_schedules() {
  constexpr Duration kMinute = std::chrono::minutes(1);
  const TimePoint minute = std::chrono::floor<std::chrono::minutes>(history.now());
  if (minute != schedules_seen_) {
    schedules_seen_ = minute;
    // We are here at its beginning, and have not been before: what was done does not come again with a clock set back.
    const bool fresh = history.now() - minute < Duration(1'000) && !history.was_beyond(minute);
    for (const auto& [name, rule] : rules.rules()) {
      if (!fresh || !rule.spec.settled() || rule.spec.latest().schedule.empty()) continue;
      const RuleSpec& spec = rule.spec.latest();
      if (!spec.exists || !spec.enabled || !minutes_of_cron(spec.schedule) || !names(spec.schedule, minute)) continue;
      due_.push_back({name, spec, minute, history.passed(), history.tick()});
    }
  }
  std::vector<Due> later;
  for (Due& due : due_) {
    if (history.passed() < due.passed + 2 * kMinute) {
      later.push_back(std::move(due));
    } else {
      confirm(due);
    }
  }
  due_ = std::move(later);
}

void Auditor::confirm(const Due& due) {
  constexpr Duration kMargin = std::chrono::minutes(3);
  if (!history.undisturbed_since(due.passed - kMargin)) return;
  const RuleBook::Rule& rule = rules.rule(due.rule);
  for (const auto& [id, spec] : due.spec.targets) {
    // The very same rule from well before until now; who changes a rule changes when it is looked at.
    const auto possible = rule.spec.possible(history.tick_at(due.passed - kMargin), history.tick());
    if (possible.size() != 1 || *possible.front() != due.spec) return;
    const std::string token = "@" + format_iso_seconds(due.at) + "/" + due.rule + "/" + id;
    if (spec.kind == TargetSpec::kQueue && queues.may_miss(spec.name, history.tick_at(due.passed), history.tick()))
      continue;
    if (spec.kind == TargetSpec::kQueue || spec.kind == TargetSpec::kFunction)
      expect_occurrence(token, {spec}, due.at, true);
  }
}

}  // namespace eventbus::simulation
