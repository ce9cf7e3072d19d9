#include "bus/schedule_catalog.h"

#include "base/log_value.h"
#include "bus/schedule_rules.h"

#include <boost/asio/this_coro.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <spdlog/logger.h>

#include <algorithm>

namespace eventbus {

namespace {

std::string scope_path(const Scope& scope) { return scope.account + "/" + scope.region + "/"; }
std::string name_path(const ScheduleKey& key) { return scope_path(key.group.scope) + key.group.name + "/" + key.name; }
std::string schedule_path(const ScheduleKey& key) { return "schedule/" + name_path(key); }
std::string progress_path(const ScheduleKey& key) { return "schedule-progress/" + name_path(key); }

std::string progress(TimePoint last) {
  return R"({"version":1,"last":)" + std::to_string(last.time_since_epoch().count()) + "}";
}

std::optional<TimePoint> decode_progress(std::string_view document) {
  boost::system::error_code failure;
  const boost::json::value value =
      boost::json::parse(boost::json::string_view(document.data(), document.size()), failure);
  if (failure || !value.is_object()) return std::nullopt;
  const boost::json::value* last = value.get_object().if_contains("last");
  if (!last || !last->is_int64()) return std::nullopt;
  return TimePoint(Duration(last->get_int64()));
}

// The parts of "kind/account/region/rest".
struct Path {
  Scope scope;
  std::string rest;
};
std::optional<Path> parse_path(std::string_view path) {
  const std::size_t account = path.find('/') + 1;
  const std::size_t region = path.find('/', account) + 1;
  const std::size_t rest = region == 0 ? 0 : path.find('/', region) + 1;
  if (account == 0 || region == 0 || rest == 0) return std::nullopt;
  return Path{
      {std::string(path.substr(account, region - account - 1)), std::string(path.substr(region, rest - region - 1))},
      std::string(path.substr(rest))};
}

Error damaged(std::string_view path, std::string_view why) {
  return internal("catalog key \"" + std::string(path) + "\": " + std::string(why));
}

Error no_schedule(const ScheduleKey& key) { return not_found("Schedule " + key.name + " does not exist."); }

// Who asks twice for the same gets the same answer.
bool same_request(const ScheduleRecord& made, ScheduleRecord wanted) {
  if (made.client_token.empty() || made.client_token != wanted.client_token) return false;
  wanted.created_at = made.created_at;
  wanted.modified_at = made.modified_at;
  wanted.anchor = made.anchor;
  wanted.counted_from = made.counted_from;
  return encode(made) == encode(wanted);
}

Duration age_max(const ScheduleSettings& settings) {
  constexpr std::int64_t kDefaultSeconds = 86'400;
  const auto& retry = settings.target.retry;
  return std::chrono::seconds(retry ? retry->event_age_seconds_max.value_or(kDefaultSeconds) : kDefaultSeconds);
}

}  // namespace

ScheduleCatalog::ScheduleCatalog(Dependencies dependencies, ScheduleLimits limits)
    : dependencies_(dependencies), limits_(limits) {}

// ---- Reading what is stored ----

Result<void> ScheduleCatalog::load() {
  TRY_VOID(load_groups());
  return load_schedules();
}

Result<void> ScheduleCatalog::load_groups() {
  const std::lock_guard lock(mutex_);
  for (const CatalogEntry& stored : dependencies_.storage.catalog().list("schedule-group/")) {
    const std::optional<Path> path = parse_path(stored.key);
    if (!path) return damaged(stored.key, "not a key of a schedule group");
    Result<ScheduleGroupRecord> record = decode_schedule_group(stored.value);
    if (!record) return damaged(stored.key, record.error().message);
    ScheduleGroupKey key{path->scope, record->name};
    groups_[key] = std::make_shared<ScheduleGroupEntry>(ScheduleGroupEntry{key, *std::move(record)});
  }
  return {};
}

Result<void> ScheduleCatalog::load_schedules() {
  const TimePoint now = dependencies_.clock.now();
  std::size_t recurring_late = 0, once_late = 0;
  const std::lock_guard lock(mutex_);
  for (const CatalogEntry& stored : dependencies_.storage.catalog().list("schedule/")) {
    const std::optional<Path> path = parse_path(stored.key);
    if (!path) return damaged(stored.key, "not a key of a schedule");
    Result<ScheduleRecord> record = decode_schedule(stored.value);
    if (!record) return damaged(stored.key, record.error().message);
    ScheduleKey key{{path->scope, record->group}, record->name};
    std::optional<TimePoint> last;
    if (const auto known = dependencies_.storage.catalog().get(progress_path(key)))
      last = decode_progress(known->value);
    std::optional<Recurrence> recurrence = recurrence_of(*record);
    if (!recurrence)
      dependencies_.log.error(
          "A schedule does not come due: the system's database has no such time zone. schedule={} time_zone={}",
          schedule_arn(key), log_value(record->settings.time_zone));
    put({key, *std::move(record), std::move(recurrence)}, last);
    const std::optional<DueSchedule> due = due_of(slots_.at(key));
    if (!due || due->scheduled_at > now) continue;
    const bool once = due->schedule->recurrence->is_one_time();
    if (once || decide(*due, now).kind != Decision::kSkip)
      ++once_late;
    else
      ++recurring_late;
  }
  if (!slots_.empty())
    dependencies_.log.info(
        "Schedules fire from now on. Of those that came due while the daemon was down, one-time schedules and flexible "
        "windows that are still open are late, and recurring ones go on with their next time. schedules={} late={} "
        "left_out={}",
        slots_.size(), once_late, recurring_late);
  return {};
}

// ---- In memory, under mutex_ ----

std::optional<TimePoint> ScheduleCatalog::next_of(const Slot& slot) const {
  const ScheduleRecord& record = slot.entry->record;
  if (!record.settings.enabled || !slot.entry->recurrence) return std::nullopt;
  if (slot.last) return slot.entry->recurrence->next(std::max(*slot.last, record.counted_from - Duration(1)));
  // A time that has passed already when its schedule is made is due at once.
  if (slot.entry->recurrence->is_one_time()) return slot.entry->recurrence->next(TimePoint::min());
  return slot.entry->recurrence->next(record.counted_from - Duration(1));
}

void ScheduleCatalog::set_due(Slots::iterator slot, std::optional<TimePoint> scheduled_at) {
  if (slot->second.due) in_order_.erase({slot->second.due->look_at, slot->first});
  slot->second.due = std::nullopt;
  if (!scheduled_at) return;
  TimePoint fire_at = *scheduled_at;
  const Duration window = slot->second.entry->record.settings.window.length();
  if (window > Duration(0))
    fire_at +=
        Duration(static_cast<Duration::rep>(dependencies_.rng.next_u64() % static_cast<std::uint64_t>(window.count())));
  slot->second.due = {*scheduled_at, fire_at, fire_at};
  in_order_.emplace(fire_at, slot->first);
}

// Often as long as it is not late, and when it becomes so.
void ScheduleCatalog::hold_back(Slots::iterator slot, TimePoint now) {
  Slot::Due& due = *slot->second.due;
  const TimePoint late = due.fire_at + kLateMax + Duration(1);
  due.held_back = true;
  due.look_at = now + kHeldBackMax;
  if (now < late) due.look_at = std::min(late, now + std::clamp(now - due.fire_at, kHeldBackMin, kHeldBackMaxAtFirst));
  in_order_.emplace(due.look_at, slot->first);
}

void ScheduleCatalog::put(ScheduleEntry entry, std::optional<TimePoint> last) {
  const ScheduleKey key = entry.key;
  const auto slot = slots_.try_emplace(key).first;
  slot->second.entry = std::make_shared<ScheduleEntry>(std::move(entry));
  slot->second.last = last;
  set_due(slot, next_of(slot->second));
}

void ScheduleCatalog::remove(const ScheduleKey& key) {
  const auto slot = slots_.find(key);
  if (slot == slots_.end()) return;
  set_due(slot, std::nullopt);
  slots_.erase(slot);
}

std::optional<DueSchedule> ScheduleCatalog::due_of(const Slot& slot) const {
  if (!slot.due) return std::nullopt;
  return DueSchedule{slot.entry, slot.due->scheduled_at, slot.due->fire_at, false, slot.due->held_back};
}

// ---- Changing ----

// A client that goes away must not part what is stored from what is in memory: nothing throws for a cancellation here.
asio::awaitable<Result<void>> ScheduleCatalog::commit(Commit commit) {
  Result<CommitReceipt> committed = co_await dependencies_.storage.commit(std::move(commit));
  if (!committed) co_return std::move(committed).error();
  co_return Result<void>();
}

asio::awaitable<Result<std::string>> ScheduleCatalog::create(ScheduleKey key, ScheduleSettings settings,
                                                             std::string client_token) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const AsyncMutex::Guard guard = co_await mutation_.lock();
  const TimePoint now = dependencies_.clock.now();
  ScheduleRecord record{key.name, key.group.name, std::move(settings), std::move(client_token), now, now, now, now};
  {
    const std::lock_guard lock(mutex_);
    if (!has_group(key.group)) co_return no_group(key.group);
    if (const auto known = slots_.find(key); known != slots_.end()) {
      if (same_request(known->second.entry->record, record)) co_return schedule_arn(key);
      co_return conflict("Schedule " + key.name + " already exists.");
    }
    const auto here = [&](const auto& slot) { return slot.first.group.scope == key.group.scope; };
    if (slots_.size() >= limits_.schedules &&
        static_cast<std::size_t>(std::ranges::count_if(slots_, here)) >= limits_.schedules)
      co_return limit_exceeded("The maximum number of schedules has been reached.");
  }
  Commit change;
  change.catalog.push_back({schedule_path(key), encode(record), std::nullopt});
  change.catalog.push_back({progress_path(key), std::nullopt, std::nullopt});  // of an earlier one of this name
  CO_TRY_VOID(co_await commit(std::move(change)));
  std::optional<Recurrence> recurrence = recurrence_of(record);
  {
    const std::lock_guard lock(mutex_);
    put({key, std::move(record), std::move(recurrence)}, std::nullopt);
  }
  changed();
  co_return schedule_arn(key);
}

