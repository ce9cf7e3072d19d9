// Zone maps of archives: their bytes, and that they are the same whether built by reading or read back.

#include "tests/unit/bus/archive_fixture.h"

namespace eventbus::testing {

namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

using Zones = ArchiveFixture;
INSTANTIATE_TEST_SUITE_P(Storage, Zones, ::testing::Values("memory", "rocksdb"),
                         [](const auto& info) { return std::string(info.param); });

ArchiveZone zone(std::uint64_t first, std::uint64_t last, std::int64_t oldest, std::int64_t newest,
                 std::int64_t accepted, std::uint64_t bytes) {
  return {first,
          last,
          TimePoint(std::chrono::seconds(oldest)),
          TimePoint(std::chrono::seconds(newest)),
          TimePoint(Duration(accepted)),
          bytes};
}

TEST(ZoneBytes, ComeBackAsTheyWere) {
  const std::vector<ArchiveZone> zones = {zone(5, 1'028, 1'700'000'000, 1'700'000'100, 1'700'000'100'123, 700'000),
                                          zone(1'029, 1'029, -62'000'000'000, 253'000'000'000, 1'600'000'000'000, 0),
                                          zone(1'030, 1'040, 0, 0, 1'700'000'200'000, 1)};
  const std::string bytes = encode(zones);
  EXPECT_EQ(decode_zones(bytes).value(), zones);
  EXPECT_LT(bytes.size(), 80u);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto cut = decode_zones(std::string_view(bytes).substr(0, length));
    if (cut) EXPECT_LT(cut->size(), zones.size()) << length;
  }
  EXPECT_FALSE(decode_zones(""));
  EXPECT_FALSE(decode_zones("\x02\x01"));
}

TEST(EnvelopeTime, IsReadFromTheEnvelopeAlone) {
  EXPECT_EQ(time_of_envelope(R"({"version":"0","detail-type":"a \"time\":","time":"2026-01-02T03:04:05Z","detail":{)"),
            TimePoint(std::chrono::seconds(1'767'323'045)));
  EXPECT_EQ(time_of_envelope(R"({"detail":{"time":"2026-01-02T03:04:05Z"}})"), std::nullopt);
  EXPECT_EQ(time_of_envelope("nonsense"), std::nullopt);
}

TEST_P(Zones, AreTheSameReadBackAsBuiltAndCoverEverything) {
  create("all");
  const TimePoint start = std::chrono::floor<std::chrono::seconds>(clock.now()) - 10h;
  for (int round = 0; round < 5; ++round) {
    publish_many(700, start + round * 1h, 1ms);
    ASSERT_TRUE(run(keeper->follow()));
  }
  const std::vector<ArchiveZone> built = run(zones->find(archive("all"), {}, 100)).value();
  ASSERT_THAT(built, SizeIs(4));
  std::uint64_t next = 1;
  for (const ArchiveZone& each : built) {
    EXPECT_EQ(each.first, next);
    next = each.last + 1;
  }
  EXPECT_EQ(next, 3'501u);
  EXPECT_EQ(built[0].events(), 1'024u);
  EXPECT_EQ(built[0].oldest, start);
  EXPECT_EQ(built[0].newest, start + 1h + 323s);
  restart();
  EXPECT_EQ(run(zones->find(archive("all"), {}, 100)).value(), built);
  EXPECT_EQ(run(zones->sum(archive("all"), {})).value().bytes, archives->stored(*archive("all")).bytes);
}

TEST_P(Zones, OpenWithoutReadingWhatTheyCover) {
  create("all");
  publish_many(4'096, clock.now());
  ASSERT_TRUE(run(keeper->follow()));
  restart();
  // Take the events away behind its back: what is found comes from the second log alone.
  const ArchivePtr all = archive("all");
  const std::vector<ArchiveZone> found = run(zones->find(all, {}, 100)).value();
  EXPECT_THAT(found, SizeIs(4));
  EXPECT_EQ(storage->log().bounds(all->record.zones).head, 1u) << "one entry for all zones of a round";
  EXPECT_LT(storage->log().bounds(all->record.zones).bytes(), 100u);
}

TEST_P(Zones, OfATailThatWasNotWrittenDownAreBuiltAnew) {
  create("all");
  publish_many(1'100, clock.now());
  ASSERT_TRUE(run(keeper->follow()));
  publish_many(2'000, clock.now());
  restart();  // killed before the next round
  EXPECT_EQ(run(zones->sum(archive("all"), {})).value().events, 3'100u);
  ASSERT_TRUE(run(keeper->follow()));
  restart();
  EXPECT_EQ(run(zones->sum(archive("all"), {})).value().events, 3'100u);
}

TEST_P(Zones, ThatWereWrittenTwiceCountOnce) {
  create("all");
  publish_many(1'100, clock.now());
  const ArchivePtr all = archive("all");
  ASSERT_TRUE(run(keeper->follow()));
  // A commit that failed and was on the disk after all is made again.
  Commit again;
  again.log.push_back(
      {all->record.zones, clock.now(), run(storage->log().read(all->record.zones, 1, 1, 1)).value().front().payload});
  ASSERT_TRUE(run(storage->commit(std::move(again))));
  restart();
  EXPECT_EQ(run(zones->sum(archive("all"), {})).value().events, 1'100u);
  publish_many(1'000, clock.now());
  ASSERT_TRUE(run(keeper->follow()));
  restart();
  EXPECT_EQ(run(zones->sum(archive("all"), {})).value().events, 2'100u);
}

TEST_P(Zones, GoWithWhatHasExpired) {
  ArchiveSettings settings;
  settings.retention_days = 1;
  create("all", settings);
  for (int day = 0; day < 4; ++day) {
    publish_many(2'048, clock.now());
    ASSERT_TRUE(run(keeper->follow()));
    clock.advance(13h);
    ASSERT_TRUE(run(keeper->expire()));
  }
  for (int life = 0; life < 2; ++life) {
    const ArchivePtr all = archive("all");
    EXPECT_THAT(run(zones->find(all, {}, 100)).value(), SizeIs(2)) << "a day's worth";
    EXPECT_EQ(run(zones->sum(all, {})).value().events, 2'048u);
    EXPECT_EQ(storage->log().bounds(all->record.zones).horizon, 4u);
    EXPECT_EQ(storage->log().bounds(all->record.zones).head, 4u);
    restart();
  }
  clock.advance(48h);
  ASSERT_TRUE(run(keeper->expire()));
  EXPECT_THAT(run(zones->find(archive("all"), {}, 100)).value(), IsEmpty());
  publish_many(10, clock.now());
  EXPECT_EQ(run(zones->sum(archive("all"), {})).value().events, 10u);
}

}  // namespace

}  // namespace eventbus::testing
