#include "bus/replay_pace.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

using Microseconds = ReplayPace::Microseconds;

// Batches until they no longer grow, when each event takes so long.
std::size_t settled(ReplayPace& pace, Microseconds per_event, std::uint64_t clients) {
  for (int i = 0; i < 100; ++i) pace.published(per_event * pace.events(), clients);
  return pace.events();
}

TEST(ReplayPace, AloneItGrowsAndDoesNotRest) {
  ReplayPace pace;
  EXPECT_EQ(pace.events(), ReplayPace::kEventsMin);
  EXPECT_EQ(pace.published(Microseconds(100), 0), Microseconds(0));
  EXPECT_EQ(pace.events(), 2 * ReplayPace::kEventsMin);
  EXPECT_EQ(settled(pace, Microseconds(5), 0), ReplayPace::kEventsMax);
}

TEST(ReplayPace, AloneABatchIsStillNoLongerThanItsMoment) {
  ReplayPace pace;
  const std::size_t events = settled(pace, Microseconds(1'000), 0);  // rules with many targets
  EXPECT_LE(events, 20u);
  EXPECT_GE(events, ReplayPace::kEventsMin);
}

TEST(ReplayPace, BesideClientsBatchesAreSmallAndItRestsAsLongAsItWorked) {
  ReplayPace pace;
  settled(pace, Microseconds(5), 0);
  EXPECT_EQ(pace.published(Microseconds(1'500), 3), Microseconds(1'500));
  EXPECT_LE(pace.events(), ReplayPace::kEventsMaxBesideClients);
  EXPECT_EQ(pace.worked(Microseconds(70), 1), Microseconds(70));
  EXPECT_LE(settled(pace, Microseconds(100), 1), 20u) << "no batch takes longer than a moment";
  EXPECT_EQ(settled(pace, Microseconds(5), 1), ReplayPace::kEventsMaxBesideClients);
}

TEST(ReplayPace, WhenClientsLeaveItIsFastAgain) {
  ReplayPace pace;
  settled(pace, Microseconds(100), 1);
  EXPECT_EQ(pace.published(Microseconds(500), 0), Microseconds(0));
  EXPECT_EQ(settled(pace, Microseconds(5), 0), ReplayPace::kEventsMax);
}

TEST(ReplayPace, HoweverSlowTheStorageSomeGoOn) {
  ReplayPace pace;
  EXPECT_EQ(settled(pace, Microseconds(1'000'000), 1), ReplayPace::kEventsMin);
}

}  // namespace
}  // namespace eventbus
