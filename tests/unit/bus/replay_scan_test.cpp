#include "bus/replay_scan.h"

#include "base/rng.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace eventbus {
namespace {

using eventbus::testing::run;
using eventbus::testing::test_epoch;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TimePoint kStart = std::chrono::floor<seconds>(test_epoch());

// An archive in memory, with zones of `zone` events, that counts what is looked at.
class FakeArchive final : public ReplaySource {
 public:
  explicit FakeArchive(std::size_t zone = 10) : zone_(zone) {}

  void add(TimePoint time, std::size_t bytes = 10) {
    const std::uint64_t sequence = events_.size() + 1;
    events_.push_back({sequence, time, test_epoch(), std::string(bytes, 'x')});
  }
  std::size_t size() const { return events_.size(); }
  const std::vector<ArchivedEvent>& events() const { return events_; }

  asio::awaitable<Result<ArchiveBatch>> read(ArchiveWindow window, std::size_t count, std::size_t) override {
    ArchiveBatch batch;
    batch.next = std::max<std::uint64_t>(window.from, 1);
    // A few at a time, whatever is asked for.
    const std::size_t look_max = std::min<std::size_t>(count, 7);
    for (;; ++batch.next) {
      if (batch.next > events_.size() || batch.next > window.until) {
        batch.finished = true;
        break;
      }
      if (!zone_may_hold(batch.next, window)) continue;
      if (batch.scanned == look_max) break;
      ++batch.scanned;
      const ArchivedEvent& event = events_[batch.next - 1];
      if (event.time >= window.start && event.time < window.end) batch.events.push_back(event);
    }
    looked_at += batch.scanned;
    if (fail_after && looked_at > *fail_after) co_return unavailable("no disk");
    co_return batch;
  }

  asio::awaitable<Result<ArchiveReader::Extent>> extent(ArchiveWindow window) override {
    ++extents;
    ArchiveReader::Extent extent;
    for (std::uint64_t sequence = 1; sequence <= events_.size() && sequence <= window.until; ++sequence) {
      if (!zone_may_hold(sequence, window)) continue;
      ++extent.events;
      extent.bytes += events_[sequence - 1].json.size();
    }
    co_return extent;
  }

  std::uint64_t looked_at = 0, extents = 0;
  std::optional<std::uint64_t> fail_after;

 private:
  bool zone_may_hold(std::uint64_t sequence, const ArchiveWindow& window) const {
    const std::size_t first = (sequence - 1) / zone_ * zone_, behind = std::min(first + zone_, events_.size());
    const auto [oldest, newest] = std::minmax_element(
        events_.begin() + static_cast<std::ptrdiff_t>(first), events_.begin() + static_cast<std::ptrdiff_t>(behind),
        [](const ArchivedEvent& a, const ArchivedEvent& b) { return a.time < b.time; });
    return newest->time >= window.start && oldest->time < window.end;
  }

