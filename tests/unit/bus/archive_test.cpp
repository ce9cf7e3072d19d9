// Archives from PutEvents to the reader, over both storages (behaviour §16).

#include "tests/unit/bus/archive_fixture.h"

#include <map>
#include <set>
#include <tuple>

namespace eventbus::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Archives = ArchiveFixture;
INSTANTIATE_TEST_SUITE_P(Storage, Archives, ::testing::Values("memory", "rocksdb"),
                         [](const auto& info) { return std::string(info.param); });
// Whose storage fails when it is told to.
class ArchivesInMemory : public ArchiveFixture {};
INSTANTIATE_TEST_SUITE_P(Storage, ArchivesInMemory, ::testing::Values("memory"),
                         [](const auto& info) { return std::string(info.param); });

std::vector<std::string> bodies(const std::vector<ArchivedEvent>& events) {
  std::vector<std::string> all;
  for (const ArchivedEvent& event : events) all.push_back(event.json);
  return all;
}

RuleKey rule_of(const ArchivePtr& archive) { return archive_rule(*archive); }

TEST_P(Archives, HoldTheEventAsRulesSawIt) {
  const ArchivePtr all = create("all");
  Publisher::Addressed sent = event(clock.now() - 1h, "s", "default", R"({"a":"ü","n":1.50})");
  sent.event.trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
  const std::string json = sent.event.json;
  publish(std::move(sent));
  for (int life = 0; life < 2; ++life) {
    const std::vector<ArchivedEvent> found = read(archive("all"));
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].json, json);
    EXPECT_EQ(found[0].sequence, 1u);
    EXPECT_EQ(found[0].accepted_at, clock.now());
    EXPECT_EQ(found[0].time, std::chrono::floor<std::chrono::seconds>(clock.now() - 1h));
    EXPECT_EQ(contents(archive("all")).events, 1u);
    EXPECT_EQ(contents(archive("all")).bytes, json.size());
    restart();
  }
}

TEST_P(Archives, HoldWhatTheirPatternWantsAndEachItsOwn) {
  ArchiveSettings wanted;
  wanted.event_pattern = R"({ "source": ["a", {"prefix": "b"}] })";
  const ArchivePtr some = create("some", wanted);
  const ArchivePtr all = create("all");
  for (const char* source : {"a", "bc", "c"}) publish(clock.now(), source);
  EXPECT_THAT(read(some), SizeIs(2));
  EXPECT_THAT(read(all), SizeIs(3));
}

TEST_P(Archives, NeverHoldWhatAReplayBrings) {
  const ArchivePtr all = create("all");
  Publisher::Addressed replayed = event(clock.now());
  replayed.event.json.insert(replayed.event.json.size() - 1, R"(,"replay-name":"r")");
  make_readable_behind(replayed.event.json);
  publish(std::move(replayed));
  EXPECT_THAT(read(all), IsEmpty());
}

TEST_P(Archives, AreOfOneBus) {
  ASSERT_TRUE(run(buses->create_bus({home, "orders"}, {}, {})));
  const ArchivePtr orders = create("orders", {}, "orders");
  publish(clock.now(), "s", "default");
  publish(clock.now(), "s", "orders");
  EXPECT_THAT(read(orders), SizeIs(1));
  const auto deleted = run(buses->delete_bus({home, "orders"}));
  ASSERT_FALSE(deleted);
  EXPECT_EQ(deleted.error().message, "EventBus can't be deleted since it has rules.");
  ASSERT_TRUE(run(archives->remove({home, "orders"})));
  EXPECT_TRUE(run(buses->delete_bus({home, "orders"})));
}

