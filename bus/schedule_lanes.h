#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/lane_directory.h"
#include "bus/reset.h"
#include "bus/schedule_records.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace eventbus {

// The outbox lanes of schedules: one for each target, as schedules define it, that anything has been fired at lately.
// Schedules with the same target (its ARN, role, parameters and retry policy) share a lane; input, message group and
// dead-letter queue travel with each delivery. So a dead target holds up nobody but its own schedules, ten thousand
// schedules of one function need one lane, and what waits is delivered whatever becomes of its schedule.
//
// A lane is made in the commit that first needs it, and dropped when it has been empty for kKeptEmpty. It stays known
// when that commit fails: the disk may have it after all, with what it holds. One that is being dropped is given to
// nobody any more: whoever needs it meanwhile makes another. Safe to call from any thread.
//
// Stored documents: schedule-lane/<account>/<region>/<lane>   {"version":1,"lane":…,"target":<AWS's Target>}
class ScheduleLanes final : public LaneDirectory {
 public:
  static constexpr Duration kKeptEmpty = std::chrono::minutes(10);

  ScheduleLanes(Storage& storage, Clock& clock) : storage_(storage), clock_(clock) {}

  Result<void> load();

  // The lane of a target, for a delivery in this commit; adds the lane to the commit unless it is known to be stored.
  // Then settle() says what came of the commit, or withdraw() that there will be none: once for each prepare().
  QueueId prepare(const Scope& scope, const Target& target, Commit& commit);
  void settle(std::span<const QueueId> lanes, bool committed);
  void withdraw(std::span<const QueueId> lanes);

  // Ends what is empty and has been unused for long. kUnavailable.
  asio::awaitable<Result<void>> drop_idle();
  // Throws away what waits in a lane; how much that was. kNotFound: no lane of schedules; kUnavailable.
  asio::awaitable<Result<std::uint64_t>> discard(QueueId lane);
  // The lanes of these accounts, with all that waits in them. Whoever may fire into them has been reset before.
  asio::awaitable<Result<std::size_t>> reset(ResetScope scope);

  std::vector<QueueId> lanes() const override;
  std::shared_ptr<const LaneTarget> lane(QueueId lane) const override;
  LogConfig log_config(const Scope&, std::string_view) const override { return {}; }

 private:
  struct Lane {
    std::shared_ptr<const LaneTarget> target;
    std::string definition;
    TimePoint used_at;
    bool stored = false;      // for certain, not only about to be made
    bool submitted = false;   // perhaps stored
    std::size_t commits = 0;  // under way that use it
  };
  using Definition = std::pair<Scope, std::string>;

  void retire(QueueId id, const Lane& lane);          // under mutex_: nobody is given it any more
  void erase(QueueId id);                             // under mutex_
  Lane& add(Scope scope, Target target, QueueId id);  // under mutex_
  asio::awaitable<Result<void>> drop(std::vector<QueueId> lanes);

  Storage& storage_;
  Clock& clock_;
  mutable std::mutex mutex_;
  std::map<QueueId, Lane> lanes_;                // under mutex_
  std::map<Definition, QueueId> by_definition_;  // under mutex_
};

// The lanes of rules and those of schedules as one directory.
class JoinedLanes final : public LaneDirectory {
 public:
  JoinedLanes(const LaneDirectory& of_rules, const LaneDirectory& of_schedules)
      : of_rules_(of_rules), of_schedules_(of_schedules) {}

  std::shared_ptr<const LaneTarget> lane(QueueId lane) const override {
    if (std::shared_ptr<const LaneTarget> found = of_rules_.lane(lane)) return found;
    return of_schedules_.lane(lane);
  }
  std::vector<QueueId> lanes() const override {
    std::vector<QueueId> all = of_rules_.lanes();
    const std::vector<QueueId> more = of_schedules_.lanes();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  LogConfig log_config(const Scope& scope, std::string_view bus) const override {
    return of_rules_.log_config(scope, bus);
  }

 private:
  const LaneDirectory& of_rules_;
  const LaneDirectory& of_schedules_;
};

}  // namespace eventbus
