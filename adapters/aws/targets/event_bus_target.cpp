#include "adapters/aws/targets/event_bus_target.h"

#include "adapters/aws/targets/local_target.h"
#include "bus/bus_forwarding.h"

#include <utility>
#include <vector>

namespace eventbus::aws {

namespace {

class EventBusTarget final : public LocalTarget {
 public:
  EventBusTarget(EventBusTargetDependencies dependencies, LocalName bus)
      : dependencies_(dependencies), bus_(std::move(bus)) {}

 private:
  asio::awaitable<AttemptOutcome> deliver_one(DeliveryAttempt attempt) override {
    const Delivery& delivery = attempt.delivery;
    Result<Event> event = event_of_envelope(delivery.original_event());
    if (!event) co_return AttemptOutcome::failed("INTERNAL_ERROR", std::move(event).error().message);
    event->accepted_at = delivery.accepted_at;
    event->trace_header = delivery.trace_header;
    event->hops = delivery.hops;

    Result<Event, DeliveryFailure> forwarded =
        forwarded_event(*event, attempt.bus_scope, bus_.scope, dependencies_.clock.now(), dependencies_.rng);
    if (!forwarded) co_return AttemptOutcome::failed(forwarded.error().code, std::move(forwarded.error().message));
    if (!dependencies_.buses.find(bus_.scope, bus_.name) && bus_.scope.account != attempt.bus_scope.account) {
      DeliveryFailure denied = no_cross_account_permissions();
      co_return AttemptOutcome::failed(denied.code, std::move(denied.message));
    }

    std::vector<Publisher::Addressed> events;
    events.push_back({bus_.scope, bus_.name, std::move(*forwarded)});
    Result<void> published = co_await dependencies_.publisher.publish(std::move(events));
    if (published) co_return AttemptOutcome::delivered();
    AttemptOutcome again = AttemptOutcome::retry(
        published.error().code == ErrorCode::kLimit ? "THROTTLING" : "INTERNAL_ERROR", published.error().message);
    again.throttled = published.error().code == ErrorCode::kLimit;
    co_return again;
  }

  EventBusTargetDependencies dependencies_;
  const LocalName bus_;
};

}  // namespace

std::unique_ptr<TargetFactory> make_event_bus_targets(EventBusTargetDependencies dependencies) {
  return std::make_unique<LocalTargets<EventBusTarget, EventBusTargetDependencies>>(dependencies, local_bus);
}

}  // namespace eventbus::aws