TEST_P(Archives, HaveAManagedRuleAsAwsShowsIt) {
  ArchiveSettings wanted;
  wanted.event_pattern = R"({"source":["a"]})";
  const ArchivePtr some = create("some", wanted);
  create("all");
  const auto rule = buses->rule(rule_of(some)).value();
  EXPECT_EQ(rule->record.name, "Events-Archive-some");
  EXPECT_EQ(rule->record.managed_by, "prod.vhs.events.aws.internal");
  EXPECT_EQ(rule->record.settings.event_pattern, R"({"replay-name":[{"exists":false}],"source":["a"]})");
  EXPECT_THAT(rule->record.tags, IsEmpty());
  ASSERT_THAT(rule->record.targets, SizeIs(1));
  const Target& target = rule->record.targets.begin()->second.target;
  EXPECT_EQ(target.id, "Events-Archive-some");
  EXPECT_EQ(target.arn, "arn:aws:events:us-east-1:::");
  EXPECT_EQ(target.input.transformer->paths, (std::map<std::string, std::string>()));
  EXPECT_THAT(target.input.transformer->template_text,
              ::testing::MatchesRegex(
                  R"(\{"archive-arn": "arn:aws:events:us-east-1:000000000000:archive/some:[0-9a-f-]{36}",)"
                  R"("event": <aws\.events\.event\.json>,"ingestion-time": <aws\.events\.event\.ingestion-time>\})"));
  EXPECT_EQ(buses->rule(rule_of(archive("all"))).value()->record.settings.event_pattern,
            R"({"replay-name":[{"exists":false}]})");
}

TEST_P(Archives, AreDisabledByForceAndRepairedByAnUpdate) {
  const ArchivePtr all = create("all");
  const auto refused = run(buses->delete_rule(rule_of(all), false));
  EXPECT_EQ(refused.error().message,
            "Events-Archive-all is a managed rule. Set 'force' parameter to true to override.");
  EXPECT_EQ(run(buses->delete_rule(rule_of(all), true)).error().message, "Rule can't be deleted since it has targets.");
  EXPECT_EQ(run(buses->set_rule_state(rule_of(all), RuleState::kDisabled)).error().message,
            "Events-Archive-all is a managed rule.");
  EXPECT_EQ(archives->status(*all).state, ArchiveState::kEnabled);

  ASSERT_TRUE(run(buses->remove_targets(rule_of(all), {"Events-Archive-all"}, true)));
  publish(clock.now());
  EXPECT_THAT(read(all), IsEmpty());
  EXPECT_EQ(archives->status(*all).state, ArchiveState::kDisabled);
  ASSERT_TRUE(run(buses->delete_rule(rule_of(all), true)));
  restart();
  EXPECT_EQ(archives->status(*archive("all")).state, ArchiveState::kDisabled);
  EXPECT_EQ(archives->status(*archive("all")).reason, "Managed rule for the archive was forcefully deleted.");

  ArchiveCatalog::Changes changes;
  changes.description = "again";
  ASSERT_TRUE(run(archives->update({home, "all"}, changes, home.account)));
  EXPECT_EQ(archives->status(*archive("all")).state, ArchiveState::kEnabled);
  publish(clock.now());
  EXPECT_THAT(read(archive("all")), SizeIs(1)) << "the same archive, with what it held";
}

TEST_P(Archives, OfABusThatIsGoneStay) {
  ASSERT_TRUE(run(buses->create_bus({home, "orders"}, {}, {})));
  const ArchivePtr orders = create("orders", {}, "orders");
  publish(clock.now(), "s", "orders");
  ASSERT_TRUE(run(buses->remove_targets(rule_of(orders), {"Events-Archive-orders"}, true)));
  ASSERT_TRUE(run(buses->delete_rule(rule_of(orders), true)));
  ASSERT_TRUE(run(buses->delete_bus({home, "orders"})));
  restart();
  EXPECT_THAT(read(archive("orders")), SizeIs(1));
  ArchiveCatalog::Changes changes;
  changes.description = "x";
  EXPECT_EQ(run(archives->update({home, "orders"}, changes, home.account)).error().message,
            "Event bus orders does not exist.");
  EXPECT_TRUE(run(archives->remove({home, "orders"})));
}

