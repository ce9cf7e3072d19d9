#include "base/virtual_clock.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace eventbus {

VirtualClock::~VirtualClock() = default;

struct VirtualClock::Sleeper {
  std::shared_ptr<asio::steady_timer> timer;
  Sleepers::iterator place;  // in the list, at the moment it sleeps until; under mutex_
  Duration leniency{0};      // how much longer it may sleep when time is moved
  bool let_go = false;       // though its moment has not come; under mutex_
};

// A sleeper leaves the list however it ends: woken, cancelled, or destroyed with its io_context.
class VirtualClock::Registration {
 public:
  Registration(VirtualClock& clock, std::shared_ptr<Sleeper> self) : clock_(clock), self_(std::move(self)) {}
  ~Registration() {
    std::lock_guard lock(clock_.mutex_);
    clock_.sleepers_.erase(self_->place);
    ++clock_.activity_;
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  VirtualClock& clock_;
  const std::shared_ptr<Sleeper> self_;
};

TimePoint VirtualClock::now_locked() const { return frozen_ ? frozen_at_ : system_.now() + offset_; }

TimePoint VirtualClock::now() const {
  std::lock_guard lock(mutex_);
  return now_locked();
}

asio::awaitable<void> VirtualClock::sleep_until(TimePoint when) { return sleep_as(std::make_shared<Sleeper>(), when); }

asio::awaitable<void> VirtualClock::sleep_between(TimePoint earliest, TimePoint latest) {
  auto self = std::make_shared<Sleeper>();
  self->leniency = latest - earliest;
  return sleep_as(std::move(self), earliest);
}

asio::awaitable<void> VirtualClock::sleep_as(std::shared_ptr<Sleeper> self, TimePoint when) {
  // A running clock is looked at again at least hourly, and whenever it is moved.
  constexpr Duration kLongestNap = std::chrono::hours(1);
  const auto timer = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor);
  self->timer = timer;
  {
    std::lock_guard lock(mutex_);
    if (when <= now_locked()) co_return;
    self->place = sleepers_.emplace(when, self);
    ++activity_;
  }
  const Registration registration(*this, self);
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      const TimePoint now = now_locked();
      const TimePoint until = self->place->first;
      if (until <= now || self->let_go) co_return;
      // Armed under the lock: whoever moves the clock later finds it armed and cancels it.
      if (frozen_) {
        timer->expires_at(asio::steady_timer::time_point::max());
      } else {
        timer->expires_after(std::min(until - now, kLongestNap));
      }
    }
    co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
  }
}

std::optional<TimePoint> VirtualClock::next_stop_locked() const {
  std::optional<TimePoint> next;
  for (const auto& [until, sleeper] : sleepers_) {
    if (next && until >= *next) break;
    next = std::min(next.value_or(TimePoint::max()), until + sleeper->leniency);
  }
  return next;
}

void VirtualClock::wake_locked(TimePoint until) {
  const auto end = sleepers_.upper_bound(until);
  for (auto sleeper = sleepers_.begin(); sleeper != end; ++sleeper) {
    const std::shared_ptr<asio::steady_timer> timer = sleeper->second->timer;
    // On the sleeper's own executor, behind the arming that may be under way there.
    asio::post(timer->get_executor(), [timer] { timer->cancel(); });
  }
}

void VirtualClock::move_locked(TimePoint now) {
  if (frozen_) {
    frozen_at_ = now;
  } else {
    offset_ = now - system_.now();
  }
  ++activity_;
}

asio::awaitable<void> VirtualClock::advance_to(TimePoint target, Settle settle, std::function<bool()> go_on) {
  bool running = false;
  {
    std::lock_guard lock(mutex_);
    if (target <= now_locked()) co_return;
    running = !frozen_;
    frozen_at_ = now_locked();
    frozen_ = true;  // as long as we step
    for (const auto& [until, sleeper] : sleepers_) sleeper->let_go = sleeper->leniency > Duration(0);
    wake_locked(TimePoint::max());
  }
  co_await settle();
  for (bool arrived = false; !arrived && (!go_on || go_on());) {
    {
      std::lock_guard lock(mutex_);
      const TimePoint next = std::min(next_stop_locked().value_or(target), target);
      arrived = next == target;
      move_locked(std::max(next, frozen_at_));
      ++stops_;
      wake_locked(frozen_at_);
    }
    co_await settle();
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) break;
  }
  if (running) run();
}

void VirtualClock::put_off_sleepers_locked(Duration by) {
  Sleepers moved;
  for (const auto& [until, sleeper] : sleepers_) sleeper->place = moved.emplace(until + by, sleeper);
  sleepers_.swap(moved);
}

void VirtualClock::set(TimePoint now) {
  std::lock_guard lock(mutex_);
  if (const TimePoint before = now_locked(); now < before) put_off_sleepers_locked(now - before);
  move_locked(now);
  wake_locked(TimePoint::max());
}

void VirtualClock::freeze() {
  std::lock_guard lock(mutex_);
  if (frozen_) return;
  frozen_at_ = now_locked();
  frozen_ = true;
  wake_locked(TimePoint::max());
}

void VirtualClock::run() {
  std::lock_guard lock(mutex_);
  if (!frozen_) return;
  offset_ = frozen_at_ - system_.now();
  frozen_ = false;
  wake_locked(TimePoint::max());
}

VirtualClock::State VirtualClock::state() const {
  std::lock_guard lock(mutex_);
  State state{now_locked(), frozen_, sleepers_.size(), std::nullopt, stops_};
  if (!sleepers_.empty()) state.next_wake = sleepers_.begin()->first;
  return state;
}

std::uint64_t VirtualClock::activity() const {
  std::lock_guard lock(mutex_);
  return activity_;
}

}  // namespace eventbus
