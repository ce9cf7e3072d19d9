#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <memory>

namespace eventbus::transcription {

namespace asio = boost::asio;

// A coroutine that can be told to end from outside: what it waits for receives asio's terminal cancellation, and goes
// on from there. One at a time; one thread.
class CancellableRun {
 public:
  // Completes when `work` has. Rethrows what it threw.
  asio::awaitable<void> run(asio::awaitable<void> work);
  // Also before run(): then it is cancelled as soon as it has begun.
  void cancel();
  bool cancelled() const { return cancelled_; }

 private:
  struct State;
  std::shared_ptr<State> state_;  // of the work that runs
  bool cancelled_ = false;
};

}  // namespace eventbus::transcription
