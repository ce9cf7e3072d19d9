#include "workers/transcription/visibility_heartbeat.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace eventbus::transcription {

struct VisibilityHeartbeat::State {
  JobQueue& queue;
  Clock& clock;
  std::shared_ptr<Lease> lease;
  Duration visibility;
  std::function<void()> lost;
  asio::cancellation_signal cancel;
  bool running = false, stopping = false;
  std::unique_ptr<asio::steady_timer> ended;  // never expires: cancelled at the end

  void lose() {
    lease->lost = true;
    if (!stopping && lost) std::exchange(lost, nullptr)();
  }
};

VisibilityHeartbeat::VisibilityHeartbeat(JobQueue& queue, Clock& clock, std::shared_ptr<Lease> lease,
                                         Duration visibility, std::function<void()> lost)
    : state_(new State{queue, clock, std::move(lease), visibility, std::move(lost), {}, false, false, nullptr}) {}

VisibilityHeartbeat::~VisibilityHeartbeat() {
  state_->stopping = true;
  state_->lost = nullptr;
}

void VisibilityHeartbeat::start(const asio::any_io_executor& executor) {
  state_->running = true;
  state_->ended = std::make_unique<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
  asio::co_spawn(
      executor, beat(state_),
      asio::bind_cancellation_slot(state_->cancel.slot(), [state = state_](const std::exception_ptr& failure) {
        state->running = false;
        state->ended->cancel();
        if (failure) std::rethrow_exception(failure);
      }));
}

asio::awaitable<void> VisibilityHeartbeat::stop() {
  const std::shared_ptr<State> state = state_;
  state->stopping = true;
  // A sleep ends now. A call under way ends too, as a failure that nobody minds.
  if (state->running) state->cancel.emit(asio::cancellation_type::terminal);
  while (state->running) co_await state->ended->async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> VisibilityHeartbeat::beat(std::shared_ptr<State> state) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const TimePoint received = state->clock.now();
  const Duration pace = state->visibility / 3, pace_after_failure = std::max(state->visibility / 12, Duration(1));
  TimePoint ours_until = received + state->visibility;
  TimePoint next = received + pace;
  while (true) {
    co_await state->clock.sleep_until(next);
    if (state->stopping) co_return;
    const TimePoint now = state->clock.now();
    const Duration possible = std::min(state->visibility, received + kLongestHold - now);
    if (possible <= Duration(0) || now >= ours_until) co_return state->lose();
    std::string handle = state->lease->receipt_handle;
    const auto extended = co_await state->queue.change_visibility(handle, possible);
    if (state->stopping) co_return;
    if (extended) {
      ours_until = now + possible;
      next = now + pace;
    } else if (extended.error().code != ErrorCode::kUnavailable && handle == state->lease->receipt_handle) {
      co_return state->lose();
    } else {
      next = std::min(state->clock.now() + pace_after_failure, ours_until);
    }
  }
}

}  // namespace eventbus::transcription
