#include "bus/replayer.h"

#include "tests/unit/bus/replay_fixture.h"

#include <algorithm>
#include <set>

namespace eventbus {
namespace {

using eventbus::testing::kEventsFrom;
using eventbus::testing::ReplayFixture;
using eventbus::testing::run;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Replays : public ReplayFixture {
 protected:
  Replays() { rule("replayed", "q"); }
};

TEST_P(Replays, TakeTheWindowOfTheEventsOwnTimeAndNothingElse) {
  put(kEventsFrom - 1s, 1);
  put(kEventsFrom, 2);
  put(kEventsFrom + 59s, 3);
  put(kEventsFrom + 60s, 4);
  replay_to_its_end("r", wanted(kEventsFrom + 999ms, kEventsFrom + 60s + 1ms));  // whole seconds count
  EXPECT_THAT(numbers(), ElementsAre(2, 3));
  EXPECT_EQ(state("r"), ReplayState::kCompleted);
}

TEST_P(Replays, GiveEventsAgainWithANewIdAndTheNameAndElseTheSame) {
  put(kEventsFrom, 1);
  put(kEventsFrom, 2);
  const auto archived = run(reader->read(archives->archive({home, "all"}).value(), {}, 10, 1 << 20)).value();
  replay_to_its_end("first", wanted());
  replay_to_its_end("second", wanted());
  const std::vector<std::string> events = bodies();
  ASSERT_EQ(events.size(), 4u);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::string& original = archived.events[i % 2].json;
    const std::string id(boost::json::parse(events[i]).at("id").as_string());
    EXPECT_NE(original.find("\"id\":\""), std::string::npos);
    EXPECT_EQ(original.find(id), std::string::npos) << "the id is another one";
    ids.insert(id);
    std::string expected = original;
    expected.replace(expected.find("\"id\":\"") + 6, 36, id);
    expected.insert(expected.find("\"resources\""),
                    i < 2 ? "\"replay-name\":\"first\"," : "\"replay-name\":\"second\",");
    EXPECT_EQ(events[i], expected);
  }
  EXPECT_EQ(ids.size(), 4u) << "each replay makes new ones";
}

TEST_P(Replays, LateEventsComeInTheirPlace) {
  put(kEventsFrom + 10s, 10);
  put(kEventsFrom + 20s, 20);
  clock.set(clock.now() + 48h);
  put(kEventsFrom + 15s, 15);
  put(kEventsFrom + 10s, 11);
  replay_to_its_end("r", wanted());
  EXPECT_THAT(numbers(), ElementsAre(10, 11, 15, 20));
}

TEST_P(Replays, AreDescribedAsTheyGo) {
  put_many(30);
  clock.set(kEventsFrom + 2h);
  const auto started = start("r", wanted(kEventsFrom, kEventsFrom + 1h));
  ASSERT_TRUE(started);
  EXPECT_EQ(started->state, ReplayState::kStarting);
  EXPECT_EQ(started->started_at, kEventsFrom + 2h);
  EXPECT_EQ(started->last_replayed_time(), std::nullopt);
  until([&] { return record("r").over(); });
  const ReplayRecord replay = record("r");
  EXPECT_EQ(replay.state, ReplayState::kCompleted);
  EXPECT_EQ(replay.state_reason, "");
  EXPECT_EQ(replay.ended_at, kEventsFrom + 2h);
  EXPECT_EQ(format_iso_seconds(*replay.last_replayed_time()), "2026-01-02T04:04:00Z");
  EXPECT_EQ(replay.events_max, 30u);
  EXPECT_EQ(replay.seen, 30u);
  EXPECT_EQ(replay.replayed, 30u);
  EXPECT_EQ(metrics->replayed, 30u);
}

TEST_P(Replays, AnEmptyWindowIsCompleted) {
  put_many(3);
  replay_to_its_end("r", wanted(kEventsFrom + 1h, kEventsFrom + 2h));
  EXPECT_EQ(state("r"), ReplayState::kCompleted);
  EXPECT_THAT(numbers(), IsEmpty());
  archive("other");  // never held anything
  replay_to_its_end("s", wanted(kEventsFrom, kEventsFrom + 1h, "other"));
  EXPECT_EQ(state("s"), ReplayState::kCompleted);
}

TEST_P(Replays, AreNotArchivedAgainAndSeeNothingThatCameLater) {
  put_many(20);
  Replayer::NewReplay replay = wanted();
  replay.speed = 1;
  ASSERT_TRUE(start("r", replay));
  advance(5s);
  put(kEventsFrom + 18s, 1'000);
  advance(1min);
  EXPECT_EQ(state("r"), ReplayState::kCompleted);
  EXPECT_EQ(numbers(), from_to(0, 20));
  EXPECT_EQ(archived(), 21u);
}

TEST_P(Replays, MeetTheRulesAsTheyAreNow) {
  put_many(3);
  create_queue("later");
  create_queue("live");
  rule("later", "later", R"({"source":["shop"]})");
  rule("live", "live", R"({"source":["shop"],"replay-name":[{"exists":false}]})");
  replay_to_its_end("r", wanted());
  EXPECT_EQ(numbers("q"), from_to(0, 3));
  EXPECT_EQ(numbers("later"), from_to(0, 3));
  EXPECT_THAT(numbers("live"), IsEmpty());
}

TEST_P(Replays, CanBeForSomeRulesOnly) {
  put_many(3);
  create_queue("other");
  rule("other", "other");
  Replayer::NewReplay replay = wanted();
  replay.filter_arns = {rule_arn(home, "default", "other"), rule_arn(home, "default", "nobody")};
  replay_to_its_end("r", replay);
  EXPECT_THAT(numbers("q"), IsEmpty());
  EXPECT_EQ(numbers("other"), from_to(0, 3));
  EXPECT_EQ(record("r").filter_arns, replay.filter_arns);
}

TEST_P(Replays, ATimeWithoutARuleIsReplayedToNobody) {
  put_many(5);
  Replayer::NewReplay replay = wanted();
  replay.filter_arns = {rule_arn(home, "default", "nobody")};
  replay_to_its_end("r", replay);
  EXPECT_EQ(record("r").replayed, 5u);
  EXPECT_THAT(numbers(), IsEmpty());
}

TEST_P(Replays, ManyEventsAllComeOnceAndInOrder) {
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<Publisher::Addressed> events;
    for (int i = 0; i < 100; ++i) {
      const int number = batch * 100 + i;
      events.push_back(event(kEventsFrom + number / 3 * 1s, number));
    }
    ASSERT_TRUE(run(publisher->publish(std::move(events))));
  }
  replay_to_its_end("r", wanted());
  EXPECT_EQ(numbers(), from_to(0, 2'000));
}

// ---- beyond AWS

TEST_P(Replays, APatternChoosesAmongTheEventsAsTheyWereArchived) {
  for (int i = 0; i < 10; ++i) put(kEventsFrom + i * 1s, i);
  Replayer::NewReplay replay = wanted();
  replay.pattern = R"({"detail":{"n":[{"numeric":["<",3]}]},"replay-name":[{"exists":false}]})";
  replay_to_its_end("r", replay);
  EXPECT_THAT(numbers(), ElementsAre(0, 1, 2));
  EXPECT_EQ(record("r").seen, 10u);
  EXPECT_EQ(record("r").replayed, 3u);
  EXPECT_EQ(metrics->left_out, 7u);
}

TEST_P(Replays, ASpeedKeepsThePaceOfTheEvents) {
  put(kEventsFrom + 600s, 0);  // the pace counts from the first event, wherever the window begins
  put(kEventsFrom + 601s, 1);
  put(kEventsFrom + 660s, 2);
  put(kEventsFrom + 660s, 3);
  Replayer::NewReplay replay = wanted();
  replay.speed = 2;
  ASSERT_TRUE(start("r", replay));
  settle();
  EXPECT_THAT(numbers(), ElementsAre(0));
  advance(499ms);
  EXPECT_THAT(numbers(), IsEmpty());
  advance(1ms);
  EXPECT_THAT(numbers(), ElementsAre(1));
  advance(29s + 499ms);
  EXPECT_THAT(numbers(), IsEmpty());
  EXPECT_EQ(state("r"), ReplayState::kRunning);
  advance(1ms);
  EXPECT_THAT(numbers(), ElementsAre(2, 3));
  until([&] { return state("r") == ReplayState::kCompleted; });
}

TEST_P(Replays, ASpeedKeepsItsPaceWhenTheClockIsSetBack) {
  put(kEventsFrom, 0);
  put(kEventsFrom + 3600s, 1);
  put(kEventsFrom + 7200s, 2);
  Replayer::NewReplay replay = wanted();
  replay.speed = 1;
  ASSERT_TRUE(start("r", replay));
  settle();
  advance(30min);
  EXPECT_THAT(numbers(), ElementsAre(0));
  clock.set(clock.now() - 24h);
  advance(29min);
  EXPECT_THAT(numbers(), IsEmpty());
  advance(1min);
  EXPECT_THAT(numbers(), ElementsAre(1)) << "it had half an hour left";
  advance(59min);
  EXPECT_THAT(numbers(), IsEmpty());
  advance(1min);
  EXPECT_THAT(numbers(), ElementsAre(2));
}

TEST_P(Replays, MayGoToAnotherBusAndItsRules) {
  put_many(3);
  bus("staging");
  create_queue("there");
  rule("there", "there", R"({"source":["shop"]})", "staging");
  Replayer::NewReplay replay = wanted(kEventsFrom, kEventsFrom + 1h, "all", "staging");
  EXPECT_EQ(tried("r", replay),
            "invalid: Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.");
  replay.any_bus = true;
  replay_to_its_end("r", replay);
  EXPECT_EQ(numbers("there"), from_to(0, 3));
  EXPECT_THAT(numbers("q"), IsEmpty());
}

class ReplaysElsewhere : public Replays {
 protected:
  Replayer::NewReplay there() {
    Replayer::NewReplay replay = wanted();
    replay.destination_arn = "arn:aws:events:eu-west-1:999999999999:event-bus/main";
    replay.any_bus = true;
    return replay;
  }
};

TEST_P(ReplaysElsewhere, GoInTensAndInOrder) {
  put_many(25);
  replay_to_its_end("r", there());
  EXPECT_EQ(state("r"), ReplayState::kCompleted);
  EXPECT_EQ(numbers_of(elsewhere.delivered), from_to(0, 25));
  EXPECT_LE(*std::ranges::max_element(elsewhere.calls), 10u);
  EXPECT_EQ(record("r").replayed, 25u);
  EXPECT_THAT(numbers(), IsEmpty()) << "nothing is published here";
}

TEST_P(ReplaysElsewhere, WhatIsNotTakenNowIsTriedAgainUntilItIs) {
  put_many(3);
  for (int i = 0; i < 4; ++i) elsewhere.answers.push_back(AttemptOutcome::retry("THROTTLING", "slowly"));
  ASSERT_TRUE(start("r", there()));
  settle();
  EXPECT_THAT(elsewhere.delivered, IsEmpty());
  advance(1min);
  until([&] { return record("r").over(); });
  EXPECT_EQ(numbers_of(elsewhere.delivered).size(), 3u);
  EXPECT_EQ(record("r").replayed, 3u);
  EXPECT_EQ(record("r").failed, 0u);
}

TEST_P(ReplaysElsewhere, WhatIsRefusedForGoodIsCountedAndTheRestGoesOn) {
  put_many(12);
  elsewhere.answers = {AttemptOutcome::delivered(), AttemptOutcome::failed("NO_PERMISSIONS", "not yours")};
  replay_to_its_end("r", there());
  EXPECT_EQ(record("r").replayed, 11u);
  EXPECT_EQ(record("r").failed, 1u);
  EXPECT_EQ(record("r").last_failure, "NO_PERMISSIONS: not yours");
  EXPECT_EQ(metrics->failed, 1u);
}

// Of a server that answers in some old encoding the words are kept in the document that the next start reads.
TEST_P(ReplaysElsewhere, WhatAHostileBusSaysDoesNotKeepTheDaemonFromStarting) {
  put_many(1);
  elsewhere.answers = {AttemptOutcome::failed("NO_PERMISSIONS", "caf\xE9 \xFF\xFE")};
  replay_to_its_end("r", there());
  restart();
  EXPECT_EQ(record("r").failed, 1u);
  EXPECT_EQ(record("r").last_failure, "NO_PERMISSIONS: caf\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_P(ReplaysElsewhere, TheirPlaceIsWrittenBehindEachCallSoThatTenComeTwiceAtMost) {
  put_many(70);
  for (int i = 0; i < 40; ++i) elsewhere.answers.push_back(AttemptOutcome::delivered());
  for (int i = 0; i < 1'000; ++i) elsewhere.answers.push_back(AttemptOutcome::retry("THROTTLING", "slowly"));
  ASSERT_TRUE(start("r", there()));
  until([&] { return elsewhere.calls.size() > 4 && !replayer->busy(); });
  EXPECT_EQ(elsewhere.delivered.size(), 40u);
  EXPECT_EQ(record("r").seen, 40u);
  elsewhere.answers.clear();
  restart();
  until([&] { return record("r").over(); });
  EXPECT_EQ(numbers_of(elsewhere.delivered), from_to(0, 70));
}

TEST_P(ReplaysElsewhere, ABusWhoseDeliveryThrowsIsTriedAgain) {
  put_many(3);
  int calls = 0;
  elsewhere.on_call = [&calls] {
    if (++calls == 1) throw std::runtime_error("a bug in the target");
  };
  ASSERT_TRUE(start("r", there()));
  advance(1min);
  until([&] { return record("r").over(); });
  EXPECT_EQ(numbers_of(elsewhere.delivered), from_to(0, 3));
  EXPECT_THAT(log_text.str(), HasSubstr("A delivery failed: a bug."));
}

TEST_P(ReplaysElsewhere, ABusThatTakesNothingCanBeGivenUp) {
  put_many(3);
  for (int i = 0; i < 1'000; ++i) elsewhere.answers.push_back(AttemptOutcome::retry("THROTTLING", "slowly"));
  ASSERT_TRUE(start("r", there()));
  settle();
  ASSERT_TRUE(run(replayer->cancel({home, "r"})));
  until([&] { return state("r") == ReplayState::kCancelled; });
}

// ---- ends

TEST_P(Replays, CanBeCancelled) {
  put_many(60);
  Replayer::NewReplay replay = wanted();
  replay.speed = 1;
  ASSERT_TRUE(start("r", replay));
  advance(10s);
  EXPECT_EQ(state("r"), ReplayState::kRunning);
  const auto cancelled = run(replayer->cancel({home, "r"}));
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->state, ReplayState::kCancelling);
  until([&] { return state("r") == ReplayState::kCancelled; });  // though time stands still
  EXPECT_EQ(record("r").ended_at, clock.now());
  EXPECT_EQ(format_iso_seconds(*record("r").last_replayed_time()), "2026-01-02T03:04:00Z");
  EXPECT_EQ(numbers(), from_to(0, 11));
  advance(1h);
  EXPECT_THAT(numbers(), IsEmpty());
  const auto again = run(replayer->cancel({home, "r"}));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(again.error().message, "Replay r is not in a valid state for this operation.");
  const auto unknown = run(replayer->cancel({home, "x"}));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, "Replay x does not exist.");
}

// As a process that is taken apart without a stop: what sleeps ends with the event loop.
TEST_P(Replays, ThatWaitMayOutliveTheirEventLoop) {
  put(kEventsFrom, 0);
  put(kEventsFrom + 3600s, 1);
  Replayer::NewReplay replay = wanted();
  replay.speed = 1;
  ASSERT_TRUE(start("r", replay));
  settle();
  lose_the_loop();
  EXPECT_EQ(state("r"), ReplayState::kRunning);
}

TEST_P(Replays, AResetLeavesNothingOfThemWhateverTheyAreAt) {
  put_many(60);
  replay_to_its_end("over", wanted(kEventsFrom, kEventsFrom + 5s));
  Replayer::NewReplay paced = wanted();
  paced.speed = 1;
  ASSERT_TRUE(start("r", paced));
  advance(10s);
  EXPECT_EQ(numbers().size(), 5u + 11u);
  EXPECT_EQ(run(replayer->reset({"999999999999"})).value(), 0u);
  EXPECT_EQ(replayer->replays(home).size(), 2u);

  EXPECT_EQ(run(replayer->reset({home.account})).value(), 2u);
  EXPECT_THAT(replayer->replays(home), IsEmpty());
  EXPECT_FALSE(replayer->replay({home, "r"}));
  EXPECT_THAT(storage->catalog().list("replay/"), IsEmpty());
  advance(1h);
  EXPECT_THAT(numbers(), IsEmpty()) << "it publishes no more";

  // Another one of the name, though the clock stands still and the first may not have noticed yet, is on its own.
  ASSERT_TRUE(start("r", paced));
  advance(10s);
  EXPECT_EQ(run(replayer->reset({})).value(), 1u);
  Replayer::NewReplay other = wanted(kEventsFrom + 30s, kEventsFrom + 40s);
  ASSERT_TRUE(start("r", other));
  until([&] { return state("r") == ReplayState::kCompleted; });
  std::vector<int> expected = from_to(0, 11);
  std::ranges::copy(from_to(30, 40), std::back_inserter(expected));
  EXPECT_EQ(numbers(), expected);
}

TEST_P(Replays, FailWhenTheirArchiveGoes) {
  put_many(60);
  Replayer::NewReplay replay = wanted();
  replay.speed = 1;
  ASSERT_TRUE(start("r", replay));
  advance(10s);
  ASSERT_TRUE(run(archives->remove({home, "all"})));
  archive("all");  // another one of the same name
  advance(10s);
  EXPECT_EQ(state("r"), ReplayState::kFailed);
  EXPECT_EQ(record("r").state_reason, "Archive resource not found.");
  EXPECT_EQ(numbers(), from_to(0, 11));
}

TEST_P(Replays, FailWhenTheirBusGoes) {
  put_many(60);
  bus("staging");
  Replayer::NewReplay replay = wanted(kEventsFrom, kEventsFrom + 1h, "all", "staging");
  replay.any_bus = true;
  replay.speed = 1;
  ASSERT_TRUE(start("r", replay));
  advance(10s);
  ASSERT_TRUE(run(buses->delete_bus({home, "staging"})));
  advance(10s);
  EXPECT_EQ(state("r"), ReplayState::kFailed);
  EXPECT_EQ(record("r").state_reason, "Event bus staging does not exist.");
}

TEST_P(Replays, AreListedWhenTheirArchiveIsGone) {
  put_many(3);
  replay_to_its_end("r", wanted());
  ASSERT_TRUE(run(archives->remove({home, "all"})));
  EXPECT_EQ(replayer->replays(home).size(), 1u);
  EXPECT_EQ(state("r"), ReplayState::kCompleted);
}

// ---- stopping and starting

TEST_P(Replays, GoOnWhereTheyWereWhenTheDaemonStartsAgain) {
  put_many(60);
  Replayer::NewReplay replay = wanted();
  replay.speed = 1;
  ASSERT_TRUE(start("r", replay));
  advance(10s);
  EXPECT_EQ(numbers(), from_to(0, 11));
  restart();
  EXPECT_EQ(state("r"), ReplayState::kRunning);
  settle();
  EXPECT_EQ(numbers(), from_to(11, 12)) << "the pace counts from now: nothing is made up for";
  advance(10s);
  EXPECT_EQ(numbers(), from_to(12, 22));
  restart();
  advance(1h);
  until([&] { return state("r") == ReplayState::kCompleted; });
  EXPECT_EQ(numbers(), from_to(22, 60));
  EXPECT_EQ(record("r").replayed, 60u);
}

TEST_P(Replays, ACancellationIsRememberedOverAStop) {
  put_many(60);
  Replayer::NewReplay replay = wanted();
  replay.speed = 1;
  ASSERT_TRUE(start("r", replay));
  advance(10s);
  ASSERT_TRUE(run(replayer->cancel({home, "r"})));
  restart();  // before it was carried out
  until([&] { return state("r") == ReplayState::kCancelled; });
}

// ---- beginnings

TEST_P(Replays, AreRefusedInAwsWords) {
  put_many(3);
  EXPECT_EQ(tried("r", wanted(kEventsFrom, kEventsFrom)),
            "invalid: Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.");
  EXPECT_EQ(tried("r", wanted(kEventsFrom + 1s, kEventsFrom)),
            "invalid: Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.");
  EXPECT_EQ(tried("r", wanted(kEventsFrom, kEventsFrom + 1h, "nope")),
            "invalid: Parameter EventSourceArn is not valid. Reason: Archive nope does not exist.");
  EXPECT_EQ(tried("r", wanted(kEventsFrom, kEventsFrom + 1h, "all", "nope")),
            "not found: Event bus nope does not exist.");
  Replayer::NewReplay odd = wanted();
  odd.destination_arn = rule_arn(home, "default", "replayed");
  EXPECT_EQ(tried("r", odd), "invalid: Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.");
  odd = wanted();
  odd.archive_arn = "arn:aws:events:eu-west-1:000000000000:archive/all";
  EXPECT_EQ(tried("r", odd), "invalid: Parameter EventSourceArn is not valid. Reason: Archive all does not exist.");
  odd = wanted();
  odd.pattern = "{";
  EXPECT_THAT(tried("r", odd), HasSubstr("Event pattern is not valid. Reason: "));
  EXPECT_THAT(replayer->replays(home), IsEmpty());
  EXPECT_EQ(replayer->replay({home, "r"}).error().message, "Replay r does not exist.");
}

TEST_P(Replays, KeepTheirNamesForNinetyDays) {
  replay_to_its_end("r", wanted());
  EXPECT_EQ(tried("r", wanted()), "conflict: Replay r already exists.");
  clock.set(clock.now() + 24h * 90 - 1ms);
  EXPECT_EQ(tried("r", wanted()), "conflict: Replay r already exists.");
  clock.set(clock.now() + 1ms);
  EXPECT_THAT(replayer->replays(home), IsEmpty());
  EXPECT_FALSE(replayer->replay({home, "r"}));
  replay_to_its_end("r", wanted());
}

TEST_P(Replays, TenAreUnderWayAtMost) {
  put_many(2);
  Replayer::NewReplay replay = wanted();
  replay.speed = 0.001;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(tried("r" + std::to_string(i), replay), "STARTING");
  EXPECT_EQ(tried("eleventh", replay), "limit exceeded: The requested resource exceeds the maximum number allowed.");
  ASSERT_TRUE(run(replayer->cancel({home, "r3"})));
  EXPECT_EQ(tried("eleventh", replay), "STARTING");
  settle();
  EXPECT_EQ(numbers().size(), 10u) << "the first of each, and those of the cancelled one perhaps not";
}

// ---- what stands in the way

TEST_P(Replays, WaitForRoomInTheOutbox) {
  put_many(30);
  limits.outbox_messages_max = 20;
  target("replayed", "arn:aws:lambda:us-east-1:000000000000:function:f");
  ASSERT_TRUE(start("r", wanted()));
  settle();
  const std::vector<QueueId> lanes = buses->lanes();
  ASSERT_EQ(lanes.size(), 1u);
  const auto waiting = [&] { return storage->queues().depth(lanes[0]).value().total(); };
  EXPECT_EQ(waiting(), 10u) << "half of the outbox is for clients";
  EXPECT_EQ(state("r"), ReplayState::kRunning);
  EXPECT_GT(metrics->held_back, 0u);
  std::uint64_t taken = 0;
  while (state("r") == ReplayState::kRunning && taken < 1'000) {
    const auto batch = run(storage->queues().lease({lanes[0], clock.now() + 1h, 100})).value();
    Commit acks;
    for (const LeasedMessage& message : batch.messages) acks.acks.push_back(message.lease.key());
    taken += acks.acks.size();
    ASSERT_TRUE(run(storage->commit(std::move(acks))));
    advance(1min);
  }
  taken += waiting();
  EXPECT_EQ(taken, 30u);
  EXPECT_EQ(state("r"), ReplayState::kCompleted);
}

INSTANTIATE_TEST_SUITE_P(Storages, Replays, ::testing::Values("memory", "rocksdb"));
INSTANTIATE_TEST_SUITE_P(Storages, ReplaysElsewhere, ::testing::Values("memory", "rocksdb"));

// What only a storage in memory can be told to do.
class ReplaysOnFailingStorage : public Replays {};

TEST_P(ReplaysOnFailingStorage, RepeatNothingWhoseCommitTurnsOutToHaveHappened) {
  put_many(200);
  ASSERT_TRUE(start("r", wanted()));
  table->fail_writes(1, MemoryTable::WriteFault::kAmbiguous);
  for (int i = 0; i < 100 && !record("r").over(); ++i) advance(1s);
  EXPECT_EQ(state("r"), ReplayState::kCompleted);
  EXPECT_EQ(numbers(), from_to(0, 200));
}

// The sync of its start failed, and the disk has it all the same.
TEST_P(ReplaysOnFailingStorage, OneWhoseStartFailedInDoubtIsTakenUp) {
  rule("replayed", "q");
  put_many(3);
  table->fail_writes(1, MemoryTable::WriteFault::kAmbiguous);
  EXPECT_THAT(tried("again", wanted()), HasSubstr("unavailable"));
  put_many(1);  // the storage recovers, and finds it
  EXPECT_THAT(tried("again", wanted()), HasSubstr("Replay again already exists."));
  until([&] { return record("again").over(); });
  EXPECT_EQ(state("again"), ReplayState::kCompleted);
  EXPECT_EQ(record("again").replayed, 3U);
}

TEST_P(ReplaysOnFailingStorage, OneWhoseStartFailedInDoubtCanBeCancelled) {
  put_many(3);
  table->fail_writes(1, MemoryTable::WriteFault::kAmbiguous);
  EXPECT_THAT(tried("again", wanted()), HasSubstr("unavailable"));
  put_many(1);
  ASSERT_TRUE(run(replayer->cancel({home, "again"})));
  until([&] { return record("again").over(); });
  EXPECT_EQ(state("again"), ReplayState::kCancelled);
}

TEST_P(ReplaysOnFailingStorage, TryAgainUntilTheStorageTakesIt) {
  put_many(200);
  ASSERT_TRUE(start("r", wanted()));
  table->fail_writes(5);
  for (int i = 0; i < 100 && !record("r").over(); ++i) advance(10s);
  EXPECT_EQ(state("r"), ReplayState::kCompleted);
  EXPECT_EQ(numbers(), from_to(0, 200));
}

INSTANTIATE_TEST_SUITE_P(Storages, ReplaysOnFailingStorage, ::testing::Values("memory"));

}  // namespace
}  // namespace eventbus
