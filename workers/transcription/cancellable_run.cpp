#include "workers/transcription/cancellable_run.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

namespace eventbus::transcription {

struct CancellableRun::State {
  asio::cancellation_signal signal;
  asio::steady_timer ended;  // never expires: cancelled at the end
  bool over = false;
  std::exception_ptr failure;

  explicit State(const asio::any_io_executor& executor) : ended(executor, asio::steady_timer::time_point::max()) {}
};

namespace {

// Cancellation ends waits, it does not throw.
asio::awaitable<void> without_throwing(asio::awaitable<void> work) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(work);
}

}  // namespace

asio::awaitable<void> CancellableRun::run(asio::awaitable<void> work) {
  const auto executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<State>(executor);
  state_ = state;
  asio::co_spawn(executor, without_throwing(std::move(work)),
                 asio::bind_cancellation_slot(state->signal.slot(), [state](std::exception_ptr failure) {
                   state->over = true;
                   state->failure = std::move(failure);
                   state->ended.cancel();
                 }));
  if (cancelled_) asio::post(executor, [state] { state->signal.emit(asio::cancellation_type::terminal); });
  while (!state->over) co_await state->ended.async_wait(asio::as_tuple(asio::use_awaitable));
  state_.reset();
  if (state->failure) std::rethrow_exception(state->failure);
}

void CancellableRun::cancel() {
  if (std::exchange(cancelled_, true)) return;
  if (state_) state_->signal.emit(asio::cancellation_type::terminal);
}

}  // namespace eventbus::transcription
