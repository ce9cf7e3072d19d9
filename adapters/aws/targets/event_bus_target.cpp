#include "adapters/aws/targets/event_bus_target.h"

#include "bus/bus_forwarding.h"
#include "bus/target_rules.h"

#include <optional>
#include <utility>
#include <vector>

namespace eventbus::aws {

namespace {

class EventBusTarget final : public DeliveryTarget {
 public:
  EventBusTarget(EventBusTargetDependencies dependencies, LocalName bus)
      : dependencies_(dependencies), bus_(std::move(bus)) {}

  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    std::vector<AttemptOutcome> outcomes;
    for (const DeliveryAttempt& attempt : attempts) outcomes.push_back(co_await deliver(attempt));
    co_return outcomes;
  }

 private:
  asio::awaitable<AttemptOutcome> deliver(DeliveryAttempt attempt) {
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

class EventBusTargets final : public TargetFactory {
 public:
  explicit EventBusTargets(EventBusTargetDependencies dependencies) : dependencies_(dependencies) {}

  std::shared_ptr<DeliveryTarget> make(const TargetQuery& query) override {
    std::optional<LocalName> bus = query.arn ? local_bus(*query.arn) : std::nullopt;
    if (!bus) return nullptr;
    return std::make_shared<EventBusTarget>(dependencies_, std::move(*bus));
  }

 private:
  EventBusTargetDependencies dependencies_;
};

}  // namespace

std::unique_ptr<TargetFactory> make_event_bus_targets(EventBusTargetDependencies dependencies) {
  return std::make_unique<EventBusTargets>(dependencies);
}

}  // namespace eventbus::aws
