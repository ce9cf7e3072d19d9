#include "adapters/aws/targets/event_bus_target.h"

#include "tests/support/publisher_world.h"
#include "tests/support/run_coroutine.h"

#include <gtest/gtest.h>

namespace eventbus::aws {
namespace {

using eventbus::testing::kHome;
using eventbus::testing::PublisherWorld;
using eventbus::testing::run;
using eventbus::testing::to_queue;

const Scope kOtherRegion{"000000000000", "eu-west-1"}, kOtherAccount{"111122223333", "us-east-1"};

class EventBusTargetTest : public ::testing::Test {
 protected:
  EventBusTargetTest() {
    Event event;
    event.id = world_.rng.uuid();
    event.source = "shop";
    event.detail_type = "Order";
    event.origin = kHome;
    event.time = world_.clock.now();
    delivery_.event_id = event.id;
    delivery_.input = *make_envelope(event, {}, R"({"n":1})");
    world_.queues.add("jobs");
    world_.add_bus("b");
    world_.add_rule("in", R"({"detail":{"n":[1]}})", {to_queue("jobs")}, "b");
  }

  AttemptOutcome deliver(const Scope& from, const Scope& to, const std::string& bus) {
    Target target;
    target.arn = bus_arn(to, bus);
    const std::optional<Arn> arn = Arn::parse(target.arn);
    const std::shared_ptr<DeliveryTarget> found = factory_->make({target, from, arn});
    std::vector<DeliveryAttempt> attempts;
    attempts.push_back({delivery_, target, from, 1, world_.clock.now() + Duration(5'000)});
    return run(found->deliver(std::move(attempts))).front();
  }

  PublisherWorld world_;
  std::unique_ptr<TargetFactory> factory_ =
      make_event_bus_targets({world_.publisher, world_, world_.clock, world_.rng});
  Delivery delivery_;
};

TEST_F(EventBusTargetTest, PublishesTheEventOnTheOtherBus) {
  EXPECT_EQ(deliver(kHome, kHome, "b").kind, AttemptOutcome::kDelivered);
  ASSERT_EQ(world_.storage.messages().size(), 1u);
  EXPECT_EQ(world_.storage.messages().front().body, delivery_.input);
}

TEST_F(EventBusTargetTest, TheHopsBehindTheDeliveryCount) {
  delivery_.hops.within_region = true;
  AttemptOutcome outcome = deliver(kHome, kHome, "b");
  EXPECT_EQ(outcome.kind, AttemptOutcome::kFailed);
  EXPECT_EQ(outcome.failure.code, "THIRD_ACCOUNT_HOP_DETECTED");
  delivery_.hops.between_regions = true;
  EXPECT_EQ(deliver(kHome, kOtherRegion, "b").failure.code, "THIRD_REGION_HOP_DETECTED");
}

TEST_F(EventBusTargetTest, AMissingBusDropsInTheOwnAccountAndDeniesInAnother) {
  EXPECT_EQ(deliver(kHome, kHome, "gone").kind, AttemptOutcome::kDelivered);
  EXPECT_EQ(world_.metrics.dropped_for_unknown_bus_total(), 1u);
  EXPECT_EQ(deliver(kHome, kOtherAccount, "gone").failure.code, "NO_PERMISSIONS");
}

TEST_F(EventBusTargetTest, TroubleOfTheStorageIsTriedAgain) {
  world_.storage.failures.push_back(unavailable("The disk is full."));
  const AttemptOutcome outcome = deliver(kHome, kHome, "b");
  EXPECT_EQ(outcome.kind, AttemptOutcome::kRetry);
  EXPECT_EQ(outcome.failure.code, "INTERNAL_ERROR");
}

TEST_F(EventBusTargetTest, OtherTargetsAreNotIts) {
  Target target;
  target.arn = "arn:aws:events:us-east-1:000000000000:api-destination/x/y";
  const std::optional<Arn> arn = Arn::parse(target.arn);
  EXPECT_EQ(factory_->make({target, kHome, arn}), nullptr);
}

}  // namespace
}  // namespace eventbus::aws