asio::awaitable<Result<std::string>> ScheduleCatalog::update(ScheduleKey key, ScheduleSettings settings) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const AsyncMutex::Guard guard = co_await mutation_.lock();
  const TimePoint now = dependencies_.clock.now();
  std::optional<TimePoint> last;
  Schedule before;
  {
    const std::lock_guard lock(mutex_);
    if (!has_group(key.group)) co_return no_group(key.group);
    const auto slot = slots_.find(key);
    if (slot == slots_.end()) co_return no_schedule(key);
    before = slot->second.entry;
    last = slot->second.last;
  }
  ScheduleRecord record = before->record;
  record.modified_at = now;
  if (!settings.same_times(before->record.settings)) {
    record.anchor = record.counted_from = now;
    last = std::nullopt;
  } else if (settings.enabled && !before->record.settings.enabled) {
    record.counted_from = now;
  }
  record.settings = std::move(settings);
  Commit change;
  change.catalog.push_back({schedule_path(key), encode(record), std::nullopt});
  if (!last) change.catalog.push_back({progress_path(key), std::nullopt, std::nullopt});
  CO_TRY_VOID(co_await commit(std::move(change)));
  std::optional<Recurrence> recurrence = recurrence_of(record);
  {
    const std::lock_guard lock(mutex_);
    put({key, std::move(record), std::move(recurrence)}, last);
  }
  changed();
  co_return schedule_arn(key);
}

