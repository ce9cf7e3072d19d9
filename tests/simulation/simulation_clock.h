#pragma once

#include "base/clock.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace eventbus::simulation {

// The wall clock and the steady clock of a simulated machine. Sleepers behave as SystemClock's do: a sleep is a steady
// timer of an hour at most, so a wall clock that is set is noticed late, or at once when the jump is `noticed` (a
// machine that was suspended). Everything happens in one order for one history. One thread.
class SimulationClock final : public Clock {
 public:
  explicit SimulationClock(TimePoint start) : now_(start) {}

  TimePoint now() const override { return now_; }
  asio::awaitable<void> sleep_until(TimePoint when) override;

  // Until so much time has passed, whatever happens to the wall clock: what a disk or another machine takes.
  asio::awaitable<void> sleep_for(Duration time);

  // Steady: time that has passed since the beginning, whatever happened to the wall clock.
  Duration passed() const { return passed_; }
  // When the next sleeper wakes, in time passed.
  std::optional<Duration> next_wake() const;
  // Lets time pass until then; sleepers wake in the order of their times.
  void pass_until(Duration passed);
  // Sets the wall clock.
  void jump(Duration by, bool noticed);

  // From now on nobody sleeps (the end of a process), until they may again.
  void wake_for_good();
  void let_sleep() { sleepless_ = false; }

 private:
  using Key = std::pair<Duration, std::uint64_t>;  // when it looks, and the order in which they came
  struct Sleeper {
    std::optional<TimePoint> until;  // none: it wakes when it looks
    asio::any_io_executor executor;
    asio::any_completion_handler<void()> resume;
  };
  using Sleepers = std::map<Key, Sleeper>;

  asio::awaitable<void> sleep(Duration look_at, std::optional<TimePoint> until);
  Duration look_at(TimePoint until) const;
  void wake(Sleepers::iterator sleeper);
  void cancel(std::uint64_t id);

  TimePoint now_;
  Duration passed_{0};
  bool sleepless_ = false;
  std::uint64_t last_id_ = 0;
  Sleepers sleepers_;
};

}  // namespace eventbus::simulation
