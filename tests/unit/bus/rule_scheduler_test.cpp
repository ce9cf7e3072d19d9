#include "bus/rule_scheduler.h"

#include "base/virtual_clock.h"
#include "bus/bus_catalog.h"
#include "bus/publisher_metrics.h"
#include "bus/queue_service.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/moved_loop.h"
#include "tests/support/run_coroutine.h"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <set>
#include <sstream>

namespace eventbus {
namespace {

using eventbus::testing::run;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The scheduler of a whole bus in memory, on time that the test moves. Begins at 03:04:05.678.
class SchedulesOfRules : public ::testing::Test {
 protected:
  SchedulesOfRules() {
    clock_.freeze();
    create_queue("q");
    start();
  }
  ~SchedulesOfRules() override { stop(); }

  void start() {
    scheduler_ = std::make_unique<RuleScheduler>(RuleScheduler::Dependencies{catalog_, publisher_, clock_, rng_, log_});
    loop_.spawn(scheduler_->run(), stop_);
  }
  void stop() { loop_.cancel(stop_); }
  void poll() { loop_.poll(); }
  void advance(Duration by) { loop_.advance(by); }

  void create_queue(const std::string& name) {
    ASSERT_TRUE(run(queues_.create({scope_, name, {{"MessageRetentionPeriod", "1209600"}}, {}})));
  }
  void put_rule(const std::string& name, const std::string& expression) {
    RuleSettings settings;
    settings.schedule_expression = expression;
    ASSERT_TRUE(run(catalog_.put_rule({{scope_, "default"}, name}, settings, Tags(), {scope_.account, ""})));
  }
  void put_pattern_rule(const std::string& name, const std::string& pattern) {
    RuleSettings settings;
    settings.event_pattern = pattern;
    ASSERT_TRUE(run(catalog_.put_rule({{scope_, "default"}, name}, settings, Tags(), {scope_.account, ""})));
  }
  void target(const std::string& rule, const std::string& queue, std::optional<std::string> input = std::nullopt) {
    Target target;
    target.id = queue;
    target.arn = "arn:aws:sqs:us-east-1:000000000000:" + queue;
    target.input.input = std::move(input);
    std::vector<Target> targets{std::move(target)};
    ASSERT_TRUE(run(catalog_.put_targets({{scope_, "default"}, rule}, targets, {scope_.account, ""})));
  }
  void set_state(const std::string& rule, RuleState state) {
    ASSERT_TRUE(run(catalog_.set_rule_state({{scope_, "default"}, rule}, state)));
  }

