#include "base/async_mutex.h"

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <deque>
#include <mutex>

namespace eventbus {

namespace {

struct Waiter {
  asio::any_io_executor executor;  // of the waiting coroutine
  asio::any_completion_handler<void()> resume;
};

}  // namespace

struct AsyncMutex::State {
  std::mutex mutex;
  bool held = false;
  std::deque<Waiter> waiters;
};

namespace {

void resume(Waiter waiter) {
  asio::post(waiter.executor, [resume = std::move(waiter.resume)]() mutable { std::move(resume)(); });
}

}  // namespace

AsyncMutex::AsyncMutex() : state_(std::make_unique<State>()) {}
AsyncMutex::~AsyncMutex() = default;

asio::awaitable<AsyncMutex::Guard> AsyncMutex::lock() {
  {
    std::lock_guard lock(state_->mutex);
    if (!std::exchange(state_->held, true)) co_return Guard(this);
  }
  State& state = *state_;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto wait = [&state, executor](auto handler) {
    std::unique_lock lock(state.mutex);
    if (state.held) {
      state.waiters.push_back({executor, std::move(handler)});
      return;
    }
    state.held = true;
    lock.unlock();
    resume({executor, std::move(handler)});
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(wait, asio::use_awaitable);
  co_return Guard(this);
}

void AsyncMutex::unlock() {
  std::unique_lock lock(state_->mutex);
  if (state_->waiters.empty()) {
    state_->held = false;
    return;
  }
  Waiter next = std::move(state_->waiters.front());
  state_->waiters.pop_front();
  lock.unlock();
  resume(std::move(next));  // `held` stays true: ownership passes on
}

}  // namespace eventbus
