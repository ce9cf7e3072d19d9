#include "tests/simulation/watched_targets.h"

#include "tests/simulation/auditor.h"
#include "tests/simulation/specs.h"

#include <boost/asio/this_coro.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::simulation {

namespace {

namespace asio = boost::asio;

class WatchedTarget final : public DeliveryTarget {
 public:
  WatchedTarget(std::shared_ptr<DeliveryTarget> target, Auditor& auditor, Mutation mutation)
      : target_(std::move(target)), auditor_(auditor), mutation_(mutation) {}

  // One at a time, as the product's batch_max() is.
  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    const DeliveryAttempt& attempt = attempts.front();
    const Auditor::AttemptId id = auditor_.attempt_begins(attempt);
    const WebAuditor::CallPtr call =
        auditor_.web.call_begins(attempted_name_in(attempt.delivery.target_arn), token_in(attempt.delivery.input));
    std::vector<AttemptOutcome> outcomes = co_await target_->deliver(std::move(attempts));
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
      auditor_.attempt_given_up(id, false);
    } else if (auditor_.is_under_way(id)) {
      auditor_.attempt_ends(id, auditor_.web.call_ends(*call, outcomes.front()));
    }
    if (mutation_ == Mutation::kIgnoreRetryAfter) outcomes.front().retry_after = std::nullopt;
    co_return outcomes;
  }

  std::size_t batch_max() const override { return target_->batch_max(); }
  std::size_t concurrency_max() const override { return target_->concurrency_max(); }
  Duration timeout() const override { return target_->timeout(); }
  double rate_per_second() const override {
    return target_->rate_per_second() * (mutation_ == Mutation::kExceedRate ? 3 : 1);
  }
  std::string_view rate_key() const override { return target_->rate_key(); }

 private:
  const std::shared_ptr<DeliveryTarget> target_;
  Auditor& auditor_;
  const Mutation mutation_;
};

}  // namespace

std::shared_ptr<DeliveryTarget> WatchedTargets::find(const Target& target, const Scope& bus_scope) {
  if (std::shared_ptr<DeliveryTarget> function = functions_.find(target, bus_scope)) return function;
  std::shared_ptr<DeliveryTarget> own = own_ ? own_->find(target, bus_scope) : nullptr;
  const TargetSpec::Kind kind = attempted_target(attempted_name_in(target.arn)).kind;
  const bool watched = own && (kind == TargetSpec::kUrl || kind == TargetSpec::kDestination) &&
                       target.arn.find(":event-bus/") == std::string::npos;
  return watched ? std::make_shared<WatchedTarget>(std::move(own), auditor_, mutation_) : own;
}

}  // namespace eventbus::simulation