  // Everything on the queue, oldest first.
  std::vector<std::string> bodies(const std::string& queue = "q") {
    std::vector<std::string> all;
    for (;;) {
      const auto batch =
          run(storage_->queues().lease({queues_.find(scope_, queue)->id, clock_.now() + hours(10'000), 10}));
      if (!batch || batch->messages.empty()) return all;
      for (const LeasedMessage& message : batch->messages) all.push_back(message.body);
    }
  }
  std::vector<std::string> times(const std::string& queue = "q") {
    std::vector<std::string> all;
    for (const std::string& body : bodies(queue))
      all.emplace_back(boost::json::parse(body).as_object().at("time").as_string().subview(11));
    return all;
  }

  testing::ManualClock system_{testing::test_epoch()};
  VirtualClock clock_{system_};
  SeededRng rng_{7};
  Limits limits_;
  std::ostringstream log_text_;
  spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text_)};
  PublisherMetrics metrics_;
  std::unique_ptr<Storage> storage_ = make_memory_storage(clock_);
  const Scope scope_{"000000000000", "us-east-1"};
  QueueService queues_{*storage_, clock_, limits_, log_};
  BusCatalog catalog_{*storage_, clock_, limits_, nullptr, log_};
  Publisher publisher_{{catalog_, queues_, *storage_, clock_, rng_, limits_, metrics_, log_}};
  std::unique_ptr<RuleScheduler> scheduler_;
  asio::cancellation_signal stop_;
  testing::MovedLoop loop_{clock_};  // the last: sleepers end with it
};

TEST_F(SchedulesOfRules, CronFiresOnItsMinutes) {
  put_rule("r", "cron(0/20 * * * ? *)");
  target("r", "q");
  advance(hours(1));
  EXPECT_THAT(times(), ElementsAre("03:20:00Z", "03:40:00Z", "04:00:00Z"));
}

TEST_F(SchedulesOfRules, ARateCountsFromTheRule) {
  put_rule("r", "rate(7 minutes)");
  target("r", "q");
  advance(minutes(22));
  EXPECT_THAT(times(), ElementsAre("03:11:05Z", "03:18:05Z", "03:25:05Z"));
}

TEST_F(SchedulesOfRules, EventsLookAsOnAws) {
  put_rule("r", "cron(5 3 * * ? *)");
  target("r", "q");
  advance(minutes(1));
  const auto events = bodies();
  ASSERT_EQ(events.size(), 1u);
  const auto event = boost::json::parse(events[0]).as_object();
  EXPECT_EQ(event.at("source"), "aws.events");
  EXPECT_EQ(event.at("detail-type"), "Scheduled Event");
  EXPECT_EQ(event.at("time"), "2026-01-02T03:05:00Z");
  EXPECT_EQ(event.at("account"), "000000000000");
  EXPECT_EQ(event.at("resources"), boost::json::parse(R"(["arn:aws:events:us-east-1:000000000000:rule/r"])"));
  EXPECT_EQ(event.at("detail"), boost::json::object());
}

TEST_F(SchedulesOfRules, AConstantInputIsSent) {
  put_rule("r", "cron(5 3 * * ? *)");
  target("r", "q", R"({"job":"nightly"})");
  advance(minutes(1));
  EXPECT_THAT(bodies(), ElementsAre(R"({"job":"nightly"})"));
}

TEST_F(SchedulesOfRules, OtherRulesSeeTheSameEvent) {
  create_queue("audit");
  put_rule("r", "cron(5 3 * * ? *)");
  target("r", "q");
  put_pattern_rule("audit", R"({"source":["aws.events"],"detail-type":["Scheduled Event"]})");
  target("audit", "audit");
  put_rule("silent", "cron(6 3 * * ? *)");  // without targets
  advance(minutes(2));
  const auto own = bodies(), seen = bodies("audit");
  ASSERT_EQ(own.size(), 1u);
  ASSERT_EQ(seen.size(), 2u) << "of a rule without targets too";
  EXPECT_EQ(own[0], seen[0]);
}

TEST_F(SchedulesOfRules, DisabledRulesAreSilentAndBeginAnewWhenEnabled) {
  put_rule("r", "rate(5 minutes)");
  target("r", "q");
  set_state("r", RuleState::kDisabled);
  advance(minutes(12));
  EXPECT_THAT(times(), IsEmpty());
  set_state("r", RuleState::kEnabled);  // at 03:16:05
  advance(minutes(6));
  EXPECT_THAT(times(), ElementsAre("03:21:05Z"));
}

TEST_F(SchedulesOfRules, PuttingTheSameExpressionKeepsTheCadenceAnotherStartsAnew) {
  put_rule("r", "rate(5 minutes)");
  target("r", "q");
  advance(minutes(3));
  put_rule("r", "rate(5 minutes)");
  advance(minutes(3));
  put_rule("r", "rate(1 minute)");  // at 03:10:05
  advance(minutes(1));
  EXPECT_THAT(times(), ElementsAre("03:09:05Z", "03:11:05Z"));
}

TEST_F(SchedulesOfRules, WhatHasGoneMeanwhileIsNotFired) {
  put_rule("r", "cron(30 3 * * ? *)");
  advance(minutes(25));
  ASSERT_TRUE(run(catalog_.delete_rule({{scope_, "default"}, "r"}, false)));
  put_pattern_rule("all", R"({"source":["aws.events"]})");
  target("all", "q");
  advance(minutes(10));
  EXPECT_THAT(times(), IsEmpty());
}

TEST_F(SchedulesOfRules, WhatWasDueWhileItWasDownIsNotMadeUpFor) {
  put_rule("r", "cron(0/10 * * * ? *)");
  target("r", "q");
  stop();
  clock_.set(clock_.now() + minutes(30));  // 03:34:05
  start();
  advance(minutes(10));
  EXPECT_THAT(times(), ElementsAre("03:40:00Z"));
  EXPECT_THAT(log_text_.str(), HasSubstr("what was due before is not made up for. rules=1"));
}

TEST_F(SchedulesOfRules, AJumpOfTimeIsSaidAndNotMadeUpFor) {
  put_rule("r", "cron(0/10 * * * ? *)");
  target("r", "q");
  clock_.set(clock_.now() + hours(6));  // 09:04:05
  poll();
  advance(minutes(10));
  EXPECT_THAT(times(), ElementsAre("09:10:00Z"));
  EXPECT_THAT(log_text_.str(), HasSubstr("Time has jumped"));
}

TEST_F(SchedulesOfRules, NothingComesTwiceOverADay) {
  put_rule("r", "rate(1 minute)");
  target("r", "q");
  advance(hours(24));
  const std::vector<std::string> fired = times();
  EXPECT_EQ(fired.size(), 1'440u);
  EXPECT_EQ(std::set<std::string>(fired.begin(), fired.end()).size(), 1'440u);
}

TEST_F(SchedulesOfRules, ARuleThatFindsNoRoomWaitsForItAndHoldsUpNoOther) {
  limits_.outbox_messages_max = 0;
  put_rule("a-call", "cron(0/10 * * * ? *)");
  Target function;
  function.id = "f";
  function.arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  std::vector<Target> targets{function};
  ASSERT_TRUE(run(catalog_.put_targets({{scope_, "default"}, "a-call"}, targets, {scope_.account, ""})));
  put_rule("b-message", "cron(0/5 * * * ? *)");
  target("b-message", "q");
  advance(minutes(6));  // 03:10:05
  EXPECT_THAT(times(), ElementsAre("03:05:00Z", "03:10:00Z"));
  const QueueId lane = catalog_.lanes().at(0);
  EXPECT_EQ(storage_->queues().depth(lane)->total(), 0u);
  limits_.outbox_messages_max = 10;
  advance(seconds(10));
  EXPECT_EQ(storage_->queues().depth(lane)->total(), 1u) << "late, and once";
  limits_.outbox_messages_max = 0;
  advance(minutes(20));
  EXPECT_EQ(storage_->queues().depth(lane)->total(), 1u);
  EXPECT_THAT(times(), ElementsAre("03:15:00Z", "03:20:00Z", "03:25:00Z", "03:30:00Z"));
  EXPECT_THAT(log_text_.str(),
              HasSubstr("a scheduled rule could not be fired "
                        "rule=arn:aws:events:us-east-1:000000000000:rule/a-call due=2026-01-02T03:20:00Z "
                        "reason=\"Too many deliveries are waiting for their targets.\""));
}

TEST_F(SchedulesOfRules, WindowsInWhichNothingIsDueArePassedOver) {
  put_rule("r", "cron(0 12 * * ? *)");
  target("r", "q");
  std::size_t stops = 0;
  loop_.advance(hours(24 * 13), [&stops] { ++stops; });
  EXPECT_EQ(times().size(), 13u);
  EXPECT_LE(stops, 13 * 26u);
}

TEST_F(SchedulesOfRules, ARuleThatIsMadeWhileTimeIsMovedIsNotPassedOver) {
  bool made = false;
  loop_.advance(hours(3), [&] {
    if (std::exchange(made, true)) return;
    put_rule("r", "rate(7 minutes)");  // by a client, just before the clock goes on
    target("r", "q");
  });
  EXPECT_EQ(times().size(), 3 * 60 / 7u);
}

TEST_F(SchedulesOfRules, FireFromThereOnWhenTimeIsSetBack) {
  put_rule("r", "rate(1 hour)");
  target("r", "q");
  const TimePoint began = clock_.now();
  clock_.set(began + hours(24 * 365) + minutes(10));
  poll();
  advance(minutes(5));
  clock_.set(began + seconds(30));
  poll();
  advance(hours(2));
  EXPECT_THAT(times(), ElementsAre("04:04:05Z", "05:04:05Z"));
}

}  // namespace
}  // namespace eventbus
