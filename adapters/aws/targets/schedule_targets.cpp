#include "adapters/aws/targets/schedule_targets.h"

#include "bus/schedule_invocation.h"
#include "bus/schedule_records.h"

#include <deque>
#include <utility>

namespace eventbus::aws {

namespace {

class NumberedAttempts final : public DeliveryTarget {
 public:
  explicit NumberedAttempts(std::shared_ptr<DeliveryTarget> target) : target_(std::move(target)) {}

  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    std::deque<Delivery> numbered;  // what is referred to stays where it is
    std::vector<DeliveryAttempt> rewritten;
    for (const DeliveryAttempt& attempt : attempts) {
      if (!mentions_attempt_number(attempt.delivery.input)) {  // an event has it from the input
        rewritten.push_back(attempt);
        continue;
      }
      Delivery& delivery = numbered.emplace_back(attempt.delivery);
      delivery.input = with_attempt_number(delivery.input, attempt.number);
      delivery.event = with_attempt_number(delivery.event, attempt.number);
      rewritten.push_back({delivery, attempt.target, attempt.bus_scope, attempt.number, attempt.deadline});
    }
    co_return co_await target_->deliver(std::move(rewritten));
  }

  std::size_t batch_max() const override { return target_->batch_max(); }
  std::size_t concurrency_max() const override { return target_->concurrency_max(); }
  Duration timeout() const override { return target_->timeout(); }
  double rate_per_second() const override { return target_->rate_per_second(); }
  std::string_view rate_key() const override { return target_->rate_key(); }

 private:
  const std::shared_ptr<DeliveryTarget> target_;
};

}  // namespace

std::shared_ptr<DeliveryTarget> ScheduleTargets::find(const Target& target, const Scope& bus_scope) {
  std::shared_ptr<DeliveryTarget> found = targets_.find(target, bus_scope);
  if (!found || target.id != kScheduleTargetId) return found;
  return std::make_shared<NumberedAttempts>(std::move(found));
}

}  // namespace eventbus::aws