  const std::size_t zone_;
  std::vector<ArchivedEvent> events_;
};

struct Scanned {
  std::vector<std::uint64_t> sequences;
  std::size_t largest_step = 0;
};

Scanned scan(FakeArchive& archive, ReplayWindow window, ReplayScan::Bounds bounds = {},
             std::optional<ReplayPlace> after = std::nullopt, std::uint64_t until = 1'000'000) {
  ReplayScan scan(archive, window, after, until, bounds);
  Scanned scanned;
  for (int steps = 0; steps < 2'000'000; ++steps) {
    Result<ReplayScan::Step> step = run(scan.step());
    if (!step) throw std::runtime_error(step.error().message);
    if (step->finished) return scanned;
    scanned.largest_step = std::max(scanned.largest_step, step->events.size());
    for (const ArchivedEvent& event : step->events) scanned.sequences.push_back(event.sequence);
  }
  throw std::runtime_error("it does not end");
}

// What a scan must give, the slow way.
std::vector<std::uint64_t> expected(const FakeArchive& archive, ReplayWindow window,
                                    std::optional<ReplayPlace> after = std::nullopt, std::uint64_t until = 1'000'000) {
  std::vector<ReplayPlace> places;
  for (const ArchivedEvent& event : archive.events())
    if (event.time >= window.start && event.time < window.end && event.sequence <= until &&
        (!after || place_of(event) > *after))
      places.push_back(place_of(event));
  std::ranges::sort(places);
  std::vector<std::uint64_t> sequences;
  for (const ReplayPlace& place : places) sequences.push_back(place.sequence);
  return sequences;
}

TEST(ReplayScan, TheWindowIsHalfOpen) {
  FakeArchive archive;
  for (int second = -2; second < 5; ++second) archive.add(kStart + seconds(second));
  EXPECT_THAT(scan(archive, {kStart, kStart + seconds(3)}).sequences, ElementsAre(3, 4, 5));
  EXPECT_THAT(scan(archive, {kStart + seconds(10), kStart + seconds(11)}).sequences, IsEmpty());
}

TEST(ReplayScan, TheOrderIsOfTimeAndWithinASecondOfAcceptance) {
  FakeArchive archive;
  for (const int second : {5, 1, 3, 1, 5, 0}) archive.add(kStart + seconds(second));
  EXPECT_THAT(scan(archive, {kStart, kStart + minutes(1)}).sequences, ElementsAre(6, 2, 4, 3, 1, 5));
}

TEST(ReplayScan, ItGoesOnBehindAPlace) {
  FakeArchive archive;
  for (const int second : {5, 1, 3, 1, 5, 0}) archive.add(kStart + seconds(second));
  const ReplayWindow window{kStart, kStart + minutes(1)};
  EXPECT_THAT(scan(archive, window, {}, ReplayPlace{kStart + seconds(1), 2}).sequences, ElementsAre(4, 3, 1, 5));
  EXPECT_THAT(scan(archive, window, {}, ReplayPlace{kStart + seconds(5), 5}).sequences, IsEmpty());
}

TEST(ReplayScan, WhatWasArchivedLaterIsNotSeen) {
  FakeArchive archive;
  for (int i = 0; i < 10; ++i) archive.add(kStart + seconds(i % 3));
  EXPECT_EQ(scan(archive, {kStart, kStart + minutes(1)}, {}, std::nullopt, 4).sequences,
            expected(archive, {kStart, kStart + minutes(1)}, std::nullopt, 4));
  EXPECT_THAT(scan(archive, {kStart, kStart + minutes(1)}, {}, std::nullopt, 0).sequences, IsEmpty());
}

TEST(ReplayScan, AnArchiveInOrderIsReadAboutOnceInBoundedMemory) {
  FakeArchive archive;
  for (int i = 0; i < 2'000; ++i) archive.add(kStart + seconds(i / 3));
  const ReplayWindow window{kStart, kStart + hours(1)};
  const Scanned scanned = scan(archive, window, {100, 1 << 20});
  EXPECT_EQ(scanned.sequences, expected(archive, window));
  EXPECT_LE(scanned.largest_step, 100u);
  EXPECT_LE(archive.looked_at, 2 * archive.size()) << "zones at the edges of slices are read twice";
}

TEST(ReplayScan, LongSilencesCostNothing) {
  FakeArchive archive;
  archive.add(kStart);
  archive.add(kStart + hours(24 * 365 * 30));
  const ReplayWindow window{TimePoint(), kStart + hours(24 * 365 * 60)};
  EXPECT_THAT(scan(archive, window, {1, 1 << 20}).sequences, ElementsAre(1, 2));
  EXPECT_LT(archive.extents, 300u);
}

TEST(ReplayScan, ASecondWithMoreThanFitsIsReadAsItStands) {
  FakeArchive archive;
  for (int i = 0; i < 3'000; ++i) archive.add(kStart + seconds(i / 1'000));
  const ReplayWindow window{kStart, kStart + minutes(1)};
  const Scanned scanned = scan(archive, window, {50, 1 << 20});
  EXPECT_EQ(scanned.sequences, expected(archive, window));
  EXPECT_LE(archive.looked_at, 2 * archive.size());
}

TEST(ReplayScan, StrewnTimesAreSortedAndReadOnceForEachHandful) {
  FakeArchive archive;
  SeededRng rng(7);
  for (int i = 0; i < 2'000; ++i) archive.add(kStart + seconds(rng.next_u64() % 3'600));
  const ReplayWindow window{kStart, kStart + hours(1)};
  const Scanned scanned = scan(archive, window, {100, 1 << 20});
  EXPECT_EQ(scanned.sequences, expected(archive, window));
  EXPECT_LE(scanned.largest_step, 100u);
  EXPECT_LE(archive.looked_at, 2 * (archive.size() / 100) * archive.size());
}

