#pragma once

#include "base/clock.h"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace eventbus::net {

// Calls `expired` once when the clock reaches a moment, unless stopped before. All of it on the thread of its executor.
class Deadline {
 public:
  Deadline(const asio::any_io_executor& executor, Clock& clock, TimePoint when, std::function<void()> expired);
  // Nothing is called any more; but what sleeps does so until the deadline, and its io_context with it.
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // The orderly end: nothing sleeps on.
  void stop();

 private:
  struct State;
  static asio::awaitable<void> watch(std::shared_ptr<State> state, Clock& clock, TimePoint when);
  std::shared_ptr<State> state_;
};

}  // namespace eventbus::net
