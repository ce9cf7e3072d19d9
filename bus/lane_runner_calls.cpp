#include "base/log_value.h"
#include "bus/bus_forwarding.h"
#include "bus/lane_runner.h"
#include "bus/lane_runner_parts.h"
#include "bus/schedule_invocation.h"
#include "bus/target_attempt.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <string>
#include <utility>

namespace eventbus {

namespace {

constexpr Duration kBackoffMin{100}, kBackoffMax{10'000};
// How much longer than the next try a lease is extended while the storage does not take the outcome.
constexpr Duration kBeyondBackoff{5'000};

}  // namespace

Commit LaneRunner::Settlement::commit() const {
  Commit commit;
  for (const Lease& lease : over) commit.acks.push_back(lease.key());
  for (const DeadLetter& letter : dead_letters)
    if (letter.message && !letter.settled) commit.messages.push_back(*letter.message);
  return commit;
}

asio::awaitable<void> LaneRunner::call(std::shared_ptr<Lane> lane, Call call) {
  co_await asio::this_coro::throw_if_cancelled(false);
  context_.metrics.calls.fetch_add(1, std::memory_order_relaxed);
  const std::vector<AttemptOutcome> outcomes = co_await attempt(call);
  context_.metrics.calls.fetch_sub(1, std::memory_order_relaxed);

  // The next call need not wait until this one is on disk.
  --lane->calls;
  slot_is_free(lane);

  if (context_.storage.queues().exists(lane->id)) {
    Settlement settlement;
    for (std::size_t i = 0; i < outcomes.size(); ++i) conclude(call, call.held[i], outcomes[i], settlement);
    co_await settle(call, std::move(settlement));
  }
  lane->held -= call.held.size();
  call_ended(lane);
}

asio::awaitable<std::vector<AttemptOutcome>> LaneRunner::attempt(const Call& call) {
  std::vector<DeliveryAttempt> attempts;
  attempts.reserve(call.held.size());
  for (const Held& held : call.held) {
    attempts.push_back({held.delivery, call.target->target, call.target->bus_scope, held.lease.attempt, call.deadline});
    if (context_.bus_log) context_.bus_log->attempt_begins(invocation(call, held));
    if (!call.target->metrics) continue;
    if (held.is_first_attempt())
      call.target->metrics->attempted(call.began - held.delivery.accepted_at);
    else
      call.target->metrics->retried();
  }
  if (cancelled_.load(std::memory_order_acquire)) co_return broken_off(attempts.size());

  std::vector<AttemptOutcome> outcomes =
      co_await attempt_at(*call.delivery, std::move(attempts), context_.clock, context_.log);
  const Duration took = context_.clock.now() - call.began;
  for (std::size_t i = 0; i < outcomes.size(); ++i) count_attempt(call, call.held[i], outcomes[i], took);
  co_return outcomes;
}

BusLog::Invocation LaneRunner::invocation(const Call& call, const Held& held) const {
  return {*call.target, held.delivery, held.id, held.lease.attempt, call.log, call.held_back};
}

BusLog::Latencies LaneRunner::latencies(const Held& held, TimePoint now) const {
  return {held.first_leased_at - held.delivery.accepted_at, now - held.delivery.accepted_at};
}

void LaneRunner::count_attempt(const Call& call, const Held& held, const AttemptOutcome& outcome, Duration took) const {
  LaneMetrics::Outcome kind = LaneMetrics::kDelivered;
  if (outcome.kind == AttemptOutcome::kFailed) kind = LaneMetrics::kFailed;
  if (outcome.kind == AttemptOutcome::kRetry)
    kind = outcome.throttled ? LaneMetrics::kThrottled : LaneMetrics::kRetryable;
  call.metrics->attempted(kind, took);
  if (context_.bus_log) context_.bus_log->attempt_ended(invocation(call, held), outcome, took);
}

// What one outcome means: over, another attempt, or a dead letter.
void LaneRunner::conclude(const Call& call, const Held& held, const AttemptOutcome& outcome, Settlement& settlement) {
  const TimePoint now = context_.clock.now();
  const Duration age = now - held.delivery.accepted_at;
  RuleMetrics* const rule = call.target->metrics.get();
  if (outcome.kind == AttemptOutcome::kDelivered) {
    if (rule) rule->succeeded(age, held.is_first_attempt());
    if (context_.bus_log) context_.bus_log->succeeded(invocation(call, held), latencies(held, now));
    settlement.over.push_back(held.lease);
    return;
  }
  // Broken off because the daemon stops: whoever comes next finds it at once.
  if (outcome.kind == AttemptOutcome::kRetry && cancelled_.load(std::memory_order_acquire)) {
    context_.storage.queues().extend(held.lease, now);
    return;
  }
  const RetryDecision decision =
      decide_retry({held.lease.attempt, held.age_from, now}, outcome, call.bounds, context_.retry, context_.rng);
  if (decision.kind == RetryDecision::kRetry) {
    if (rule && held.is_first_attempt()) rule->first_attempt_failed(age);
    // When the lease is over already it is due again, or somebody's: either way there is another attempt.
    context_.storage.queues().extend(held.lease, decision.at);
    return;
  }
  if (rule) rule->failed(age, held.is_first_attempt());
  if (rule && is_hop_limit(outcome.failure)) rule->suppressed();
  add_dead_letter(call, held, outcome.failure, {decision.exhausted, decision.retries_made}, settlement);
}

// Deliveries that became too old while they waited: no attempt.
asio::awaitable<void> LaneRunner::bury(std::shared_ptr<Lane> lane, Call call, bool held_back) {
  co_await asio::this_coro::throw_if_cancelled(false);
  DeliveryFailure failure{"UNKNOWN", "The event became too old before it could be delivered."};
  if (held_back) failure = {"THROTTLING", "The event became too old while it waited for the target's invocation rate."};
  Settlement settlement;
  for (const Held& held : call.held) {
    const std::uint32_t attempts_made = held.lease.attempt - 1;  // this lease is none
    if (call.target->metrics) call.target->metrics->failed(call.began - held.delivery.accepted_at, false);
    add_dead_letter(call, held, failure, {kExhaustedAge, attempts_made > 0 ? attempts_made - 1 : 0}, settlement);
  }
  co_await settle(call, std::move(settlement));
  lane->held -= call.held.size();
  call_ended(lane);
}

void LaneRunner::add_dead_letter(const Call& call, const Held& held, const DeliveryFailure& failure,
                                 const SpentRetries& retries, Settlement& settlement) {
  settlement.over.push_back(held.lease);
  DeadLetter letter;
  letter.held = &held;
  letter.failure = failure;
  letter.retries = retries;
  const Delivery& delivery = held.delivery;
  if (delivery.dead_letter_arn) {
    letter.queue =
        dead_letter_queue(context_.queues, context_.limits, call.target->bus_scope.region, *delivery.dead_letter_arn);
    if (letter.queue && delivery.scheduled_at && !letter.queue->fifo)
      letter.message =
          make_schedule_dead_letter(*letter.queue, delivery, failure, context_.clock.now(), context_.rng, retries);
    else if (letter.queue && !delivery.scheduled_at && can_take_dead_letter(*letter.queue, delivery.input))
      letter.message = make_dead_letter(*letter.queue, delivery.rule_arn, delivery.target_arn, failure, delivery.input,
                                        delivery.trace_header, context_.clock.now(), context_.rng, retries);
  }
  settlement.dead_letters.push_back(std::move(letter));
}

// Until the storage has taken it: nothing is given up because of our own disk. A crash meanwhile repeats the attempts.
asio::awaitable<void> LaneRunner::settle(const Call& call, Settlement settlement) {
  if (settlement.over.empty()) co_return;
  Duration backoff = kBackoffMin;
  bool in_doubt = false;
  while (!settlement.over.empty()) {
    Result<CommitReceipt> settled = co_await context_.storage.commit(settlement.commit());
    if (settled) break;
    if (settled.error().code == ErrorCode::kNotFound) {
      drop_lost_queues(settlement);
      continue;
    }
    if (settled.error().code == ErrorCode::kConflict && drop_settled(settlement, in_doubt)) continue;
    in_doubt = true;
    context_.metrics.settle_failures.fetch_add(1, std::memory_order_relaxed);
    if (const auto held_back = context_.log_limiter.admit("settle", context_.clock.now()))
      context_.log.warn(
          "Outcomes of deliveries cannot be stored; they are kept in memory and tried again. lane={} reason={} "
          "more_since_last_line={}",
          call.target->lane, log_value(settled.error().message), *held_back);
    if (cancelled_.load(std::memory_order_acquire)) co_return;
    const TimePoint next = context_.clock.now() + backoff;
    for (const Lease& lease : settlement.over) context_.storage.queues().extend(lease, next + kBeyondBackoff);
    co_await context_.clock.sleep_until(next);
    backoff = std::min(2 * backoff, kBackoffMax);
  }
  for (const DeadLetter& letter : settlement.dead_letters)
    if (letter.told) report(call, letter);
}

// A dead-letter queue went away between the look-up and the commit.
void LaneRunner::drop_lost_queues(Settlement& settlement) const {
  for (DeadLetter& letter : settlement.dead_letters) {
    if (!letter.message || letter.settled || context_.storage.queues().exists(letter.message->queue)) continue;
    letter.message = std::nullopt;
    letter.queue = nullptr;
  }
}

// Deliveries that are gone have had their end: with our own commit, if one that failed has happened all the same, else
// with that of whoever leased them after us, whose dead letter is the one there is. False: there are none.
bool LaneRunner::drop_settled(Settlement& settlement, bool by_ourselves) const {
  const auto is_gone = [&](const Lease& lease) { return context_.storage.queues().state(lease) == LeaseState::kGone; };
  for (DeadLetter& letter : settlement.dead_letters) {
    if (!is_gone(letter.held->lease)) continue;
    letter.settled = true;
    letter.told = letter.told && by_ourselves;
  }
  return std::erase_if(settlement.over, is_gone) > 0;
}

void LaneRunner::report(const Call& call, const DeadLetter& letter) {
  const Delivery& delivery = letter.held->delivery;
  RuleMetrics* const rule = call.target->metrics.get();
  std::string_view fate;
  if (letter.message) {
    fate = "kept in the dead-letter queue";
    context_.metrics.dead_letters.fetch_add(1, std::memory_order_relaxed);
    if (rule) rule->sent_to_dead_letter_queue();
  } else if (delivery.dead_letter_arn) {
    fate = "lost: the dead-letter queue did not take it";
    context_.metrics.dead_letters_lost.fetch_add(1, std::memory_order_relaxed);
    if (rule) rule->dead_letter_lost();
  } else {
    fate = "no dead-letter queue: dropped";
    context_.metrics.dropped.fetch_add(1, std::memory_order_relaxed);
  }
  if (context_.bus_log)
    context_.bus_log->failed(invocation(call, *letter.held), latencies(*letter.held, context_.clock.now()),
                             letter.failure, letter.message.has_value());
  std::string key = delivery.rule_arn + " " + delivery.target_id + " ";
  key += letter.failure.code;
  const auto held_back = context_.log_limiter.admit(key, context_.clock.now());
  if (!held_back) return;
  context_.log.warn(
      "delivery failed for good ({}) event_id={} rule={} target={} error_code={} message={} exhausted={} "
      "attempts={} dead_letter_queue={} more_since_last_line={}",
      fate, delivery.event_id, delivery.rule_arn, delivery.target_arn, letter.failure.code,
      log_value(letter.failure.message), letter.retries.condition, letter.held->lease.attempt,
      delivery.dead_letter_arn.value_or(""), *held_back);
}

}  // namespace eventbus
