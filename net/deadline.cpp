#include "net/deadline.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace eventbus::net {

struct Deadline::State {
  std::function<void()> expired;  // empty: over
  asio::cancellation_signal cancel;
};

Deadline::Deadline(const asio::any_io_executor& executor, Clock& clock, TimePoint when, std::function<void()> expired)
    : state_(std::make_shared<State>()) {
  state_->expired = std::move(expired);
  asio::co_spawn(
      executor, watch(state_, clock, when),
      asio::bind_cancellation_slot(state_->cancel.slot(), [state = state_](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      }));
}

Deadline::~Deadline() { state_->expired = nullptr; }

void Deadline::stop() {
  state_->expired = nullptr;
  state_->cancel.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> Deadline::watch(std::shared_ptr<State> state, Clock& clock, TimePoint when) {
  if (!state->expired) co_return;  // over before it began
  co_await clock.sleep_until(when);
  if (state->expired) std::exchange(state->expired, nullptr)();
}

}  // namespace eventbus::net
