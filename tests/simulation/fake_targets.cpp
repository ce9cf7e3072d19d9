#include "tests/simulation/fake_targets.h"

#include "tests/simulation/auditor.h"
#include "tests/simulation/specs.h"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace eventbus::simulation {

namespace {

enum class Mood { kWell, kSlow, kFlaky, kThrottling, kDown, kSilent, kLate, kRefusing };

}  // namespace

class FakeTargets::Function final : public DeliveryTarget {
 public:
  Function(SimulationClock& clock, Auditor& auditor, Dice dice, std::size_t number)
      : clock_(clock), auditor_(auditor), dice_(dice), number_(number) {}

  std::size_t batch_max() const override { return number_ == 1 ? 10 : 1; }
  std::size_t concurrency_max() const override { return 1 + number_ * 3; }
  double rate_per_second() const override { return number_ == 2 ? 2 : 0; }

  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    std::vector<Auditor::AttemptId> ids;
    for (const DeliveryAttempt& attempt : attempts) ids.push_back(auditor_.attempt_begins(attempt));
    const Mood mood = mood_now();
    co_await clock_.sleep_for(answer_time(mood));
    const bool given_up = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;

    std::vector<AttemptOutcome> outcomes;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
      AttemptOutcome outcome = answer(mood);
      // Nobody hears the answer; what was done is done.
      if (given_up) {
        auditor_.attempt_given_up(ids[i], mood == Mood::kLate);
      } else {
        auditor_.attempt_ends(ids[i], outcome);
      }
      outcomes.push_back(std::move(outcome));
    }
    co_return outcomes;
  }

  bool hidden() const { return clock_.passed() < hidden_until_; }
  void hide_until(Duration passed) { hidden_until_ = passed; }
  void recover() { well_for_good_ = true; }

 private:
  Mood mood_now() {
    if (well_for_good_) return Mood::kWell;
    if (clock_.passed() >= mood_until_) {
      mood_ = static_cast<Mood>(dice_.weighted({40, 10, 15, 8, 10, 5, 4, 3}));
      const std::int64_t longest = dice_.one_in(4) ? 14'400 : 600;
      mood_until_ = clock_.passed() + std::chrono::seconds(dice_.between(5, longest));
    }
    return mood_;
  }
  Duration answer_time(Mood mood) {
    if (mood == Mood::kSilent || mood == Mood::kLate) return std::chrono::seconds(3'600);
    if (mood == Mood::kSlow) return Duration(dice_.between(500, 5'400));  // some too late
    return Duration(dice_.one_in(3) ? dice_.between(1, 300) : 0);
  }
  AttemptOutcome answer(Mood mood) {
    switch (mood) {
      case Mood::kFlaky:
        if (dice_.percent(50)) return AttemptOutcome::delivered();
        return dice_.percent(90) ? AttemptOutcome::retry("INTERNAL_ERROR", "flaky") : refused();
      case Mood::kThrottling: {
        AttemptOutcome outcome = AttemptOutcome::retry("THROTTLING", "slow down");
        outcome.throttled = true;
        outcome.retry_after = std::chrono::seconds(dice_.between(0, 120));
        return outcome;
      }
      case Mood::kDown:
        return AttemptOutcome::retry("CONNECTION_FAILURE", "nobody is there");
      case Mood::kRefusing:
        return dice_.percent(50) ? refused() : AttemptOutcome::delivered();
      default:
        return AttemptOutcome::delivered();
    }
  }
  static AttemptOutcome refused() { return AttemptOutcome::failed("NO_PERMISSIONS", "refused"); }

  SimulationClock& clock_;
  Auditor& auditor_;
  Dice dice_;
  const std::size_t number_;
  Mood mood_ = Mood::kWell;
  Duration mood_until_{0}, hidden_until_{0};
  bool well_for_good_ = false;
};

std::vector<std::string> FakeTargets::names() { return {"single", "batched", "rated", "wide"}; }

FakeTargets::FakeTargets(SimulationClock& clock, Auditor& auditor, std::uint64_t seed) : clock_(clock) {
  std::size_t number = 0;
  for (const std::string& name : names()) {
    TargetSpec spec;
    spec.name = name;
    functions_[spec.arn()] = std::make_shared<Function>(clock, auditor, Dice(seed, number), number);
    ++number;
  }
}

FakeTargets::~FakeTargets() = default;

std::shared_ptr<DeliveryTarget> FakeTargets::find(const Target& target, const Scope&) {
  const auto found = functions_.find(target.arn);
  if (found == functions_.end() || found->second->hidden()) return nullptr;
  return found->second;
}

void FakeTargets::recover() {
  for (auto& [arn, function] : functions_) {
    function->recover();
    function->hide_until(Duration(0));
  }
}

void FakeTargets::hide(const std::string& name, Duration for_so_long) {
  TargetSpec spec;
  spec.name = name;
  functions_.at(spec.arn())->hide_until(clock_.passed() + for_so_long);
}

}  // namespace eventbus::simulation
