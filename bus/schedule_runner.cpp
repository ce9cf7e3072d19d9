#include "bus/schedule_runner.h"

#include "base/lenient_sleep.h"
#include "base/log_value.h"
#include "bus/retry_policy.h"
#include "bus/schedule_invocation.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <utility>

namespace eventbus {

namespace {

// Occurrences in one commit: with their inputs they must not grow without bound.
constexpr std::size_t kBatch = 200;
constexpr Duration kTryAgainAfter{500};
constexpr Duration kLookAgain = std::chrono::hours(1);
constexpr Duration kHousekeepingEvery = std::chrono::minutes(1), kLeniency = std::chrono::hours(1);
constexpr Duration kOneLinePer = std::chrono::minutes(1);

}  // namespace

ScheduleRunner::ScheduleRunner(Dependencies dependencies)
    : dependencies_(std::move(dependencies)),
      plan_({dependencies_.lanes, dependencies_.queues, dependencies_.leads_elsewhere, dependencies_.clock,
             dependencies_.rng}),
      alarm_(dependencies_.clock),
      log_limiter_(kOneLinePer) {
  dependencies_.catalog.on_change([this] { alarm_.ring(); });
}

asio::awaitable<void> ScheduleRunner::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  while ((co_await asio::this_coro::cancellation_state).cancelled() == asio::cancellation_type::none) {
    const TimePoint now = dependencies_.clock.now();
    const std::optional<TimePoint> earliest = dependencies_.catalog.earliest();
    if (earliest && *earliest <= now) {
      co_await fire();
    } else {
      co_await alarm_.sleep_until(earliest.value_or(now + kLookAgain));
    }
  }
}

asio::awaitable<void> ScheduleRunner::run_housekeeping() {
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    const TimePoint next = dependencies_.clock.now() + kHousekeepingEvery;
    co_await sleep_between(dependencies_.clock, next, next + kLeniency);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
    const Result<void> dropped = co_await dependencies_.lanes.drop_idle();
    if (!dropped)
      dependencies_.log.warn("Outbox lanes of schedules could not be dropped. reason={}",
                             log_value(dropped.error().message));
  }
}

asio::awaitable<void> ScheduleRunner::fire() {
  co_await asio::this_coro::throw_if_cancelled(false);
  lanes_used_.clear();
  refused_.clear();
  outbox_is_full_ = dependencies_.outbox_room && !dependencies_.outbox_room();
  ScheduleCatalog::Fire make = [this](const DueSchedule& due, Commit& commit) { return add(due, commit); };
  Result<ScheduleCatalog::Fired> fired = co_await dependencies_.catalog.fire_due(kBatch, std::move(make));
  dependencies_.lanes.settle(lanes_used_, fired.has_value());
  const TimePoint now = dependencies_.clock.now();
  if (!fired) {
    dependencies_.metrics.storage_failed();
    if (const auto held_back = log_limiter_.admit("fire", now))
      dependencies_.log.error(
          "Schedules that are due could not be fired; they are tried again. reason={} more_since_last_line={}",
          log_value(fired.error().message), *held_back);
    co_await dependencies_.clock.sleep_until(now + kTryAgainAfter);
    co_return;
  }
  dependencies_.outbox.arrived(lanes_used_);
  for (const DueSchedule& due : fired->fired) dependencies_.metrics.fired(now - due.fire_at);
  for (const Refused& refused : refused_) report(refused);
  if (fired->held_back > 0) {
    dependencies_.metrics.held_back(fired->held_back);
    if (const auto more = log_limiter_.admit("outbox", now))
      dependencies_.log.warn("Schedules wait for room in the outbox. schedules={} more_since_last_line={}",
                             fired->held_back, *more);
  }
  if (fired->skipped == 0) co_return;
  dependencies_.metrics.skipped(fired->skipped);
  dependencies_.log.warn("Recurring schedules were found late; what they missed is not made up for. schedules={}",
                         fired->skipped);
}

// False: held back.
bool ScheduleRunner::add(const DueSchedule& due, Commit& commit) {
  if (due.too_old) {
    give_up(due, commit);
    return true;
  }
  const Target& target = due.schedule->record.settings.target;
  if (outbox_is_full_ && plan_.needs_lane(target)) return false;
  Delivery invocation = make_invocation(due, dependencies_.clock.now(), dependencies_.rng);
  Result<NewMessage, DeliveryFailure> message = plan_.message(*due.schedule, invocation, commit);
  if (!message) {
    refuse(std::move(invocation), std::move(message).error(), {}, due.schedule->key.group.scope, commit);
    return true;
  }
  if (dependencies_.lanes.lane(message->queue)) lanes_used_.push_back(message->queue);
  commit.messages.push_back(*std::move(message));
  return true;
}

void ScheduleRunner::give_up(const DueSchedule& due, Commit& commit) {
  DeliveryFailure failure{"UNKNOWN", "The event became too old before it could be delivered."};
  if (due.held_back) failure = {"THROTTLING", "Too many deliveries are waiting for their targets."};
  Delivery invocation = make_invocation(due, dependencies_.clock.now(), dependencies_.rng);
  refuse(std::move(invocation), std::move(failure), {kExhaustedAge, 0}, due.schedule->key.group.scope, commit);
}

void ScheduleRunner::refuse(Delivery invocation, DeliveryFailure failure, const SpentRetries& retries,
                            const Scope& scope, Commit& commit) {
  Refused refused{std::move(invocation), std::move(failure)};
  std::shared_ptr<const QueueInfo> queue;
  if (refused.invocation.dead_letter_arn)
    queue = dead_letter_queue(dependencies_.queues, dependencies_.limits, scope.region,
                              *refused.invocation.dead_letter_arn);
  if (queue && !queue->fifo) {
    commit.messages.push_back(make_schedule_dead_letter(*queue, refused.invocation, refused.failure,
                                                        dependencies_.clock.now(), dependencies_.rng, retries));
    refused.kept = true;
  }
  refused_.push_back(std::move(refused));
}

void ScheduleRunner::report(const Refused& refused) {
  if (refused.kept)
    dependencies_.metrics.dead_lettered();
  else
    dependencies_.metrics.dropped();
  const auto held_back = log_limiter_.admit(refused.invocation.rule_arn, dependencies_.clock.now());
  if (!held_back) return;
  dependencies_.log.warn(
      "The invocation of a schedule failed for good ({}) schedule={} target={} execution_id={} error_code={} "
      "message={} more_since_last_line={}",
      refused.kept ? "kept in the dead-letter queue" : "dropped", refused.invocation.rule_arn,
      refused.invocation.target_arn, refused.invocation.event_id, refused.failure.code,
      log_value(refused.failure.message), *held_back);
}

}  // namespace eventbus
