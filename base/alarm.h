#pragma once

#include "base/clock.h"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <mutex>

namespace eventbus {

// A sleep that others can end: for a loop that waits for the next moment it knows of, and must look again when an
// earlier one has come up. One sleeper; ring() from any thread.
class Alarm {
 public:
  explicit Alarm(Clock& clock);
  ~Alarm();

  // Until `when`, the next ring or a cancellation, which does not throw. A ring that came since the last sleep ended
  // counts: nothing is missed between looking and sleeping.
  asio::awaitable<void> sleep_until(TimePoint when);
  void ring();

 private:
  struct Bell;

  Clock& clock_;
  std::mutex mutex_;
  bool rung_ = false;         // under mutex_
  std::weak_ptr<Bell> bell_;  // the sleeper's own, which ends with it; under mutex_
};

}  // namespace eventbus
