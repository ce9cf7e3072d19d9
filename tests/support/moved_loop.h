#pragma once

#include "base/virtual_clock.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <utility>

namespace eventbus::testing {

// The event loop of a fixture whose time is a virtual clock that the test moves; one thread. What still sleeps when it
// is destroyed ends there: a fixture declares it behind everything that coroutines on it use, as its last member.
class MovedLoop {
 public:
  explicit MovedLoop(VirtualClock& clock) : clock_(clock) {}

  // Runs beside the test from here on; `end` cancels it. It must not throw.
  void spawn(asio::awaitable<void> work, asio::cancellation_signal& end) {
    const auto ended = [](std::exception_ptr thrown) { EXPECT_EQ(thrown, nullptr); };
    asio::co_spawn(io_, std::move(work), asio::bind_cancellation_slot(end.slot(), ended));
    poll();
  }
  void cancel(asio::cancellation_signal& end) {
    end.emit(asio::cancellation_type::terminal);
    poll();
  }
  // Everything that is ready runs.
  void poll() {
    io_.poll();
    io_.restart();
  }
  // Moves the clock, and calls `at_stop` wherever it stops, when what was due there is done.
  void advance(Duration by, const std::function<void()>& at_stop = nullptr) {
    VirtualClock::Settle settle = [&at_stop] { return settled(at_stop); };
    asio::co_spawn(io_, clock_.advance_to(clock_.now() + by, std::move(settle)),
                   [this](std::exception_ptr) { io_.stop(); });
    io_.run();
    io_.restart();
  }

 private:
  // When our turn comes again, everything that was ready has run. Long chains need more turns.
  static asio::awaitable<void> settled(const std::function<void()>& at_stop) {
    for (int turn = 0; turn < 20; ++turn) co_await asio::post(asio::use_awaitable);
    if (at_stop) at_stop();
  }

  VirtualClock& clock_;
  asio::io_context io_{1};
};

}  // namespace eventbus::testing