TEST(ReplayScan, AFewLateEventsDoNotMakeItReadEverythingAgainAndAgain) {
  FakeArchive archive;
  SeededRng rng(11);
  for (int i = 0; i < 4'000; ++i) {
    const bool late = i % 200 == 0;
    archive.add(kStart + seconds(late ? rng.next_u64() % 4'000 : static_cast<std::uint64_t>(i)));
  }
  const ReplayWindow window{kStart, kStart + hours(2)};
  const Scanned scanned = scan(archive, window, {400, 1 << 20});
  EXPECT_EQ(scanned.sequences, expected(archive, window));
  EXPECT_LE(archive.looked_at, 6 * archive.size());
}

TEST(ReplayScan, BytesAreBoundedAsWell) {
  FakeArchive archive;
  for (int i = 0; i < 300; ++i) archive.add(kStart + seconds(i % 60), 1'000);
  const ReplayWindow window{kStart, kStart + minutes(1)};
  const Scanned scanned = scan(archive, window, {1'000, 20'000});
  EXPECT_EQ(scanned.sequences, expected(archive, window));
  EXPECT_LE(scanned.largest_step, 20u);
}

TEST(ReplayScan, AFailureIsAnswered) {
  FakeArchive archive;
  for (int i = 0; i < 100; ++i) archive.add(kStart + seconds(i));
  archive.fail_after = 20;
  ReplayScan scan(archive, {kStart, kStart + hours(1)}, std::nullopt, 1'000, {});
  for (int steps = 0; steps < 100; ++steps) {
    const Result<ReplayScan::Step> step = run(scan.step());
    if (!step) {
      EXPECT_EQ(step.error().code, ErrorCode::kUnavailable);
      return;
    }
    ASSERT_FALSE(step->finished);
  }
  FAIL() << "it never failed";
}

// Any archive, any window, any bounds, begun anew at any place: the same as sorting everything.
TEST(ReplayScan, IsTheSameAsSortingEverything) {
  SeededRng rng(2026);
  const auto below = [&](std::uint64_t bound) { return rng.next_u64() % bound; };
  for (int round = 0; round < 300; ++round) {
    FakeArchive archive(1 + below(20));
    const std::uint64_t size = below(200), spread = 1 + below(200), disorder = below(3) == 0 ? 200 : below(5);
    for (std::uint64_t i = 0; i < size; ++i)
      archive.add(kStart + seconds(i * spread / 200 + below(disorder + 1)), 1 + below(100));
    const TimePoint start = kStart + seconds(below(100));
    const ReplayWindow window{start, start + seconds(1 + below(300))};
    const ReplayScan::Bounds bounds{1 + below(40), 1 + below(5'000)};
    const std::uint64_t until = below(4) == 0 ? below(200) : 1'000;
    std::optional<ReplayPlace> after;
    if (below(2) == 0) after = ReplayPlace{start + seconds(below(100)), below(200)};
    ASSERT_EQ(scan(archive, window, bounds, after, until).sequences, expected(archive, window, after, until))
        << "round " << round;
  }
}

}  // namespace
}  // namespace eventbus
