#include "bus/schedule_runner.h"

#include "base/virtual_clock.h"
#include "bus/iso_time.h"
#include "bus/message_attributes.h"
#include "bus/queue_service.h"
#include "bus/schedule_invocation.h"
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
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

class KnownLanes final : public LaneListener {
 public:
  void arrived(std::span<const QueueId> lanes) override { told.insert(lanes.begin(), lanes.end()); }
  std::set<QueueId> told;
};

// A life of the daemon, as far as schedules go, over storage that outlives it.
struct Life {
  Life(Storage& storage, VirtualClock& clock, Rng& rng, const Limits& limits, spdlog::logger& log,
       const QueueDirectory& queues, const bool& full)
      : catalog({storage, clock, rng, log}, ScheduleLimits{.groups = 3, .schedules = 10'000, .tags = 3}),
        lanes(storage, clock),
        metrics([this] { return catalog.size(); }),
        runner({catalog, lanes, queues, outbox,
                [](const Arn& queue) { return queue.resource.starts_with("elsewhere"); }, limits, clock, rng, metrics,
                log, [&full] { return full ? Result<void>(limit_exceeded("full")) : Result<void>(); }}) {
    EXPECT_TRUE(catalog.load());
    EXPECT_TRUE(lanes.load());
  }
  ScheduleCatalog catalog;
  ScheduleLanes lanes;
  KnownLanes outbox;
  ScheduleMetrics metrics;
  ScheduleRunner runner;
  asio::cancellation_signal stop;
};

// Schedules in memory, on time that the test moves. Begins at 2026-01-02T03:04:05.678.
class Schedules : public ::testing::Test {
 protected:
  Schedules() {
    clock_.freeze();
    for (const char* name : {"q", "dead", "q.fifo", "elsewhere"}) create_queue(name);
    begin();
  }
  ~Schedules() override { end(); }

  void begin() {
    life_ = std::make_unique<Life>(*storage_, clock_, rng_, limits_, log_, queues_, outbox_is_full_);
    loop_.spawn(life_->runner.run(), life_->stop);
  }
  void end() {
    loop_.cancel(life_->stop);
    life_.reset();
  }
  void poll() { loop_.poll(); }
  void advance(Duration by) { loop_.advance(by); }
  // Nobody is there while time passes.
  void down_for(Duration time) {
    end();
    clock_.set(clock_.now() + time);
    begin();
    poll();
  }

  void create_queue(const std::string& name) {
    std::map<std::string, std::string> attributes = {{"MessageRetentionPeriod", "1209600"}};
    if (name.ends_with(".fifo")) attributes["FifoQueue"] = "true", attributes["ContentBasedDeduplication"] = "true";
    ASSERT_TRUE(run(queues_.create({scope_, name, attributes, {}})));
  }
  ScheduleKey key(const std::string& name, const std::string& group = "default") { return {{scope_, group}, name}; }
  ScheduleSettings settings(const std::string& expression, const std::string& queue = "q") {
    ScheduleSettings settings;
    settings.expression = expression;
    settings.target.id = kScheduleTargetId;
    settings.target.arn = "arn:aws:sqs:us-east-1:000000000000:" + queue;
    settings.target.input.input = "<aws.scheduler.scheduled-time>";
    settings.target.dead_letter = DeadLetterConfig{"arn:aws:sqs:us-east-1:000000000000:dead"};
    return settings;
  }
  void create(const std::string& name, ScheduleSettings settings) {
    const auto created = run(life_->catalog.create(key(name), std::move(settings), ""));
    ASSERT_TRUE(created) << created.error().message;
    poll();
  }
  void create(const std::string& name, const std::string& expression) { create(name, settings(expression)); }
  bool exists(const std::string& name) { return life_->catalog.schedule(key(name)).has_value(); }

  std::vector<LeasedMessage> messages(const std::string& queue) {
    std::vector<LeasedMessage> all;
    for (;;) {
      auto batch = run(storage_->queues().lease({queues_.find(scope_, queue)->id, clock_.now() + hours(10'000), 10}));
      if (!batch || batch->messages.empty()) return all;
      std::ranges::move(batch->messages, std::back_inserter(all));
    }
  }
  // Something that needs a lane.
  ScheduleSettings call(const std::string& expression) {
    ScheduleSettings call = settings(expression);
    call.target.arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
    return call;
  }
  double metric(const std::string& name) {
    for (const auto& family : life_->metrics.Collect())
      if (family.name == name) return family.metric.at(0).counter.value;
    ADD_FAILURE() << name;
    return 0;
  }
  // Everything on the queue, oldest first; times are without their day.
  std::vector<std::string> bodies(const std::string& queue = "q") {
    std::vector<std::string> all;
    for (const LeasedMessage& message : messages(queue))
      all.push_back(message.body.starts_with("2026-01-02T") ? message.body.substr(11) : message.body);
    return all;
  }
  std::map<std::string, std::string> dead_letter() {
    std::map<std::string, std::string> found;
    for (const LeasedMessage& message : messages("dead"))
      for (const auto& [name, value] : MessageAttributes::decode(message.attributes).user) found[name] = value.value;
    return found;
  }
  // What waits in the lanes.
  std::vector<Delivery> deliveries() {
    std::vector<Delivery> all;
    for (const QueueId lane : life_->lanes.lanes()) {
      const auto batch = run(storage_->queues().lease({lane, clock_.now() + hours(10'000), 1'000}));
      for (const LeasedMessage& message : batch->messages) all.push_back(Delivery::decode(message.body).value());
    }
    return all;
  }

  testing::ManualClock system_{testing::test_epoch()};
  VirtualClock clock_{system_};
  SeededRng rng_{7};
  Limits limits_;
  bool outbox_is_full_ = false;
  std::ostringstream log_text_;
  spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text_)};
  std::shared_ptr<MemoryTable> table_ = std::make_shared<MemoryTable>();
  std::unique_ptr<Storage> storage_ = open_memory_storage(table_, clock_).value();
  const Scope scope_{"000000000000", "us-east-1"};
  QueueService queues_{*storage_, clock_, limits_, log_};
  std::unique_ptr<Life> life_;
  testing::MovedLoop loop_{clock_};  // the last: sleepers end with it
};

// ---- On time ----

TEST_F(Schedules, CronFiresOnItsMinutes) {
  create("s", "cron(0/20 * * * ? *)");
  advance(hours(1));
  EXPECT_THAT(bodies(), ElementsAre("03:20:00Z", "03:40:00Z", "04:00:00Z"));
}

TEST_F(Schedules, ARateFiresAtOnceAndThenInSteps) {
  create("s", "rate(7 minutes)");
  advance(minutes(15));
  EXPECT_THAT(bodies(), ElementsAre("03:04:05Z", "03:11:05Z", "03:18:05Z"));
}

TEST_F(Schedules, AtFiresOnce) {
  create("s", "at(2026-01-02T03:30:30)");
  advance(hours(5));
  EXPECT_THAT(bodies(), ElementsAre("03:30:30Z"));
  EXPECT_TRUE(exists("s"));
}

TEST_F(Schedules, ATimeThatHasPassedFiresAtOnce) {
  create("s", "at(2025-06-01T00:00:00)");
  EXPECT_THAT(bodies(), ElementsAre("2025-06-01T00:00:00Z"));
}

TEST_F(Schedules, AnEarlierScheduleWakesWhoSleepsForALaterOne) {
  create("late", "at(2026-01-02T05:00:00)");
  create("soon", "at(2026-01-02T03:05:00)");
  advance(minutes(2));
  EXPECT_THAT(bodies(), ElementsAre("03:05:00Z"));
}

TEST_F(Schedules, ADisabledScheduleFiresFromItsEnablingOn) {
  ScheduleSettings off = settings("cron(0/20 * * * ? *)");
  off.enabled = false;
  create("s", off);
  advance(hours(1));
  EXPECT_THAT(bodies(), IsEmpty());
  off.enabled = true;
  ASSERT_TRUE(run(life_->catalog.update(key("s"), off)));
  poll();
  advance(minutes(20));
  EXPECT_THAT(bodies(), ElementsAre("04:20:00Z"));
}

TEST_F(Schedules, StartAndEndBoundARate) {
  ScheduleSettings bounded = settings("rate(10 minutes)");
  bounded.start = parse_iso_time("2026-01-02T04:00:00Z");
  bounded.end = parse_iso_time("2026-01-02T04:20:00Z");
  create("s", bounded);
  advance(hours(3));
  EXPECT_THAT(bodies(), ElementsAre("04:00:00Z", "04:10:00Z", "04:20:00Z"));
}

TEST_F(Schedules, AFlexibleWindowFiresSomewhereInIt) {
  std::set<Duration> delays;
  for (int i = 0; i < 20; ++i) {
    ScheduleSettings flexible = settings("at(2026-01-02T04:00:00)");
    flexible.window = {true, 15};
    create("s" + std::to_string(i), flexible);
  }
  const TimePoint due = parse_iso_time("2026-01-02T04:00:00Z").value();
  advance(due - clock_.now() - Duration(1));
  EXPECT_THAT(bodies(), IsEmpty());
  std::size_t fired = 0;
  for (int minute = 0; minute < 16; ++minute) {
    advance(minutes(1));
    const std::size_t now = bodies().size();
    if (now > 0) delays.insert(clock_.now() - due);
    fired += now;
  }
  EXPECT_EQ(fired, 20u);
  EXPECT_THAT(delays, SizeIs(Ge(5u))) << "twenty schedules spread over fifteen minutes";
  EXPECT_THAT(delays, ::testing::Each(AllOf(Ge(Duration(0)), Le(Duration(minutes(15))))));
}

TEST_F(Schedules, TenThousandAtOneMomentAllFireOnce) {
  for (int i = 0; i < 2'000; ++i)
    ASSERT_TRUE(run(life_->catalog.create(key("s" + std::to_string(i)), settings("at(2026-01-02T04:00:00)"), "")));
  poll();
  advance(hours(1));
  EXPECT_THAT(messages("q"), SizeIs(2'000));
}

// ---- Once, through restarts ----

TEST_F(Schedules, ARestartNeitherRepeatsNorForgets) {
  create("s", "cron(0/20 * * * ? *)");
  create("once", "at(2026-01-02T03:50:00)");
  advance(minutes(40));
  EXPECT_THAT(bodies(), ElementsAre("03:20:00Z", "03:40:00Z"));
  down_for(seconds(5));
  advance(minutes(30));
  EXPECT_THAT(bodies(), ElementsAre("03:50:00Z", "04:00:00Z"));
  down_for(seconds(5));
  EXPECT_THAT(bodies(), IsEmpty());
}

TEST_F(Schedules, WhatRecurredWhileDownIsLeftOutAndSaid) {
  create("s", "cron(0/20 * * * ? *)");
  down_for(hours(2));
  EXPECT_THAT(log_text_.str(), HasSubstr("schedules=1 late=0 left_out=1"));
  advance(minutes(20));
  EXPECT_THAT(bodies(), ElementsAre("05:20:00Z"));
}

TEST_F(Schedules, WhatCameDueInTheLastMinuteIsNotLost) {
  create("s", "cron(5 * * * ? *)");
  down_for(seconds(100));
  EXPECT_THAT(bodies(), ElementsAre("03:05:00Z"));
}

TEST_F(Schedules, AOneTimeScheduleIsLateWhenTheDaemonWasDown) {
  create("s", "at(2026-01-02T03:30:00)");
  down_for(hours(20));
  EXPECT_THAT(log_text_.str(), HasSubstr("late=1 left_out=0"));
  EXPECT_THAT(bodies(), ElementsAre("03:30:00Z"));
}

TEST_F(Schedules, AOneTimeScheduleThatBecameTooOldIsADeadLetter) {
  ScheduleSettings hasty = settings("at(2026-01-02T03:30:00)");
  hasty.target.retry = RetryPolicy{3, 60};
  create("s", hasty);
  down_for(hours(1));
  EXPECT_THAT(bodies(), IsEmpty());
  const auto letter = dead_letter();
  EXPECT_EQ(letter.at("EXHAUSTED_RETRY_CONDITION"), "MaximumEventAgeInSeconds");
  EXPECT_EQ(letter.at("SCHEDULED_TIME"), "2026-01-02T03:30:00Z");
  down_for(seconds(1));
  EXPECT_THAT(messages("dead"), IsEmpty()) << "once";
}

TEST_F(Schedules, AWindowThatIsStillOpenIsUsed) {
  ScheduleSettings flexible = settings("cron(10 3 * * ? *)");
  flexible.window = {true, 60};
  create("s", flexible);
  down_for(minutes(30));
  advance(minutes(60));
  EXPECT_THAT(bodies(), ElementsAre("03:10:00Z"));
}

TEST_F(Schedules, AJumpOfTimeLeavesOutWhatRecurred) {
  create("s", "cron(0/20 * * * ? *)");
  clock_.set(clock_.now() + hours(3));
  poll();
  advance(minutes(20));
  EXPECT_THAT(bodies(), ElementsAre("06:20:00Z"));
  EXPECT_THAT(log_text_.str(), HasSubstr("what they missed is not made up for. schedules=1"));
}

// ---- After the last time ----

TEST_F(Schedules, ACompleteScheduleGoesWhenItWantsTo) {
  ScheduleSettings once = settings("at(2026-01-02T03:30:00)");
  once.delete_after_completion = true;
  create("once", once);
  ScheduleSettings bounded = settings("rate(10 minutes)");
  bounded.end = clock_.now() + minutes(15);
  bounded.delete_after_completion = true;
  create("bounded", bounded);
  advance(minutes(9));
  EXPECT_TRUE(exists("bounded"));
  advance(hours(1));
  EXPECT_FALSE(exists("once"));
  EXPECT_FALSE(exists("bounded"));
  EXPECT_THAT(storage_->catalog().list("schedule"), IsEmpty()) << "nothing of them stays";
}

TEST_F(Schedules, ACompleteScheduleThatWasFoundLateGoesAsSoonAsTheStorageTakesIt) {
  ScheduleSettings bounded = settings("rate(10 minutes)");
  bounded.end = clock_.now() + minutes(15);
  bounded.delete_after_completion = true;
  create("bounded", bounded);
  table_->fail_writes(3);
  down_for(hours(1));
  EXPECT_TRUE(exists("bounded"));
  for (int i = 0; i < 5 && exists("bounded"); ++i) advance(seconds(10));
  EXPECT_FALSE(exists("bounded"));
  EXPECT_THAT(storage_->catalog().list("schedule"), IsEmpty());
}

// ---- Changing ----

TEST_F(Schedules, AnUpdateOfTheTargetKeepsTheCadence) {
  create("s", "rate(10 minutes)");
  advance(minutes(4));
  EXPECT_THAT(bodies(), ElementsAre("03:04:05Z"));
  ScheduleSettings changed = settings("rate(10 minutes)");
  changed.target.input.input = "changed";
  ASSERT_TRUE(run(life_->catalog.update(key("s"), changed)));
  poll();
  advance(minutes(5));
  EXPECT_THAT(bodies(), IsEmpty());
  advance(minutes(2));
  EXPECT_THAT(bodies(), ElementsAre("changed"));
}

TEST_F(Schedules, AnUpdateOfTheTimeBeginsAnew) {
  create("s", "at(2026-01-02T03:05:00)");
  advance(minutes(2));
  EXPECT_THAT(bodies(), ElementsAre("03:05:00Z"));
  ASSERT_TRUE(run(life_->catalog.update(key("s"), settings("at(2026-01-02T03:10:00)"))));
  poll();
  down_for(seconds(1));
  advance(minutes(10));
  EXPECT_THAT(bodies(), ElementsAre("03:10:00Z"));
}

TEST_F(Schedules, TheSameClientTokenMakesTheSameSchedule) {
  const auto first = run(life_->catalog.create(key("s"), settings("rate(1 day)"), "token"));
  ASSERT_TRUE(first);
  EXPECT_EQ(run(life_->catalog.create(key("s"), settings("rate(1 day)"), "token")).value(), *first);
  EXPECT_EQ(run(life_->catalog.create(key("s"), settings("rate(2 days)"), "token")).error().code, ErrorCode::kConflict);
  EXPECT_EQ(run(life_->catalog.create(key("s"), settings("rate(1 day)"), "other")).error().message,
            "Schedule s already exists.");
}

TEST_F(Schedules, AGroupTakesItsSchedulesWithIt) {
  ASSERT_TRUE(run(life_->catalog.create_group({scope_, "g"}, {{"k", "v"}}, "")));
  ASSERT_TRUE(run(life_->catalog.create(key("a", "g"), settings("rate(1 minute)"), "")));
  create("a", "rate(1 hour)");
  poll();
  ASSERT_TRUE(run(life_->catalog.delete_group({scope_, "g"})));
  EXPECT_EQ(life_->catalog.schedule(key("a", "g")).error().message, "Schedule group g does not exist.");
  EXPECT_TRUE(exists("a"));
  (void)bodies();
  advance(minutes(10));
  EXPECT_THAT(bodies(), IsEmpty());
  down_for(seconds(1));
  EXPECT_EQ(life_->catalog.size(), 1u);
}

TEST_F(Schedules, TheDefaultGroupIsAlwaysThere) {
  EXPECT_EQ(run(life_->catalog.create_group({scope_, "default"}, {}, "")).error().message,
            "This operation cannot be performed on schedule group default.");
  EXPECT_EQ(run(life_->catalog.delete_group({scope_, "default"})).error().message,
            "This operation cannot be performed on schedule group default.");
  ASSERT_TRUE(run(life_->catalog.create_group({scope_, "a"}, {}, "")));
  ASSERT_TRUE(run(life_->catalog.create_group({scope_, "z"}, {}, "")));
  const auto names = [&] {
    std::vector<std::string> all;
    for (const auto& group : life_->catalog.groups(scope_)) all.push_back(group->key.name);
    return all;
  };
  EXPECT_THAT(names(), ElementsAre("a", "default", "z"));
  ASSERT_TRUE(run(life_->catalog.tag_group({scope_, "default"}, {{"k", "v"}})));
  EXPECT_THAT(names(), ElementsAre("a", "default", "z"));
}

// ---- What targets are given ----

TEST_F(Schedules, ContextAttributesAreFilledIn) {
  ScheduleSettings telling = settings("at(2026-01-02T03:30:00)");
  telling.target.input.input =
      R"({"arn":"<aws.scheduler.schedule-arn>","at":"<aws.scheduler.scheduled-time>","id":"<aws.scheduler.execution-id>","n":"<aws.scheduler.attempt-number>"})";
  create("s", telling);
  advance(hours(1));
  const auto all = bodies();
  ASSERT_THAT(all, SizeIs(1));
  const auto input = boost::json::parse(all[0]).as_object();
  EXPECT_EQ(input.at("arn"), "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s");
  EXPECT_EQ(input.at("at"), "2026-01-02T03:30:00Z");
  EXPECT_EQ(input.at("id").as_string().size(), 16u);
  EXPECT_EQ(input.at("n"), "1");
}

TEST_F(Schedules, WithoutInputThereIsTheDefaultNotification) {
  ScheduleSettings plain = settings("at(2026-01-02T03:30:00)");
  plain.target.input.input = std::nullopt;
  create("s", plain);
  advance(hours(1));
  const auto all = bodies();
  ASSERT_THAT(all, SizeIs(1));
  const auto event = boost::json::parse(all[0]).as_object();
  EXPECT_EQ(event.at("source"), "aws.scheduler");
  EXPECT_EQ(event.at("detail-type"), "Scheduled Event");
  EXPECT_EQ(event.at("detail"), "{}");
  EXPECT_EQ(event.at("resources").as_array().at(0), "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s");
}

TEST_F(Schedules, AFifoQueueGetsItsGroup) {
  ScheduleSettings ordered = settings("at(2026-01-02T03:30:00)", "q.fifo");
  ordered.target.sqs = SqsParameters{"group"};
  create("s", ordered);
  advance(hours(1));
  const auto all = messages("q.fifo");
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].group, "group");
}

TEST_F(Schedules, AMessageGroupIsTextWhateverItBeginsWith) {
  for (const char* group : {"$.detail.id", "$", "<aws.scheduler.execution-id>"}) {
    ScheduleSettings ordered = settings("at(2026-01-02T03:30:00)", "q.fifo");
    ordered.target.input.input = "{\"detail\":{\"id\":\"no\"},\"n\":\"" + std::string(group) + "\"}";
    ordered.target.sqs = SqsParameters{group};
    create("s" + std::to_string(life_->catalog.size()), ordered);
  }
  advance(hours(1));
  std::set<std::string> groups;
  for (const LeasedMessage& message : messages("q.fifo")) groups.insert(message.group);
  EXPECT_THAT(groups, ::testing::UnorderedElementsAre("$.detail.id", "$", "<aws.scheduler.execution-id>"));
}

TEST_F(Schedules, AQueueThatDoesNotExistIsADeadLetterAtOnce) {
  create("s", settings("at(2026-01-02T03:30:00)", "nowhere"));
  advance(hours(1));
  const auto letter = dead_letter();
  EXPECT_EQ(letter.at("ERROR_CODE"), "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(letter.at("SCHEDULE_ARN"), "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s");
  EXPECT_EQ(letter.at("TARGET_ARN"), "arn:aws:sqs:us-east-1:000000000000:nowhere");
  EXPECT_EQ(letter.at("IS_PAYLOAD_TRUNCATED"), "false");
  EXPECT_EQ(letter.at("RETRY_ATTEMPTS"), "0");
  EXPECT_FALSE(letter.contains("EXHAUSTED_RETRY_CONDITION"));
}

// ---- Lanes ----

TEST_F(Schedules, SchedulesOfOneTargetShareALane) {
  for (const char* name : {"a", "b", "c"}) {
    ScheduleSettings call = settings("at(2026-01-02T03:30:00)");
    call.target.arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
    call.target.input.input = std::string("\"") + name + "\"";
    create(name, call);
  }
  ScheduleSettings other = settings("at(2026-01-02T03:30:00)");
  other.target.arn = "arn:aws:lambda:us-east-1:000000000000:function:g";
  create("d", other);
  EXPECT_THAT(life_->lanes.lanes(), IsEmpty()) << "made when they are needed";
  advance(hours(1));
  EXPECT_THAT(life_->lanes.lanes(), SizeIs(2));
  EXPECT_EQ(life_->outbox.told.size(), 2u);
  down_for(seconds(1));
  const std::vector<Delivery> waiting = deliveries();
  ASSERT_THAT(waiting, SizeIs(4));
  EXPECT_EQ(waiting[0].rule_arn, "arn:aws:scheduler:us-east-1:000000000000:schedule/default/a");
  EXPECT_EQ(waiting[0].input, "\"a\"");
  EXPECT_EQ(waiting[0].scheduled_at, parse_iso_time("2026-01-02T03:30:00Z"));
  EXPECT_EQ(waiting[0].dead_letter_arn, "arn:aws:sqs:us-east-1:000000000000:dead");
}

TEST_F(Schedules, AQueueThatIsForwardedIsReachedThroughALane) {
  create("s", settings("at(2026-01-02T03:30:00)", "elsewhere"));
  advance(hours(1));
  EXPECT_THAT(messages("elsewhere"), IsEmpty());
  EXPECT_THAT(deliveries(), SizeIs(1));
}

TEST_F(Schedules, AMessageGroupTravelsWithTheDelivery) {
  for (const char* group : {"one", "$.two"}) {
    ScheduleSettings ordered = settings("at(2026-01-02T03:30:00)", "elsewhere.fifo");
    ordered.target.sqs = SqsParameters{group};
    create(group, ordered);
  }
  advance(hours(1));
  ASSERT_THAT(life_->lanes.lanes(), SizeIs(1));
  std::set<std::string> groups;
  for (const Delivery& delivery : deliveries()) groups.insert(delivery.message_group);
  EXPECT_THAT(groups, ::testing::UnorderedElementsAre("one", "$.two"));
}

TEST_F(Schedules, AnIdleLaneGoes) {
  ScheduleSettings call = settings("at(2026-01-02T03:30:00)");
  call.target.arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
  create("s", call);
  advance(hours(1));
  ASSERT_TRUE(run(life_->lanes.drop_idle()));
  ASSERT_THAT(life_->lanes.lanes(), SizeIs(1)) << "something waits in it";
  const QueueId lane = life_->lanes.lanes()[0];
  const auto batch = run(storage_->queues().lease({lane, clock_.now() + hours(1), 10}));
  Commit commit;
  commit.acks.push_back(batch->messages.at(0).lease.key());
  ASSERT_TRUE(run(storage_->commit(std::move(commit))));
  ASSERT_TRUE(run(life_->lanes.drop_idle()));
  EXPECT_THAT(life_->lanes.lanes(), IsEmpty());
  EXPECT_FALSE(storage_->queues().exists(lane));
  down_for(seconds(1));
  EXPECT_THAT(life_->lanes.lanes(), IsEmpty());
}

TEST_F(Schedules, AnEventBusGetsAnEnvelope) {
  ScheduleSettings event = settings("at(2026-01-02T03:30:00)");
  event.target.arn = "arn:aws:events:us-east-1:000000000000:event-bus/orders";
  event.target.parameters["EventBridgeParameters"] = {{"Source", "shop"}, {"DetailType", "Tick"}};
  event.target.input.input = R"({"at": "<aws.scheduler.scheduled-time>"})";
  create("s", event);
  event.target.input.input = "[1]";
  create("bad", event);
  advance(hours(1));
  const std::vector<Delivery> waiting = deliveries();
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_EQ(waiting[0].input, R"({"at": "2026-01-02T03:30:00Z"})") << "what a dead letter would hold";
  const auto envelope = boost::json::parse(waiting[0].original_event()).as_object();
  EXPECT_EQ(envelope.at("source"), "shop");
  EXPECT_EQ(envelope.at("detail-type"), "Tick");
  EXPECT_EQ(envelope.at("detail").as_object().at("at"), "2026-01-02T03:30:00Z");
  EXPECT_EQ(dead_letter().at("ERROR_CODE"), "MalformedDetail");
}

// ---- A clock that is set back ----

TEST_F(Schedules, WhatWasFiredIsNotFiredAgainWhenTheClockIsSetBack) {
  create("s", "cron(0/20 * * * ? *)");
  advance(hours(1));
  EXPECT_THAT(bodies(), ElementsAre("03:20:00Z", "03:40:00Z", "04:00:00Z"));
  clock_.set(clock_.now() - minutes(50));
  advance(hours(1));
  EXPECT_THAT(bodies(), IsEmpty());
  advance(minutes(10));
  EXPECT_THAT(bodies(), ElementsAre("04:20:00Z"));
}

TEST_F(Schedules, NorByTheNextLifeOfTheDaemon) {
  create("s", "cron(0/20 * * * ? *)");
  advance(hours(1));
  EXPECT_THAT(bodies(), SizeIs(3));
  down_for(-minutes(50));
  advance(minutes(70));
  EXPECT_THAT(bodies(), ElementsAre("04:20:00Z"));
}

// Who sleeps wakes too early then (base/virtual_clock.h), and must not fire.
TEST_F(Schedules, WhatIsDueIsFiredWhenItsTimeComesByTheClockThatWasSetBack) {
  create("s", "at(2026-01-02T03:30:30)");
  clock_.set(clock_.now() - hours(1));
  advance(minutes(80));  // 03:24
  EXPECT_THAT(bodies(), IsEmpty());
  advance(minutes(10));
  EXPECT_THAT(bodies(), ElementsAre("03:30:30Z"));
}

TEST_F(Schedules, AScheduleMadeAfterTheClockWasSetBackWakesWhoSleepsForALaterTime) {
  create("late", "at(2026-01-02T09:00:00)");
  clock_.set(clock_.now() - hours(2));
  create("soon", "at(2026-01-02T01:10:00)");
  advance(minutes(10));
  EXPECT_THAT(bodies(), ElementsAre("01:10:00Z"));
}

// ---- A full outbox ----

TEST_F(Schedules, WhatNeedsALaneWaitsForRoomAndTheRestDoesNot) {
  outbox_is_full_ = true;
  create("call", call("at(2026-01-02T03:30:00)"));
  create("message", "at(2026-01-02T03:30:00)");
  advance(minutes(40));
  EXPECT_THAT(deliveries(), IsEmpty());
  EXPECT_THAT(life_->lanes.lanes(), IsEmpty());
  EXPECT_THAT(bodies(), ElementsAre("03:30:00Z"));
  EXPECT_GE(metric("eventbus_schedule_held_back_total"), 1);
  EXPECT_LE(metric("eventbus_schedule_held_back_total"), 40) << "looked at less and less often";
  EXPECT_THAT(log_text_.str(), HasSubstr("Schedules wait for room in the outbox. schedules=1"));
  outbox_is_full_ = false;
  advance(minutes(1));
  ASSERT_THAT(deliveries(), SizeIs(1));
  advance(hours(2));
  EXPECT_THAT(deliveries(), IsEmpty()) << "once";
  EXPECT_THAT(dead_letter(), IsEmpty());
}

TEST_F(Schedules, AnOccurrenceThatRecursWaitsForAMinuteAndIsADeadLetterThen) {
  outbox_is_full_ = true;
  create("s", call("cron(0/5 * * * ? *)"));
  advance(minutes(1) + seconds(10));  // 03:05:15
  EXPECT_THAT(dead_letter(), IsEmpty());
  advance(seconds(50));
  const auto letter = dead_letter();
  EXPECT_EQ(letter.at("ERROR_CODE"), "THROTTLING");
  EXPECT_EQ(letter.at("ERROR_MESSAGE"), "Too many deliveries are waiting for their targets.");
  EXPECT_EQ(letter.at("SCHEDULED_TIME"), "2026-01-02T03:05:00Z");
  EXPECT_EQ(letter.at("EXHAUSTED_RETRY_CONDITION"), "MaximumEventAgeInSeconds");
  EXPECT_EQ(letter.at("RETRY_ATTEMPTS"), "0");
  advance(hours(24));
  EXPECT_THAT(messages("dead"), SizeIs(288)) << "each of a day";
  EXPECT_THAT(deliveries(), IsEmpty());
  outbox_is_full_ = false;
  advance(minutes(5));
  ASSERT_THAT(deliveries(), SizeIs(1)) << "it goes on";
}

TEST_F(Schedules, WithinItsWindowAnOccurrenceWaitsLonger) {
  ScheduleSettings flexible = call("cron(0 4 * * ? *)");
  flexible.window = {true, 30};
  create("s", flexible);
  outbox_is_full_ = true;
  advance(minutes(56) + minutes(25));  // 04:25
  EXPECT_THAT(dead_letter(), IsEmpty());
  outbox_is_full_ = false;
  advance(minutes(4));
  EXPECT_THAT(deliveries(), SizeIs(1));
}

TEST_F(Schedules, AOneTimeScheduleWaitsForRoomAsLongAsItsEventMayBeOld) {
  ScheduleSettings once = call("at(2026-01-02T03:30:00)");
  once.target.retry = RetryPolicy{.event_age_seconds_max = 7'200};
  once.delete_after_completion = true;
  create("s", once);
  outbox_is_full_ = true;
  advance(hours(2));
  EXPECT_THAT(dead_letter(), IsEmpty());
  EXPECT_TRUE(exists("s"));
  down_for(seconds(1));
  advance(minutes(30));
  EXPECT_EQ(dead_letter().at("ERROR_CODE"), "THROTTLING");
  EXPECT_FALSE(exists("s"));
  EXPECT_THAT(deliveries(), IsEmpty());
}

}  // namespace
}  // namespace eventbus