TEST_P(Archives, ChangeAtomicallyAndKeepWhatTheyHold) {
  ArchiveSettings wanted;
  wanted.event_pattern = R"({"source":["a"]})";
  wanted.description = "what for";
  create("all", wanted);
  publish(clock.now(), "a");
  ArchiveCatalog::Changes bad;
  bad.description = "changed";
  bad.event_pattern = R"({"source":"a"})";
  const auto refused = run(archives->update({home, "all"}, bad, home.account));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, CatalogError::kInvalidEventPattern);
  EXPECT_EQ(archive("all")->record.settings.description, "what for");

  ArchiveCatalog::Changes changes;
  changes.event_pattern = "";
  changes.description = "";
  ASSERT_TRUE(run(archives->update({home, "all"}, changes, home.account)));
  publish(clock.now(), "b");
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(archive("all")->record.settings.description, std::nullopt);
    EXPECT_EQ(archive("all")->record.settings.event_pattern, std::nullopt);
    EXPECT_THAT(read(archive("all")), SizeIs(2));
    restart();
  }
}

TEST_P(Archives, RefuseWhatAwsRefuses) {
  create("all");
  const auto refusal = [&](std::string name, std::string bus, ArchiveSettings settings = {}) {
    return run(archives->create({home, std::move(name)}, std::move(bus), std::move(settings), home.account))
        .error()
        .message;
  };
  EXPECT_EQ(refusal("all", "default"), "Archive all already exists.");
  EXPECT_EQ(refusal("other", "nowhere"), "Event bus nowhere does not exist.");
  for (const char* pattern : {"{}", "nonsense", R"({"source":"a"})", R"({"replay-name":["r"]})"}) {
    ArchiveSettings settings;
    settings.event_pattern = pattern;
    EXPECT_THAT(refusal("other", "default", settings), HasSubstr("Event pattern is not valid. Reason: ")) << pattern;
  }
  EXPECT_EQ(run(archives->remove({home, "none"})).error().message, "Archive none does not exist.");
  EXPECT_EQ(run(archives->update({home, "none"}, {}, home.account)).error().message, "Archive none does not exist.");

  RuleSettings settings;
  settings.event_pattern = R"({"source":["a"]})";
  ASSERT_TRUE(run(buses->put_rule({{home, "default"}, "Events-Archive-mine"}, settings, {}, {home.account, ""})));
  EXPECT_EQ(refusal("mine", "default"), "Rule Events-Archive-mine already exists.");
  EXPECT_THAT(archives->archives(home), SizeIs(1));
  limits.rules_per_bus = 2;
  EXPECT_EQ(refusal("other", "default"), "The requested resource exceeds the maximum number allowed.");
}

