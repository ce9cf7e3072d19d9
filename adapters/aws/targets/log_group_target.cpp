#include "adapters/aws/targets/log_group_target.h"

#include "adapters/aws/targets/local_target.h"
#include "bus/log_delivery.h"

#include <utility>
#include <vector>

namespace eventbus::aws {

namespace {

class LogGroupTarget final : public LocalTarget {
 public:
  LogGroupTarget(LogGroupTargetDependencies dependencies, LocalName group)
      : dependencies_(dependencies), name_(std::move(group)) {}

 private:
  asio::awaitable<AttemptOutcome> deliver_one(DeliveryAttempt attempt) override {
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

}  // namespace

std::unique_ptr<TargetFactory> make_log_group_targets(LogGroupTargetDependencies dependencies) {
  return std::make_unique<LocalTargets<LogGroupTarget, LogGroupTargetDependencies>>(dependencies, local_log_group);
}

}  // namespace eventbus::aws
