#include "tests/simulation/simulation_clock.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <vector>

namespace eventbus::simulation {

asio::awaitable<void> SimulationClock::sleep_until(TimePoint when) {
  if (when > now_) co_await sleep(look_at(when), when);
}

asio::awaitable<void> SimulationClock::sleep_for(Duration time) {
  if (time > Duration(0)) co_await sleep(passed_ + time, std::nullopt);
}

asio::awaitable<void> SimulationClock::sleep(Duration look_at, std::optional<TimePoint> until) {
  auto initiate = [this, look_at, until](auto handler) {
    asio::any_io_executor executor = asio::get_associated_executor(handler);
    if (sleepless_) {
      asio::post(executor, std::move(handler));
      return;
    }
    auto slot = asio::get_associated_cancellation_slot(handler);
    const std::uint64_t id = ++last_id_;
    sleepers_.emplace(Key{look_at, id},
                      Sleeper{until, executor, asio::any_completion_handler<void()>(std::move(handler))});
    if (slot.is_connected()) slot.assign([this, id](asio::cancellation_type) { cancel(id); });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
}

Duration SimulationClock::look_at(TimePoint until) const {
  constexpr Duration kLongestNap = std::chrono::hours(1);
  return passed_ + std::clamp(until - now_, Duration(0), kLongestNap);
}

std::optional<Duration> SimulationClock::next_wake() const {
  if (sleepers_.empty()) return std::nullopt;
  return sleepers_.begin()->first.first;
}

void SimulationClock::pass_until(Duration passed) {
  if (passed > passed_) {
    now_ += passed - passed_;
    passed_ = passed;
  }
  while (!sleepers_.empty() && sleepers_.begin()->first.first <= passed_) {
    const auto sleeper = sleepers_.begin();
    if (!sleeper->second.until || *sleeper->second.until <= now_) {
      wake(sleeper);
      continue;
    }
    // The end of a nap, or the wall clock was set back: it sleeps on.
    auto node = sleepers_.extract(sleeper);
    node.key() = Key{look_at(*node.mapped().until), node.key().second};
    sleepers_.insert(std::move(node));
  }
}

void SimulationClock::jump(Duration by, bool noticed) {
  now_ += by;
  if (!noticed) return;
  std::vector<Sleepers::iterator> due;
  for (auto sleeper = sleepers_.begin(); sleeper != sleepers_.end(); ++sleeper)
    if (sleeper->second.until && *sleeper->second.until <= now_) due.push_back(sleeper);
  std::ranges::stable_sort(due, {}, [](const auto& sleeper) { return sleeper->second.until; });
  for (const auto& sleeper : due) wake(sleeper);
}

void SimulationClock::wake(Sleepers::iterator sleeper) {
  auto node = sleepers_.extract(sleeper);
  asio::post(node.mapped().executor, [resume = std::move(node.mapped().resume)]() mutable { std::move(resume)(); });
}

void SimulationClock::cancel(std::uint64_t id) {
  const auto sleeper = std::ranges::find_if(sleepers_, [id](const auto& each) { return each.first.second == id; });
  if (sleeper != sleepers_.end()) wake(sleeper);
}

void SimulationClock::wake_for_good() {
  sleepless_ = true;
  while (!sleepers_.empty()) wake(sleepers_.begin());
}

}  // namespace eventbus::simulation
