#include "bus/schedule_runner.h"

#include "base/log_value.h"
#include "bus/retry_policy.h"
#include "bus/schedule_invocation.h"
#include "bus/target_rules.h"

#include <boost/asio/this_coro.hpp>
#include <spdlog/logger.h>

#include <utility>

namespace eventbus {

namespace {

// Occurrences in one commit: with their inputs they must not grow without bound.
constexpr std::size_t kBatch = 200;
constexpr Duration kTryAgainAfter{500};
constexpr Duration kLookAgain = std::chrono::hours(1);
constexpr Duration kHousekeepingEvery = std::chrono::minutes(1);
constexpr Duration kOneLinePer = std::chrono::minutes(1);

// Scheduler passes on what the target's API said.
DeliveryFailure as_scheduler_says(DeliveryFailure failure) {
  if (failure.code == "NO_RESOURCE") failure.code = "AWS.SimpleQueueService.NonExistentQueue";
  if (failure.code == "INVALID_PARAMETER") failure.code = "InvalidParameterValue";
  return failure;
}

}  // namespace

ScheduleRunner::ScheduleRunner(Dependencies dependencies)
    : dependencies_(std::move(dependencies)), alarm_(dependencies_.clock), log_limiter_(kOneLinePer) {
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
    co_await dependencies_.clock.sleep_until(dependencies_.clock.now() + kHousekeepingEvery);
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
  ScheduleCatalog::Fire make = [this](const DueSchedule& due, Commit& commit) { add(due, commit); };
  Result<ScheduleCatalog::Fired> fired = co_await dependencies_.catalog.fire_due(kBatch, std::move(make));
  dependencies_.lanes.settle(fired.has_value());
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
  if (fired->skipped == 0) co_return;
  dependencies_.metrics.skipped(fired->skipped);
  dependencies_.log.warn("Recurring schedules were found late; what they missed is not made up for. schedules={}",
                         fired->skipped);
}

void ScheduleRunner::add(const DueSchedule& due, Commit& commit) {
  const Scope& scope = due.schedule->key.group.scope;
  const Target& target = due.schedule->record.settings.target;
  Delivery invocation = make_invocation(due, dependencies_.clock.now(), dependencies_.rng);
  if (due.too_old) {
    DeliveryFailure failure{"UNKNOWN", "The event became too old before it could be delivered."};
    refuse(std::move(invocation), std::move(failure), {kExhaustedAge, 0}, scope, commit);
    return;
  }
  const std::optional<Arn> queue = local_queue(target.arn);
  if (queue && !dependencies_.leads_elsewhere(*queue))
    add_message(due, *queue, std::move(invocation), commit);
  else
    add_delivery(due, std::move(invocation), commit);
}

void ScheduleRunner::add_message(const DueSchedule& due, const Arn& arn, Delivery invocation, Commit& commit) {
  const Scope& scope = due.schedule->key.group.scope;
  const Target& target = due.schedule->record.settings.target;
  const std::shared_ptr<const QueueInfo> queue = dependencies_.queues.find(arn.scope(), arn.resource);
  if (!queue) {
    refuse(std::move(invocation), as_scheduler_says(no_such_queue(dependencies_.rng.uuid())), {}, scope, commit);
    return;
  }
  CompiledTarget compiled;
  if (target.sqs) compiled.message_group_id = target.sqs->message_group_id.value_or("");
  std::string body = with_attempt_number(invocation.input, 1);
  Result<NewMessage, DeliveryFailure> message =
      make_queue_message(*queue, compiled, Event(), std::move(body), dependencies_.clock.now(), dependencies_.rng);
  if (!message) {
    refuse(std::move(invocation), as_scheduler_says(std::move(message).error()), {}, scope, commit);
    return;
  }
  commit.messages.push_back(*std::move(message));
}

void ScheduleRunner::add_delivery(const DueSchedule& due, Delivery invocation, Commit& commit) {
  const Scope& scope = due.schedule->key.group.scope;
  const Target& target = due.schedule->record.settings.target;
  if (const std::optional<Arn> arn = Arn::parse(target.arn); arn && arn->service == "events") {
    Result<std::string, DeliveryFailure> envelope = scheduled_envelope(due, invocation, dependencies_.rng);
    if (!envelope) {
      refuse(std::move(invocation), std::move(envelope).error(), {}, scope, commit);
      return;
    }
    invocation.input = *std::move(envelope);
  }
  const TimePoint now = dependencies_.clock.now();
  NewMessage message;
  message.queue = dependencies_.lanes.prepare(scope, target, commit);
  message.id = dependencies_.rng.uuid();
  message.body = invocation.encode();
  message.sent_at = now;
  message.visible_at = now;
  lanes_used_.push_back(message.queue);
  commit.messages.push_back(std::move(message));
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
