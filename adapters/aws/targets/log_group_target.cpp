#include "adapters/aws/targets/log_group_target.h"

#include "bus/log_delivery.h"
#include "bus/target_rules.h"

#include <optional>
#include <utility>
#include <vector>

namespace eventbus::aws {

namespace {

class LogGroupTarget final : public DeliveryTarget {
 public:
  LogGroupTarget(LogGroupTargetDependencies dependencies, LocalName group)
      : dependencies_(dependencies), name_(std::move(group)) {}

  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    std::vector<AttemptOutcome> outcomes;
    for (const DeliveryAttempt& attempt : attempts) outcomes.push_back(co_await deliver(attempt));
    co_return outcomes;
  }

 private:
  asio::awaitable<AttemptOutcome> deliver(DeliveryAttempt attempt) {
    Result<Event> event = event_of_envelope(attempt.delivery.original_event());
    if (!event) co_return AttemptOutcome::failed("INTERNAL_ERROR", std::move(event).error().message);
    std::shared_ptr<const LogGroupInfo> group;
    if (name_.scope == attempt.bus_scope) group = dependencies_.groups.find(name_.scope, name_.name);
    if (!group) {
      DeliveryFailure missing = no_such_log_group(dependencies_.rng.uuid());
      co_return AttemptOutcome::failed(missing.code, std::move(missing.message));
    }
    const bool transformed = attempt.target.input.transformer.has_value();
    Result<LogAppend, DeliveryFailure> entry = make_log_entry(*group, *event, attempt.delivery.input, transformed,
                                                              dependencies_.clock.now(), dependencies_.rng);
    if (!entry) co_return AttemptOutcome::failed(entry.error().code, std::move(entry.error().message));
    Commit commit;
    commit.log.push_back(std::move(*entry));
    const Result<CommitReceipt> committed = co_await dependencies_.storage.commit(std::move(commit));
    if (!committed) co_return AttemptOutcome::retry("INTERNAL_ERROR", committed.error().message);
    co_return AttemptOutcome::delivered();
  }

  LogGroupTargetDependencies dependencies_;
  const LocalName name_;
};

class LogGroupTargets final : public TargetFactory {
 public:
  explicit LogGroupTargets(LogGroupTargetDependencies dependencies) : dependencies_(dependencies) {}

  std::shared_ptr<DeliveryTarget> make(const TargetQuery& query) override {
    std::optional<LocalName> group = query.arn ? local_log_group(*query.arn) : std::nullopt;
    if (!group) return nullptr;
    return std::make_shared<LogGroupTarget>(dependencies_, std::move(*group));
  }

 private:
  LogGroupTargetDependencies dependencies_;
};

}  // namespace

std::unique_ptr<TargetFactory> make_log_group_targets(LogGroupTargetDependencies dependencies) {
  return std::make_unique<LogGroupTargets>(dependencies);
}

}  // namespace eventbus::aws
