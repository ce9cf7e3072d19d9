#include "bus/event_tap.h"

#include "tests/support/publisher_world.h"
#include "tests/support/run_coroutine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace eventbus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kHome;

class Recorder final : public EventTap {
 public:
  void accepted(const Scope&, std::string_view bus, const Event& event) override {
    seen.push_back(std::string(bus) + " " + event.id);
  }
  std::vector<std::string> seen;
};

Publisher::Addressed addressed(testing::PublisherWorld& world, std::string bus) {
  Event event;
  event.id = "e";
  event.source = "shop";
  event.detail_type = "Placed";
  event.origin = kHome;
  event.time = event.accepted_at = world.clock.now();
  event.json = *make_envelope(event, {}, "{}");
  return {kHome, std::move(bus), std::move(event)};
}

class EventTapTest : public ::testing::Test {
 protected:
  Result<void> publish(std::string bus) {
    std::vector<Publisher::Addressed> events;
    events.push_back(addressed(world_, std::move(bus)));
    return testing::run(publisher_.publish(std::move(events)));
  }

  testing::PublisherWorld world_;
  Recorder tap_;
  Publisher publisher_{{world_, world_.queues, world_.storage, world_.clock, world_.rng, world_.limits, world_.metrics,
                        world_.log, nullptr, nullptr, nullptr, &tap_}};
};

TEST_F(EventTapTest, IsShownWhatEachBusAccepted) {
  world_.add_bus("audit");
  world_.add_rule("copy", R"({"source": ["shop"]})", {testing::to_bus("audit")});
  ASSERT_TRUE(publish("default"));
  ASSERT_EQ(tap_.seen.size(), 2U);
  EXPECT_EQ(tap_.seen[0], "default e");
  EXPECT_TRUE(tap_.seen[1].starts_with("audit ")) << tap_.seen[1];
}

TEST_F(EventTapTest, IsShownNothingThatWasNotAccepted) {
  world_.queues.add("q");
  world_.add_rule("r", R"({"source": ["shop"]})", {testing::to_queue("q")});
  world_.storage.failures.push_back(unavailable("full"));
  EXPECT_FALSE(publish("default"));
  EXPECT_THAT(tap_.seen, IsEmpty());
}

}  // namespace
}  // namespace eventbus