asio::awaitable<Result<void>> ScheduleCatalog::erase(ScheduleKey key) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const AsyncMutex::Guard guard = co_await mutation_.lock();
  {
    const std::lock_guard lock(mutex_);
    if (!has_group(key.group)) co_return no_group(key.group);
    if (!slots_.contains(key)) co_return no_schedule(key);
  }
  Commit change;
  change.catalog.push_back({schedule_path(key), std::nullopt, std::nullopt});
  change.catalog.push_back({progress_path(key), std::nullopt, std::nullopt});
  CO_TRY_VOID(co_await commit(std::move(change)));
  const std::lock_guard lock(mutex_);
  remove(key);
  co_return Result<void>();
}

Result<ScheduleCatalog::Schedule> ScheduleCatalog::schedule(const ScheduleKey& key) const {
  const std::lock_guard lock(mutex_);
  if (!has_group(key.group)) return no_group(key.group);
  const auto slot = slots_.find(key);
  if (slot == slots_.end()) return no_schedule(key);
  return slot->second.entry;
}

std::vector<ScheduleCatalog::Schedule> ScheduleCatalog::schedules(const Scope& scope) const {
  std::vector<Schedule> found;
  const std::lock_guard lock(mutex_);
  for (auto slot = slots_.lower_bound({{scope, ""}, ""}); slot != slots_.end() && slot->first.group.scope == scope;
       ++slot)
    found.push_back(slot->second.entry);
  return found;
}

std::size_t ScheduleCatalog::size() const {
  const std::lock_guard lock(mutex_);
  return slots_.size();
}

// ---- What comes due ----

