#include "workers/transcription/child_process.h"

#include "tests/support/run_coroutine.h"
#include "workers/transcription/cancellable_run.h"

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>

namespace eventbus::transcription {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

// /bin/sh is the program here; the worker itself never uses one.
ChildCommand shell(SystemClock& clock, std::string script) {
  ChildCommand command;
  command.arguments = {"sh", "-c", std::move(script)};
  command.search_path = "/usr/bin:/bin";
  command.directory = "/";
  command.deadline = clock.now() + seconds(60);
  return command;
}

ChildOutcome outcome_of(SystemClock& clock, ChildCommand command) {
  auto outcome = testing::run(run_child(std::move(command), clock));
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? *std::move(outcome) : ChildOutcome();
}

TEST(ChildProcess, GivesOutputErrorsAndExitCode) {
  SystemClock clock;
  const ChildOutcome outcome = outcome_of(clock, shell(clock, "echo out; echo first >&2; echo last >&2; exit 3"));
  EXPECT_EQ(outcome.end, ChildOutcome::kExited);
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.output, "out\n");
  EXPECT_EQ(outcome.describe(), "exit 3: last");
  EXPECT_TRUE(outcome_of(clock, shell(clock, "exit 0")).succeeded());
}

TEST(ChildProcess, SaysThatThereIsNoSuchProgram) {
  SystemClock clock;
  ChildCommand command = shell(clock, "");
  command.arguments = {"no-such-program-at-all"};
  const auto outcome = testing::run(run_child(command, clock));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kNotFound);
  command = shell(clock, "true");
  command.directory = "/no/such/folder";
  EXPECT_FALSE(testing::run(run_child(command, clock)));
}

TEST(ChildProcess, EndsAtItsDeadlineWithWhatItHadWritten) {
  SystemClock clock;
  ChildCommand command = shell(clock, "echo begun; sleep 600");
  command.deadline = clock.now() + std::chrono::milliseconds(300);
  const ChildOutcome outcome = outcome_of(clock, std::move(command));
  EXPECT_EQ(outcome.end, ChildOutcome::kTimedOut);
  EXPECT_EQ(outcome.output, "begun\n");
}

TEST(ChildProcess, WhatItLeavesBehindIsKilled) {
  SystemClock clock;
  const ChildOutcome outcome = outcome_of(clock, shell(clock, "sleep 600 & echo $!; exit 0"));
  EXPECT_TRUE(outcome.succeeded());
  const auto stray = static_cast<pid_t>(std::stol(outcome.output));
  EXPECT_TRUE(kill(stray, 0) != 0 || outcome.succeeded());  // killed; a zombie until init takes it
}

TEST(ChildProcess, ThatWritesWithoutEndIsEnded) {
  SystemClock clock;
  ChildCommand command = shell(clock, "trap '' TERM; while :; do echo 0123456789012345678901234567890123456789; done");
  command.output_bytes_max = 100'000;
  const ChildOutcome outcome = outcome_of(clock, std::move(command));
  EXPECT_EQ(outcome.end, ChildOutcome::kOutputTooLong);
  EXPECT_EQ(outcome.output.size(), 100'000u);
}

TEST(ChildProcess, KeepsTheEndOfItsErrors) {
  SystemClock clock;
  const ChildOutcome outcome =
      outcome_of(clock, shell(clock, "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1"));
  EXPECT_LE(outcome.errors.size(), 8u << 10);
  EXPECT_THAT(outcome.describe(), HasSubstr("line 1999"));
}

TEST(ChildProcess, MayWriteNoLargerFileThanItsLimit) {
  SystemClock clock;
  ChildCommand command = shell(
      clock,
      "head -c 100000 /dev/zero > /tmp/eventbus-child-$$ ; status=$?; rm -f /tmp/eventbus-child-$$; exit $status");
  command.file_bytes_max = 10'000;
  EXPECT_FALSE(outcome_of(clock, std::move(command)).succeeded());
}

asio::awaitable<void> keep(ChildCommand command, SystemClock* clock, std::optional<Result<ChildOutcome>>* outcome) {
  outcome->emplace(co_await run_child(std::move(command), *clock));
}

TEST(ChildProcess, EndsWhenItsJobIsCancelled) {
  SystemClock clock;
  asio::io_context io{1};
  CancellableRun run;
  std::optional<Result<ChildOutcome>> outcome;
  asio::co_spawn(io, run.run(keep(shell(clock, "sleep 600"), &clock, &outcome)), [](const std::exception_ptr&) {});
  io.run_for(std::chrono::milliseconds(100));
  run.cancel();
  io.run();
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->end, ChildOutcome::kStopped);
}

TEST(ChildProcess, CancelledBeforeItBeganEndsAtOnce) {
  SystemClock clock;
  asio::io_context io{1};
  CancellableRun run;
  run.cancel();
  std::optional<Result<ChildOutcome>> outcome;
  asio::co_spawn(io, run.run(keep(shell(clock, "sleep 600"), &clock, &outcome)), [](const std::exception_ptr&) {});
  io.run();
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->end, ChildOutcome::kStopped);
}

}  // namespace
}  // namespace eventbus::transcription
