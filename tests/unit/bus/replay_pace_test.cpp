#include "bus/replay_pace.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

using std::chrono::milliseconds;
using Microseconds = ReplayPace::Microseconds;
using Clients = ReplayPace::Clients;

// A machine on which time passes as a replay and its clients make it pass.
struct Machine {
  ReplayPace pace;
  Microseconds per_event{5};       // of a batch
  double publications_per_ms = 0;  // of clients
  Microseconds publication{1'000};
  double owed = 0;  // publications

  // A batch and its rest; how long each was.
  std::pair<Microseconds, Microseconds> batch() {
    const Microseconds took = per_event * pace.events();
    see(took);
    const Microseconds rest = pace.published(took);
    see(rest);
    return {took, rest};
  }
  void see(Microseconds passed) {
    owed += publications_per_ms * static_cast<double>(passed.count()) / 1e3;
    const auto done = static_cast<std::uint64_t>(owed);
    owed -= static_cast<double>(done);
    pace.saw({done, publication * done}, passed);
  }
  // The share of time that the replay works, and its longest batch, over some seconds.
  std::pair<double, Microseconds> run(std::chrono::seconds time) {
    Microseconds worked{0}, rested{0}, longest{0};
    while (worked + rested < time) {
      const auto [took, rest] = batch();
      worked += took;
      rested += rest;
      longest = std::max(longest, took);
    }
    return {static_cast<double>(worked.count()) / static_cast<double>((worked + rested).count()), longest};
  }
};

TEST(ReplayPace, AloneItGrowsAndDoesNotRest) {
  Machine machine;
  EXPECT_EQ(machine.pace.events(), ReplayPace::kEventsMin);
  EXPECT_EQ(machine.batch().second, Microseconds(0));
  EXPECT_EQ(machine.pace.events(), 2 * ReplayPace::kEventsMin);
  EXPECT_EQ(machine.run(std::chrono::seconds(1)).first, 1.0);
  EXPECT_EQ(machine.pace.events(), ReplayPace::kEventsMax);
}

TEST(ReplayPace, AloneABatchIsStillNoLongerThanItsMoment) {
  Machine machine{.per_event = milliseconds(1)};  // rules with many targets
  machine.run(std::chrono::seconds(1));
  EXPECT_LE(machine.pace.events(), 20u);
  EXPECT_GE(machine.pace.events(), ReplayPace::kEventsMin);
}

TEST(ReplayPace, BesideClientsABatchTakesNoLongerThanAPublicationOfTheirs) {
  for (const Microseconds publication : {Microseconds(1'500), Microseconds(8'000)}) {
    Machine machine{.per_event = Microseconds(50), .publications_per_ms = 0.2, .publication = publication};
    machine.run(std::chrono::seconds(1));
    const auto [share, longest] = machine.run(std::chrono::seconds(5));
    EXPECT_LE(longest, publication * 5 / 4);
    EXPECT_GE(longest, publication / 3) << "nor much less: it would crawl";
  }
}

TEST(ReplayPace, RarePublicationsAreSeenThoughMostBatchesMeetNone) {
  Machine machine{.per_event = Microseconds(5)};
  machine.run(std::chrono::seconds(1));
  machine.publications_per_ms = 0.01;  // ten in a second, when some hundred batches pass
  machine.run(std::chrono::seconds(1));
  EXPECT_LE(machine.run(std::chrono::seconds(5)).second, Microseconds(1'250));
}

TEST(ReplayPace, ItRestsAsMuchAsClientsUseTheBus) {
  Machine much{.publications_per_ms = 0.2, .publication = Microseconds(1'500)};
  much.run(std::chrono::seconds(2));
  EXPECT_NEAR(much.run(std::chrono::seconds(5)).first, 0.5, 0.02) << "as much time for them as for itself";
  Machine little{.publications_per_ms = 0.01, .publication = Microseconds(1'500)};
  little.run(std::chrono::seconds(2));
  EXPECT_GT(little.run(std::chrono::seconds(5)).first, 0.9) << "the machine is free";
}

TEST(ReplayPace, TheFirstClientMeetsOneLongBatchAtTheMost) {
  Machine machine{.per_event = Microseconds(15)};
  machine.run(std::chrono::seconds(1));
  ASSERT_EQ(machine.pace.events(), ReplayPace::kEventsMax);
  machine.pace.saw({1, Microseconds(21'000)}, Microseconds(20'000));
  EXPECT_EQ(machine.pace.events(), ReplayPace::kEventsMin);
}

TEST(ReplayPace, WhenClientsLeaveItIsFastAgain) {
  Machine machine{.publications_per_ms = 1};
  machine.run(std::chrono::seconds(2));
  machine.publications_per_ms = 0;
  machine.run(std::chrono::seconds(2));
  EXPECT_EQ(machine.batch().second, Microseconds(0));
  EXPECT_EQ(machine.pace.events(), ReplayPace::kEventsMax);
}

TEST(ReplayPace, HoweverSlowTheStorageSomeGoOn) {
  Machine machine{.per_event = std::chrono::seconds(1), .publications_per_ms = 0.2};
  machine.run(std::chrono::seconds(60));
  EXPECT_EQ(machine.pace.events(), ReplayPace::kEventsMin);
}

}  // namespace
}  // namespace eventbus
