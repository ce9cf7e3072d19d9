#pragma once

#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/rng.h"
#include "bus/recurrence.h"
#include "bus/schedule_limits.h"
#include "bus/schedule_records.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// A schedule as it is at one moment; immutable.
struct ScheduleEntry {
  ScheduleKey key;
  ScheduleRecord record;
  std::optional<Recurrence> recurrence;  // none: its time zone is gone from the system's database

  std::string arn() const { return schedule_arn(key); }
};

struct ScheduleGroupEntry {
  ScheduleGroupKey key;
  ScheduleGroupRecord record;  // without times of the default group, which was never created

  std::string arn() const { return schedule_group_arn(key); }
};

// One occurrence on its way to the target.
struct DueSchedule {
  std::shared_ptr<const ScheduleEntry> schedule;
  TimePoint scheduled_at;  // as the expression says
  TimePoint fire_at;       // somewhere in the flexible window from there on
  bool too_old = false;    // a one-time schedule found so late that its event's age is over
  bool held_back = false;  // there was no room for it when it was looked at before
};

// Schedule groups and schedules: stored in the Catalog and read from it once, at start; from then on memory is what
// everybody reads, and it changes only after the commit that made a change durable. Also knows which schedule comes due
// next: occurrences are kept in order, one of each schedule, so that ten thousand schedules cost one timer.
//
// How an occurrence that is found late is dealt with (the daemon was down, its machine slept, the disk was full):
//   by no more than kLateMax, or within its flexible window   it is fired
//   of a one-time schedule                                    it is fired as long as its event would not be too old
//                                                             (MaximumEventAgeInSeconds, counted from when it was due),
//                                                             and is a dead letter after that
//   of any other                                              it is left out; the schedule goes on with its next one
// What is late because there was no room for it (fire_due) is held to the same, but that nothing of it is left out in
// silence: it counts as too old when its time is over.
//
// Safe to call from any thread. Errors carry AWS's words. kInvalid: the request; kNotFound; kConflict: exists already;
// kLimit; kUnavailable: storage did not take it and nothing has changed.
//
// Stored documents (formats: bus/schedule_records.cpp):
//   schedule-group/<account>/<region>/<group>
//   schedule/<account>/<region>/<group>/<name>
//   schedule-progress/<account>/<region>/<group>/<name>   {"version":1,"last":ms}: the last occurrence that was fired
class ScheduleCatalog {
 public:
  static constexpr Duration kLateMax = std::chrono::minutes(1);
  static constexpr Duration kHeldBackMin = std::chrono::seconds(1), kHeldBackMaxAtFirst = std::chrono::seconds(5);
  static constexpr Duration kHeldBackMax = std::chrono::minutes(1);
  static constexpr std::string_view kDefaultGroup = "default";

  using Schedule = std::shared_ptr<const ScheduleEntry>;
  using Group = std::shared_ptr<const ScheduleGroupEntry>;

  struct Dependencies {
    Storage& storage;
    Clock& clock;
    Rng& rng;
    spdlog::logger& log;
  };
  ScheduleCatalog(Dependencies dependencies, ScheduleLimits limits);

  // Reads everything stored. Called once, before anything else. kInternal names the document that cannot be read.
  Result<void> load();
  // Called when something may come due earlier than before. Set once, before requests are served; from any thread.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

  // ---- Groups (schedule_catalog_groups.cpp). All but the default one, which is always there, can be made and deleted.

  // The ARN. The same again with the same client token succeeds.
  asio::awaitable<Result<std::string>> create_group(ScheduleGroupKey key, Tags tags, std::string client_token);
  // With all its schedules, in one commit: there is no moment at which it is DELETING.
  asio::awaitable<Result<void>> delete_group(ScheduleGroupKey key);
  asio::awaitable<Result<void>> tag_group(ScheduleGroupKey key, Tags tags);
  asio::awaitable<Result<void>> untag_group(ScheduleGroupKey key, std::vector<std::string> keys);
  Result<Group> group(const ScheduleGroupKey& key) const;
  std::vector<Group> groups(const Scope& scope) const;  // by name

  // ---- Schedules. Settings have passed check_schedule().

  asio::awaitable<Result<std::string>> create(ScheduleKey key, ScheduleSettings settings, std::string client_token);
  // Replaces all of it. A schedule whose times stay the same goes on as it was.
  asio::awaitable<Result<std::string>> update(ScheduleKey key, ScheduleSettings settings);
  asio::awaitable<Result<void>> erase(ScheduleKey key);
  Result<Schedule> schedule(const ScheduleKey& key) const;
  std::vector<Schedule> schedules(const Scope& scope) const;  // by group and name
  std::size_t size() const;

  // ---- What comes due

  std::optional<TimePoint> earliest() const;
  // Adds what an occurrence brings to the commit that says that it was fired. False: there is no room for it now, and
  // it has added nothing.
  using Fire = std::function<bool(const DueSchedule& due, Commit& commit)>;
  struct Fired {
    std::vector<DueSchedule> fired;  // in order, too old ones among them
    std::size_t skipped = 0;         // schedules that left something out
    std::size_t held_back = 0;       // occurrences there was no room for
  };
  // Fires what is due now, at most `count_max`, in one commit: what `fire` adds and the fact that it was fired are
  // there together or not at all. A schedule that is complete and wants it is deleted in the same commit. What there is
  // no room for stays due, and is looked at again: every few seconds as long as it is not late, every minute then.
  asio::awaitable<Result<Fired>> fire_due(std::size_t count_max, Fire fire);

 private:
  struct Slot {
    Schedule entry;
    std::optional<TimePoint> last;  // fired, or passed over
    struct Due {
      TimePoint scheduled_at, fire_at;
      TimePoint look_at;  // fire_at, or later when it was held back
      bool held_back = false;
    };
    std::optional<Due> due;
  };
  struct Decision {
    enum Kind { kFire, kTooOld, kSkip } kind = kFire;
  };
  using Slots = std::map<ScheduleKey, Slot>;

  std::optional<DueSchedule> due_of(const Slot& slot) const;
  static Decision decide(const DueSchedule& due, TimePoint now);
  // Under mutex_:
  std::optional<TimePoint> next_of(const Slot& slot) const;
  void set_due(Slots::iterator slot, std::optional<TimePoint> scheduled_at);
  void hold_back(Slots::iterator slot, TimePoint now);
  void put(ScheduleEntry entry, std::optional<TimePoint> last);
  void remove(const ScheduleKey& key);
  bool has_group(const ScheduleGroupKey& key) const;

  Result<void> load_groups();
  Result<void> load_schedules();
  asio::awaitable<Result<void>> commit(Commit commit);
  asio::awaitable<Result<void>> put_group(ScheduleGroupEntry entry);
  Error no_group(const ScheduleGroupKey& key) const;
  void changed() const {
    if (changed_) changed_();
  }

  Dependencies dependencies_;
  const ScheduleLimits limits_;
  std::function<void()> changed_;
  AsyncMutex mutation_;  // held by the one change in progress
  mutable std::mutex mutex_;
  std::map<ScheduleGroupKey, Group> groups_;              // under mutex_
  Slots slots_;                                           // under mutex_
  std::set<std::pair<TimePoint, ScheduleKey>> in_order_;  // by look_at; under mutex_
};

}  // namespace eventbus
