#include "bus/event_timelines.h"

#include "tests/support/manual_clock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace eventbus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using State = EventTimeline::Delivery::State;

const Scope kHere{"000000000000", "us-east-1"};
const Scope kThere{"111111111111", "us-east-1"};

class EventTimelinesTest : public ::testing::Test {
 protected:
  void arrive(const std::string& id, const std::vector<std::string>& invocations = {}, const Scope& scope = kHere) {
    Event event;
    event.id = id;
    event.accepted_at = now_;
    event.json = "{\"id\":\"" + id + "\"}";
    std::vector<BusLog::Match> matches;
    if (!invocations.empty())
      matches.push_back({"arn:rule", std::vector<std::string>(invocations.size(), "arn:target"), invocations});
    timelines_.arrived({scope, "default", "r", event, {}}, matches, now_);
  }
  // An invocation to which something happens.
  template <typename Happen>
  void with(const std::string& event_id, const std::string& id, std::uint32_t attempt, Happen happen) {
    LaneTarget target;
    target.bus_scope = kHere;
    target.bus = "default";
    Delivery delivery;
    delivery.event_id = event_id;
    delivery.accepted_at = accepted_at_;
    delivery.rule_arn = "arn:rule";
    delivery.target_arn = "arn:target";
    delivery.dead_letter_arn = "arn:dead";
    happen(BusLog::Invocation{target, delivery, id, attempt, {}});
  }
  void attempt(const std::string& event_id, const std::string& id, std::uint32_t number, AttemptOutcome outcome) {
    with(event_id, id, number,
         [&](const BusLog::Invocation& invocation) { timelines_.attempt_ended(invocation, outcome, now_); });
  }
  void succeed(const std::string& event_id, const std::string& id) {
    with(event_id, id, 1, [&](const BusLog::Invocation& invocation) { timelines_.succeeded(invocation, now_); });
  }
  std::vector<std::string> kept(std::uint64_t from = 0) const {
    std::vector<std::string> ids;
    timelines_.visit(from, [&](std::uint64_t, const EventTimeline& timeline) { ids.push_back(timeline.event_id); });
    return ids;
  }
  EventTimeline timeline(std::uint64_t number) const {
    EventTimeline copy;
    timelines_.look_at(number, [&](const EventTimeline& found) { copy = found; });
    return copy;
  }

  EventTimelines timelines_{3, 1'000};
  TimePoint now_ = testing::test_epoch();
  const TimePoint accepted_at_ = now_;
};

TEST_F(EventTimelinesTest, TellWhatCameAndWhatBecameOfIt) {
  arrive("e", {"i1", "i2"});
  now_ += Duration(5);
  attempt("e", "i1", 1, AttemptOutcome::retry("TIMEOUT", "too slow"));
  now_ += Duration(5);
  attempt("e", "i1", 2, AttemptOutcome::delivered());
  succeed("e", "i1");
  with("e", "i2", 1, [&](const BusLog::Invocation& invocation) {
    timelines_.failed(invocation, {"NO_RESOURCE", "gone"}, true, now_);
  });

  const EventTimeline told = timeline(1);
  EXPECT_EQ(told.event_id, "e");
  EXPECT_EQ(*told.event, R"({"id":"e"})");
  EXPECT_EQ(told.received_at, accepted_at_);
  EXPECT_THAT(told.rules, ElementsAre("arn:rule"));
  ASSERT_EQ(told.deliveries.size(), 2u);
  const EventTimeline::Delivery& first = told.deliveries[0];
  EXPECT_EQ(first.state, State::kDelivered);
  ASSERT_EQ(first.attempts.size(), 2u);
  EXPECT_EQ(first.attempts[0].code, "TIMEOUT");
  EXPECT_EQ(first.attempts[0].ended_at, accepted_at_ + Duration(5));
  EXPECT_EQ(first.ended_at, accepted_at_ + Duration(10));
  const EventTimeline::Delivery& second = told.deliveries[1];
  EXPECT_EQ(second.state, State::kFailed);
  EXPECT_EQ(second.code, "NO_RESOURCE");
  EXPECT_EQ(second.dead_letter_arn, "arn:dead");
  EXPECT_TRUE(second.dead_letter_kept);
}

TEST_F(EventTimelinesTest, ADeliveryMayBeOverBeforeItsEventIsTold) {
  attempt("e", "i1", 1, AttemptOutcome::delivered());
  succeed("e", "i1");
  EXPECT_THAT(kept(), IsEmpty());
  arrive("e", {"i1"});
  EXPECT_EQ(timeline(1).deliveries.at(0).state, State::kDelivered);
  EXPECT_EQ(timeline(1).deliveries.at(0).attempts_made, 1u);
}

TEST_F(EventTimelinesTest, AnEventThatComesOverTwoRulesIsOne) {
  arrive("e", {"i1"});
  arrive("e", {"i2"});
  EXPECT_THAT(kept(), ElementsAre("e"));
  EXPECT_EQ(timeline(1).deliveries.size(), 2u);
  now_ += Duration(1);
  arrive("e", {"i3"});  // and one that was accepted again, by a replay say, another one
  EXPECT_THAT(kept(), ElementsAre("e", "e"));
}

TEST_F(EventTimelinesTest, TheOldestGiveWayByNumberAndBySize) {
  for (const char* id : {"a", "b", "c", "d"}) arrive(id);
  EXPECT_THAT(kept(), ElementsAre("b", "c", "d"));
  EXPECT_THAT(kept(4), ElementsAre("d"));
  EXPECT_EQ(timelines_.bounds().oldest, 2u);
  EXPECT_EQ(timelines_.bounds().newest, 4u);
  attempt("a", "i", 1, AttemptOutcome::delivered());  // of one that is forgotten: no harm
  arrive(std::string(600, 'x'));
  arrive(std::string(600, 'y'));
  EXPECT_THAT(kept(), ElementsAre(std::string(600, 'y')));
  EXPECT_EQ(timeline(2).event_id, "");
}

TEST_F(EventTimelinesTest, OnlyTheLastAttemptsAreKept) {
  arrive("e", {"i"});
  for (std::uint32_t number = 1; number <= 300; ++number)
    attempt("e", "i", number, AttemptOutcome::retry("TIMEOUT", ""));
  const EventTimeline::Delivery delivery = timeline(1).deliveries.at(0);
  EXPECT_EQ(delivery.attempts_made, 300u);
  EXPECT_EQ(delivery.attempts.size(), EventTimelines::kAttemptsKept);
  EXPECT_EQ(delivery.attempts.back().number, 300u);
}

TEST_F(EventTimelinesTest, AResetForgetsThoseOfAnAccountAndGivesNoNumberAgain) {
  arrive("mine");
  arrive("theirs", {}, kThere);
  EXPECT_EQ(timelines_.forget({"000000000000"}), 1u);
  EXPECT_THAT(kept(), ElementsAre("theirs"));
  EXPECT_EQ(timelines_.forget({"000000000000"}), 0u);
  arrive("next");
  EXPECT_EQ(timelines_.bounds().newest, 3u);
  EXPECT_EQ(timelines_.forget({}), 2u);
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(EventTimelinesTest, ListenersAreToldAsLongAsTheyLive) {
  int told = 0;
  {
    const EventTimelines::Listener listener(timelines_, [&] { ++told; });
    arrive("e", {"i"});
    succeed("e", "i");
    EXPECT_EQ(told, 2);
  }
  arrive("f");
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace eventbus
