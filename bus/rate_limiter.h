#pragma once

#include "base/clock.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace eventbus {

// Admits so many calls a second for each key, evenly spaced, first come first served: nothing is saved up while nobody
// calls. A clock that is set back puts off nobody's turn, one that is set forward brings none together. Safe to call
// from any thread.
//   const TimePoint turn = rates.reserve("api-destination/slow", 2.0, now);   now, then now + 500 ms, then now + 1 s …
class RateLimiter {
 public:
  // When the caller's turn is: `now` or later. The rate is the caller's, so that a change of it counts from the next
  // call on.
  TimePoint reserve(std::string_view key, double per_second, TimePoint now);
  // A turn that was not used: whoever comes next gets it, unless somebody has a turn behind it already, who keeps his;
  // then it is lost, for two may not go at once.
  void give_back(std::string_view key, double per_second, TimePoint turn);

  // Sleeps until a turn that was reserved; returns the one it has then. Who wakes much later than his turn, since the
  // clock was set forward or the machine stood still, may be beside others whose turn is now: he asks once more.
  // Returns early when the sleep is cancelled.
  asio::awaitable<TimePoint> wait(std::string key, double per_second, TimePoint turn, Clock& clock);

  // Forgets keys that nobody waits for.
  void forget_idle(TimePoint now);
  std::size_t keys() const;

 private:
  void set_back(Duration by);  // under mutex_

  mutable std::mutex mutex_;
  TimePoint latest_;                                 // of the times that callers named; under mutex_
  std::map<std::string, double, std::less<>> next_;  // milliseconds since 1970: the next free turn; under mutex_
};

}  // namespace eventbus
