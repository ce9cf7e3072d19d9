#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace eventbus {

// How much a replay does at once, and how long it rests, so that clients keep their latency. Beside clients it is one
// more of them: small batches, no longer than a moment each, and a rest behind each as long as the batch took. Alone it
// does not rest, and batches grow until they take a noticeable time. Pure; for one thread.
class ReplayPace {
 public:
  using Microseconds = std::chrono::microseconds;
  static constexpr std::size_t kEventsMin = 10, kEventsMax = 500, kEventsMaxBesideClients = 50;
  static constexpr Microseconds kMoment{2'000}, kMomentAlone{20'000};

  // How many events the next batch may have.
  std::size_t events() const { return events_; }

  // A piece of work took so long, while clients published so much. Returns the rest that is due.
  Microseconds worked(Microseconds took, std::uint64_t client_publications);
  // The same for a batch of as many events as events() said: what the next one may have follows from it.
  Microseconds published(Microseconds took, std::uint64_t client_publications);

 private:
  std::size_t events_ = kEventsMin;
};

}  // namespace eventbus
