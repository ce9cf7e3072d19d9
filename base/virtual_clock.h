#pragma once

#include "base/clock.h"
#include "base/lenient_sleep.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace eventbus {

// A clock that can be frozen, set and moved forward while everything hangs on it. At first it runs beside the system's
// clock. Safe to call from any thread; one advance at a time (the caller sees to it).
//
// Moving forward is no jump: time stops at every moment for which somebody sleeps, in order, wakes those sleepers and
// waits until what they began is done. So a day of retries happens in the order and at the times of a real day. Lenient
// sleepers (base/lenient_sleep.h) wake where it stops anyway, so that a month does not take as many stops as it has
// minutes.
//
// Setting time back wakes nobody, and makes nobody sleep for longer: who had an hour left has an hour left. So
// sleep_until may end before its moment has come, once for each time that the clock was set back meanwhile.
class VirtualClock final : public Clock, public LenientSleep {
 public:
  explicit VirtualClock(Clock& system) : system_(system) {}
  ~VirtualClock() override;

  TimePoint now() const override;
  asio::awaitable<void> sleep_until(TimePoint when) override;
  asio::awaitable<void> sleep_between(TimePoint earliest, TimePoint latest) override;

  // Waits until nothing is left to do at the present moment.
  using Settle = std::function<asio::awaitable<void>()>;

  // Moves to `target` through every moment in between; a target that has passed changes nothing. Frozen or not it
  // stays. Returns early, at the moment reached, when cancelled or when `go_on`, if given, says no: it is asked at
  // every moment, once that is settled.
  asio::awaitable<void> advance_to(TimePoint target, Settle settle, std::function<bool()> go_on = nullptr);
  // Jumps, forward or back, and wakes who slept until the new now or earlier.
  void set(TimePoint now);
  void freeze();
  // Runs again, from the present moment.
  void run();

  struct State {
    TimePoint now;
    bool frozen = false;
    std::size_t sleepers = 0;
    std::optional<TimePoint> next_wake;
    std::uint64_t stops = 0;  // moments at which advances have stopped so far
  };
  State state() const;
  // Grows with every sleep that begins or ends: what settling watches.
  std::uint64_t activity() const;

 private:
  struct Sleeper;
  using Sleepers = std::multimap<TimePoint, std::shared_ptr<Sleeper>>;
  class Registration;

  asio::awaitable<void> sleep_as(std::shared_ptr<Sleeper> self, TimePoint when);
  TimePoint now_locked() const;
  void move_locked(TimePoint now);
  void put_off_sleepers_locked(Duration by);
  // The earliest moment that is not to be passed over.
  std::optional<TimePoint> next_stop_locked() const;
  // Lets sleepers of up to this moment look at the time again.
  void wake_locked(TimePoint until);

  Clock& system_;
  mutable std::mutex mutex_;
  bool frozen_ = false;
  TimePoint frozen_at_;  // of a frozen clock
  Duration offset_{0};   // of a running one, to the system's
  Sleepers sleepers_;    // by the moment they sleep until; of lenient ones the earliest
  std::uint64_t activity_ = 0, stops_ = 0;
};

}  // namespace eventbus