TEST_P(Archives, AreFoundByWindowsOnTheEventsOwnTime) {
  const ArchivePtr all = create("all");
  const TimePoint start = std::chrono::floor<std::chrono::seconds>(clock.now()) - 24h;
  publish_many(5'000, start, 1ms);
  publish(start + 100s);  // late by hours
  const std::uint64_t head = reader->head(*all);
  EXPECT_EQ(head, 5'001u);
  const std::vector<std::tuple<std::chrono::seconds, std::chrono::seconds, std::size_t>> windows = {
      {100s, 101s, 2},     {0s, 1s, 1},         {-10s, 0s, 0},      {60s, 120s, 61},
      {4'999s, 9'999s, 1}, {5'000s, 9'999s, 0}, {0s, 5'000s, 5'001}};
  for (int life = 0; life < 2; ++life) {
    for (const auto& [from, to, expected] : windows) {
      const ArchiveWindow window{start + from, start + to};
      EXPECT_THAT(read(archive("all"), window), SizeIs(expected)) << from.count() << " " << to.count();
      const ArchiveReader::Extent extent = run(reader->extent(archive("all"), window)).value();
      EXPECT_EQ(extent.events, scanned) << from.count();
      if (to - from == 1s) EXPECT_LE(extent.events, 2'048u) << "zones exclude the rest";
    }
    ASSERT_TRUE(run(keeper->follow()));
    restart();
  }
}

TEST_P(Archives, AreReadFromACursorAcrossRestartsWithoutWhatCameMeanwhile) {
  create("all");
  const TimePoint start = clock.now() - 1h;
  publish_many(1'500, start);
  ArchiveWindow window{start - 1s, TimePoint::max()};
  window.until = reader->head(*archive("all"));
  std::set<std::uint64_t> seen;
  for (bool finished = false; !finished;) {
    const ArchiveBatch batch = run(reader->read(archive("all"), window, 400, 1 << 20)).value();
    for (const ArchivedEvent& each : batch.events) EXPECT_TRUE(seen.insert(each.sequence).second);
    finished = batch.finished;
    window.from = batch.next;
    publish(clock.now());
    restart();
  }
  EXPECT_THAT(seen, SizeIs(1'500));
  EXPECT_EQ(*seen.rbegin(), 1'500u);
}

TEST_P(Archives, BatchesAreBoundedByBytes) {
  const ArchivePtr all = create("all");
  std::vector<Publisher::Addressed> events;
  for (int i = 0; i < 20; ++i)
    events.push_back(event(clock.now(), "s", "default", R"({"x":")" + std::string(100'000, 'x') + R"("})"));
  publish(std::move(events));
  const ArchiveBatch batch = run(reader->read(all, {}, 100, 250'000)).value();
  EXPECT_THAT(batch.events, ::testing::SizeIs(::testing::AllOf(::testing::Ge(2u), ::testing::Le(3u))));
  EXPECT_THAT(run(reader->read(all, {}, 100, 10)).value().events, SizeIs(1)) << "at least one if there is one";
  EXPECT_THAT(read(all, {}, 100, 250'000), SizeIs(20));
}

TEST_P(Archives, ForgetWhatHasExpiredToTheMillisecond) {
  ArchiveSettings settings;
  settings.retention_days = 2;
  create("short", settings);
  create("long");
  const TimePoint first = clock.now();
  publish_many(3'000, first - 100h, 1ms);  // what counts is when they came
  clock.advance(48h - 1'500ms - 3s + (first + 3s - clock.now()));
  ASSERT_EQ(clock.now(), first + 48h - 1'500ms);
  EXPECT_EQ(contents(archive("short")).events, 3'000u);
  clock.advance(3s);
  for (int life = 0; life < 2; ++life) {
    const std::vector<ArchivedEvent> left = read(archive("short"));
    EXPECT_THAT(left, SizeIs(1'500));
    std::uint64_t bytes = 0;
    for (const ArchivedEvent& each : left) bytes += each.json.size();
    EXPECT_EQ(contents(archive("short")).events, 1'500u) << "at once, without housekeeping";
    EXPECT_EQ(contents(archive("short")).bytes, bytes);
    EXPECT_THAT(read(archive("long")), SizeIs(3'000));
    ASSERT_TRUE(run(keeper->follow()));
    ASSERT_TRUE(run(keeper->expire()));
    EXPECT_EQ(archives->stored(*archive("short")).events, 1'500u) << "its space is given back";
    EXPECT_EQ(archives->stored(*archive("long")).events, 3'000u);
    restart();
  }
  clock.advance(2s);
  EXPECT_EQ(contents(archive("short")).events, 0u);
  EXPECT_EQ(contents(archive("short")).bytes, 0u);
  EXPECT_THAT(read(archive("short")), IsEmpty());
  publish(clock.now());
  EXPECT_THAT(read(archive("short")), SizeIs(1));
}

TEST_P(Archives, TakeAChangedRetentionForWhatTheyHold) {
  create("all");
  publish(clock.now());
  clock.advance(72h);
  publish(clock.now());
  ArchiveCatalog::Changes changes;
  changes.retention_days = 1;
  ASSERT_TRUE(run(archives->update({home, "all"}, changes, home.account)));
  EXPECT_EQ(contents(archive("all")).events, 1u);
  changes.retention_days = 0;
  ASSERT_TRUE(run(archives->update({home, "all"}, changes, home.account)));
  EXPECT_EQ(contents(archive("all")).events, 2u) << "housekeeping had not come by";
}

TEST_P(Archives, AreTrimmedInRangesNotEventByEvent) {
  ArchiveSettings settings;
  settings.retention_days = 1;
  create("all", settings);
  for (int i = 0; i < 10; ++i) {
    publish(clock.now());
    clock.advance(1min);
  }
  clock.advance(24h - 9min);
  ASSERT_TRUE(run(keeper->expire()));  // the first of a life
  int trims = 0;
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t before = archives->stored(*archive("all")).events;
    clock.advance(1min);
    ASSERT_TRUE(run(keeper->expire()));
    trims += archives->stored(*archive("all")).events != before;
  }
  EXPECT_EQ(trims, 0);
  clock.advance(1h);
  ASSERT_TRUE(run(keeper->expire()));
  EXPECT_EQ(archives->stored(*archive("all")).events, 0u);
}

TEST_P(ArchivesInMemory, ExpireBesideOneThatCannot) {
  ArchiveSettings settings;
  settings.retention_days = 1;
  create("a", settings);
  create("b", settings);
  publish(clock.now());
  clock.advance(48h);
  table->fail_writes(1);
  EXPECT_EQ(run(keeper->expire()).error().code, ErrorCode::kUnavailable);
  const auto stored = [&](const std::string& name) { return archives->stored(*archive(name)).events; };
  EXPECT_EQ(stored("a") + stored("b"), 1u);
  ASSERT_TRUE(run(keeper->expire()));
  EXPECT_EQ(stored("a") + stored("b"), 0u);
}

TEST_P(Archives, GoWithTheirEventsAndTheirRule) {
  const ArchivePtr first = create("all");
  publish_many(2'000, clock.now());
  ASSERT_TRUE(run(keeper->follow()));
  EXPECT_EQ(storage->log().bounds(first->record.zones).head, 1u);
  ASSERT_TRUE(run(archives->remove({home, "all"})));
  EXPECT_FALSE(buses->rule(rule_of(first)));
  EXPECT_FALSE(archives->archive({home, "all"}));
  publish(clock.now());
  const ArchivePtr second = create("all");
  EXPECT_NE(second->record.events, first->record.events);
  EXPECT_THAT(read(second), IsEmpty());

  ASSERT_TRUE(run(keeper->expire()));
  EXPECT_EQ(storage->log().bounds(first->record.events).bytes(), archives->stored(*first).bytes);
  EXPECT_EQ(archives->stored(*first).events, 2'000u) << "a publisher may still write to it";
  restart();
  clock.advance(1min);
  ASSERT_TRUE(run(keeper->expire()));
  EXPECT_EQ(storage->log().bounds(first->record.events).bytes(), 0u);
  EXPECT_EQ(storage->log().bounds(first->record.zones).bytes(), 0u);
  EXPECT_THAT(storage->catalog().list(kGoneArchiveKeys), IsEmpty());
}

TEST_P(Archives, AndTheRestOfTheRequestAreOneCommit) {
  const ArchivePtr a = create("a"), b = create("b");
  const auto before = storage->health().commits;
  std::vector<Publisher::Addressed> events;
  for (int i = 0; i < 10; ++i) events.push_back(event(clock.now()));
  publish(std::move(events));
  EXPECT_EQ(storage->health().commits, before + 1);
  EXPECT_THAT(read(a), SizeIs(10));
  EXPECT_EQ(bodies(read(a)), bodies(read(b)));
}

}  // namespace

}  // namespace eventbus::testing
