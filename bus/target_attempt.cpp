#include "bus/target_attempt.h"

#include "base/asleep.h"
#include "base/log_value.h"
#include "base/thrown.h"
#include "bus/foreign_text.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <exception>
#include <string>
#include <utility>
#include <variant>

namespace eventbus {

namespace {

// A call that has not ended this long after its deadline is cancelled.
constexpr Duration kOverrun{500};

asio::awaitable<std::vector<AttemptOutcome>> deliver(DeliveryTarget& target, std::vector<DeliveryAttempt> attempts,
                                                     spdlog::logger& log) {
  const std::size_t count = attempts.size();
  const std::string arn = attempts.front().target.arn;
  std::exception_ptr thrown;
  try {
    std::vector<AttemptOutcome> outcomes = co_await target.deliver(std::move(attempts));
    if (outcomes.size() == count) co_return outcomes;
    log.error("A delivery answered for another number of events: a bug. target={} asked={} answered={}", arn, count,
              outcomes.size());
  } catch (...) {
    thrown = std::current_exception();
  }
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (thrown && state.cancelled() == asio::cancellation_type::none)
    log.error("A delivery failed: a bug. target={} reason={}", arn, log_value(reason_of(thrown)));
  co_return broken_off(count);
}

}  // namespace

std::vector<AttemptOutcome> broken_off(std::size_t attempts) {
  return std::vector<AttemptOutcome>(attempts, AttemptOutcome::retry("INTERNAL_ERROR", "The delivery was broken off."));
}

asio::awaitable<std::vector<AttemptOutcome>> attempt_at(DeliveryTarget& target, std::vector<DeliveryAttempt> attempts,
                                                        Clock& clock, spdlog::logger& log) {
  using asio::experimental::awaitable_operators::operator||;
  const std::size_t count = attempts.size();
  const TimePoint given_up_at = attempts.front().deadline + kOverrun;
  auto ended = co_await (deliver(target, std::move(attempts), log) || asleep(clock, given_up_at));
  if (ended.index() != 0)
    co_return std::vector<AttemptOutcome>(count,
                                          AttemptOutcome::retry("TIMEOUT", "The target did not answer in time."));
  std::vector<AttemptOutcome> outcomes = std::get<0>(std::move(ended));
  for (AttemptOutcome& outcome : outcomes) {
    outcome.failure.message = foreign_text(outcome.failure.message, kFailureTextMax);
    outcome.response_body = foreign_text(outcome.response_body, kFailureTextMax);
  }
  co_return outcomes;
}

}  // namespace eventbus
