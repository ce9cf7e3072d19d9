#pragma once

#include "base/clock.h"
#include "base/virtual_clock.h"
#include "daemon/counted_loop.h"
#include "daemon/watched_client.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace eventbus {

namespace asio = boost::asio;

// Finds out when the daemon has nothing left to do at the present moment of its virtual clock: everybody who is not
// done sleeps until a later one, or waits for a client.
//
// Work is always in one of four places: a handler of an event loop, the storage's writer, a read of the storage, a call
// of somebody else's server. So nothing is left when no read and no call is under way, everything committed before is
// done (an empty commit comes behind it), and then, between two handlers of ours in a row, no loop has run any other.
//
// Who keeps loops busy in other ways (a client that polls without a pause) cannot hold that up: when in kSteadyRounds
// rounds nobody began or ended to sleep, nothing else is under way and the rest is such a client's.
class Settler {
 public:
  static constexpr int kSteadyRounds = 64;

  struct Dependencies {
    const VirtualClock& clock;
    Clock& system;
    Storage& storage;
    const WatchedClient& calls;
    // All event loops but the one that waits.
    std::function<std::vector<CountedLoop*>()> loops;
    // Work that rests on the system's clock now and then, so that it is in none of the four places: a replay.
    std::function<bool()> busy;
  };
  explicit Settler(Dependencies dependencies) : dependencies_(std::move(dependencies)) {}

  // Real time, all of it.
  struct Patience {
    Duration per_call;  // calls of others that are under way for longer are not waited for
    TimePoint until;
  };
  // False: `until` came first, or a cancellation. On an event loop that is none of `loops`.
  asio::awaitable<bool> settle(Patience patience);

 private:
  // How many handlers each loop had carried out when ours came.
  using Counts = std::vector<std::uint64_t>;
  static asio::awaitable<Counts> look_round(const std::vector<CountedLoop*>& loops);

  const Dependencies dependencies_;
};

}  // namespace eventbus
