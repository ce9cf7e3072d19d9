#include "bus/replay_record.h"

#include "tests/support/manual_clock.h"

#include <gtest/gtest.h>

namespace eventbus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::test_epoch;

ReplayRecord full() {
  ReplayRecord replay;
  replay.name = "again";
  replay.description = "why";
  replay.archive_arn = "arn:aws:events:us-east-1:000000000000:archive/orders";
  replay.archive_id = "6f0c2a7e-0000-4000-8000-000000000001";
  replay.destination_arn = "arn:aws:events:us-east-1:000000000000:event-bus/default";
  replay.filter_arns = {"arn:1", "arn:2"};
  replay.window = {test_epoch(), test_epoch() + hours(1)};
  replay.pattern = R"({"source":["shop"]})";
  replay.speed = 2.5;
  replay.state = ReplayState::kRunning;
  replay.state_reason = "r";
  replay.started_at = test_epoch() + seconds(1);
  replay.ended_at = test_epoch() + seconds(2);
  replay.until = 77;
  replay.place = ReplayPlace{test_epoch() + minutes(3), 12};
  replay.events_max = 70;
  replay.seen = 20;
  replay.replayed = 15;
  replay.failed = 2;
  replay.last_failure = "X: y";
  return replay;
}

TEST(ReplayRecord, IsReadAsItWasWritten) {
  const ReplayRecord before = full();
  const Result<ReplayRecord> after = decode_replay(encode(before));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->name, before.name);
  EXPECT_EQ(after->description, before.description);
  EXPECT_EQ(after->archive_arn, before.archive_arn);
  EXPECT_EQ(after->archive_id, before.archive_id);
  EXPECT_EQ(after->destination_arn, before.destination_arn);
  EXPECT_EQ(after->filter_arns, before.filter_arns);
  EXPECT_EQ(after->window.start, before.window.start);
  EXPECT_EQ(after->window.end, before.window.end);
  EXPECT_EQ(after->pattern, before.pattern);
  EXPECT_EQ(after->speed, before.speed);
  EXPECT_EQ(after->state, before.state);
  EXPECT_EQ(after->state_reason, before.state_reason);
  EXPECT_EQ(after->started_at, before.started_at);
  EXPECT_EQ(after->ended_at, before.ended_at);
  EXPECT_EQ(after->until, before.until);
  EXPECT_EQ(after->place, before.place);
  EXPECT_EQ(after->events_max, before.events_max);
  EXPECT_EQ(after->seen, before.seen);
  EXPECT_EQ(after->replayed, before.replayed);
  EXPECT_EQ(after->failed, before.failed);
  EXPECT_EQ(after->last_failure, before.last_failure);
}

TEST(ReplayRecord, WhatWasNotGivenStaysSo) {
  ReplayRecord before;
  before.name = "n";
  const Result<ReplayRecord> after = decode_replay(encode(before));
  ASSERT_TRUE(after);
  EXPECT_FALSE(after->description || after->pattern || after->ended_at || after->place);
  EXPECT_EQ(after->speed, 0);
  EXPECT_TRUE(after->filter_arns.empty());
}

TEST(ReplayRecord, DamageIsRefused) {
  for (const char* text : {"", "{", "[]", "{}", R"({"version":1,"state":"NO"})", R"({"version":2,"state":"RUNNING"})"})
    EXPECT_FALSE(decode_replay(text)) << text;
}

TEST(ReplayRecord, EveryStateHasItsName) {
  for (const ReplayState state : {ReplayState::kStarting, ReplayState::kRunning, ReplayState::kCancelling,
                                  ReplayState::kCompleted, ReplayState::kCancelled, ReplayState::kFailed})
    EXPECT_EQ(parse_replay_state(to_string(state)), state);
  EXPECT_EQ(parse_replay_state("running"), std::nullopt);
}

TEST(ReplayRecord, PathsNameKeys) {
  const ReplayKey key{{"111122223333", "eu-west-1"}, "a.b-c"};
  EXPECT_EQ(replay_path(key), "replay/111122223333/eu-west-1/a.b-c");
  EXPECT_EQ(replay_key_of(replay_path(key)), key);
  EXPECT_EQ(replay_key_of("rule/111122223333/eu-west-1/a"), std::nullopt);
  EXPECT_EQ(replay_key_of("replay/111122223333"), std::nullopt);
  EXPECT_EQ(replay_arn(key), "arn:aws:events:eu-west-1:111122223333:replay/a.b-c");
}

TEST(ReplayRecord, TheLastReplayedTimeIsTheMinuteThatWasScanned) {
  ReplayRecord replay = full();
  replay.place = std::nullopt;
  EXPECT_EQ(replay.last_replayed_time(), std::nullopt);
  replay.place = ReplayPlace{test_epoch() + seconds(60), 1};  // 03:05:05
  EXPECT_EQ(format_iso_seconds(*replay.last_replayed_time()), "2026-01-02T03:05:00Z");
  replay.state = ReplayState::kCompleted;
  replay.window.end = std::chrono::floor<hours>(test_epoch() + hours(1));  // 04:00:00, which is not in the window
  EXPECT_EQ(format_iso_seconds(*replay.last_replayed_time()), "2026-01-02T03:59:00Z");
}

TEST(ReplayRecord, IsForgottenNinetyDaysAfterItsEnd) {
  ReplayRecord replay = full();
  replay.ended_at = test_epoch();
  EXPECT_FALSE(is_forgotten(replay, test_epoch() + hours(24 * 365))) << "it still runs";
  replay.state = ReplayState::kCompleted;
  EXPECT_FALSE(is_forgotten(replay, test_epoch() + hours(24 * 90) - Duration(1)));
  EXPECT_TRUE(is_forgotten(replay, test_epoch() + hours(24 * 90)));
}

}  // namespace
}  // namespace eventbus
