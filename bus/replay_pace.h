#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace eventbus {

// How much a replay does at once, and how long it rests, so that clients keep their latency. Decided by what the
// publications of clients are measured to take:
//
//   A publication that comes while a batch is under way waits for it. So beside clients a batch may take no longer than
//   one of their publications takes: at the worst they wait as if one more of them had been before them.
//   Behind a batch the replay rests in proportion to how much clients use the bus: as long as the batch took when they
//   use it much, hardly at all for the sake of one that publishes now and then.
//
// Alone, which is when no client has published for a second, it does not rest, and batches grow until they take a
// noticeable time. Pure; for one thread.
class ReplayPace {
 public:
  using Microseconds = std::chrono::microseconds;
  static constexpr std::size_t kEventsMin = 10, kEventsMax = 500;
  static constexpr Microseconds kMomentMin{1'000}, kMomentMax{20'000}, kMomentAlone{20'000};
  static constexpr Microseconds kRemembered{1'000'000};
  // Clients that have so much under way on average, 1 being one publication at any time, get all of the rest.
  static constexpr double kMuchUnderWay = 0.25;

  // What clients published in a time, and how long that took, added up.
  struct Clients {
    std::uint64_t publications = 0;
    Microseconds took{0};
  };
  // That has happened since the last call, which was so long ago.
  void saw(Clients clients, Microseconds since);

  // How many events the next batch may have.
  std::size_t events() const { return events_; }
  // A piece of work took so long. Returns the rest that is due.
  Microseconds worked(Microseconds took) const;
  // The same for a batch of as many events as events() said: what the next one may have follows from it.
  Microseconds published(Microseconds took);

 private:
  bool alone() const { return quiet_for_ >= kRemembered; }
  Microseconds moment() const;

  std::size_t events_ = kEventsMin;
  Microseconds quiet_for_ = kRemembered;  // no client has published; as long as none was seen, none is thought of
  // Of about the last second, the longer ago the less it counts.
  double publications_ = 0, took_ = 0, window_ = 0;
};

}  // namespace eventbus