std::optional<TimePoint> ScheduleCatalog::earliest() const {
  const std::lock_guard lock(mutex_);
  if (in_order_.empty()) return std::nullopt;
  return in_order_.begin()->first;
}

ScheduleCatalog::Decision ScheduleCatalog::decide(const DueSchedule& due, TimePoint now) {
  const ScheduleSettings& settings = due.schedule->record.settings;
  if (now <= due.fire_at + kLateMax || now <= due.scheduled_at + settings.window.length()) return {Decision::kFire};
  if (!due.schedule->recurrence->is_one_time()) return {due.held_back ? Decision::kTooOld : Decision::kSkip};
  const TimePoint age_from = std::max(due.scheduled_at, due.schedule->record.counted_from);
  return {now <= age_from + age_max(settings) ? Decision::kFire : Decision::kTooOld};
}

asio::awaitable<Result<ScheduleCatalog::Fired>> ScheduleCatalog::fire_due(std::size_t count_max, Fire fire) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const AsyncMutex::Guard guard = co_await mutation_.lock();
  const TimePoint now = dependencies_.clock.now();
  Fired result;
  struct Next {
    std::optional<TimePoint> scheduled_at;
    bool over = false;
  };
  std::vector<Next> next;
  std::vector<ScheduleKey> over;
  {
    const std::lock_guard lock(mutex_);
    while (!in_order_.empty() && in_order_.begin()->first <= now && result.fired.size() < count_max) {
      const auto slot = slots_.find(in_order_.begin()->second);
      DueSchedule due = *due_of(slot->second);
      const Decision decision = decide(due, now);
      const Recurrence& recurrence = *due.schedule->recurrence;
      if (decision.kind == Decision::kSkip) {
        // What is not late yet, or in a window that is still open, still counts.
        const Duration open = std::max(kLateMax, due.schedule->record.settings.window.length());
        Slot behind = slot->second;
        behind.last = std::max(due.scheduled_at, now - open - Duration(1));
        ++result.skipped;
        const std::optional<TimePoint> following = next_of(behind);
        if (!following && due.schedule->record.settings.delete_after_completion) {
          over.push_back(slot->first);
          in_order_.erase(in_order_.begin());  // put back below, if the storage does not take it
          continue;
        }
        slot->second.last = behind.last;
        set_due(slot, following);
        continue;
      }
      due.too_old = decision.kind == Decision::kTooOld;
      next.push_back({recurrence.next(due.scheduled_at)});
      next.back().over = !next.back().scheduled_at && due.schedule->record.settings.delete_after_completion;
      result.fired.push_back(std::move(due));
      in_order_.erase(in_order_.begin());  // put back below, whatever happens
    }
  }
  Commit change;
  std::vector<bool> held_back(result.fired.size());
  for (std::size_t i = 0; i < result.fired.size(); ++i) {
    const DueSchedule& due = result.fired[i];
    held_back[i] = !fire(due, change);
    if (held_back[i]) continue;
    if (next[i].over)
      over.push_back(due.schedule->key);
    else
      change.catalog.push_back({progress_path(due.schedule->key), progress(due.scheduled_at), std::nullopt});
  }
  for (const ScheduleKey& key : over) {
    change.catalog.push_back({schedule_path(key), std::nullopt, std::nullopt});
    change.catalog.push_back({progress_path(key), std::nullopt, std::nullopt});
  }
  Result<void> committed;
  if (!change.empty()) committed = co_await commit(std::move(change));

  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < result.fired.size(); ++i) {
    const DueSchedule& due = result.fired[i];
    const auto slot = slots_.find(due.schedule->key);
    if (held_back[i]) {
      hold_back(slot, now);
      continue;
    }
    if (!committed) {
      in_order_.emplace(slot->second.due->look_at, slot->first);
      continue;
    }
    slot->second.last = due.scheduled_at;
    slot->second.due = std::nullopt;
    set_due(slot, next[i].scheduled_at);
  }
  for (const ScheduleKey& key : over) {
    const auto slot = slots_.find(key);
    if (committed)
      remove(key);
    else
      in_order_.emplace(slot->second.due->look_at, key);
  }
  if (!committed) co_return std::move(committed).error();
  std::vector<DueSchedule> fired;
  for (std::size_t i = 0; i < result.fired.size(); ++i)
    if (!held_back[i]) fired.push_back(std::move(result.fired[i]));
  result.held_back = result.fired.size() - fired.size();
  result.fired = std::move(fired);
  co_return result;
}

}  // namespace eventbus
