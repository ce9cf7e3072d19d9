#include "bus/publisher.h"

#include "base/log_value.h"
#include "base/stopwatch.h"
#include "bus/bus_forwarding.h"
#include "bus/log_limiter.h"
#include "bus/outbox_bound.h"
#include "bus/plan_log.h"
#include "bus/publisher_metrics.h"
#include "rules-engine/rule_set.h"

#include <spdlog/logger.h>

#include <atomic>
#include <mutex>
#include <utility>

namespace eventbus {

namespace {

// Each plan meets the queues as they are then; one that goes away between plan and commit costs another round.
constexpr int kPlansMax = 5;
constexpr Duration kOneLinePer{60'000};

}  // namespace

struct Publisher::State {
  LogLimiter unknown_buses{kOneLinePer};
  LogLimiter failures{kOneLinePer};
  std::atomic<std::uint64_t> publications{0};
  std::atomic<std::int64_t> took_microseconds{0};

  void count_publication(std::chrono::microseconds took) {
    publications.fetch_add(1, std::memory_order_relaxed);
    took_microseconds.fetch_add(took.count(), std::memory_order_relaxed);
  }

  // Scratches grow with the events they have seen and are worth keeping: as many as publications ran at once.
  std::mutex mutex;
  std::vector<rules::MatchScratch> scratches;

  rules::MatchScratch take_scratch() {
    std::lock_guard lock(mutex);
    if (scratches.empty()) return {};
    rules::MatchScratch scratch = std::move(scratches.back());
    scratches.pop_back();
    return scratch;
  }
  void give_back(rules::MatchScratch scratch) {
    std::lock_guard lock(mutex);
    scratches.push_back(std::move(scratch));
  }
};

Publisher::Publisher(Dependencies dependencies) : dependencies_(dependencies), state_(std::make_unique<State>()) {}

Publisher::~Publisher() = default;

asio::awaitable<Result<void>> Publisher::publish(std::vector<Addressed> events) {
  return publish_in_one_commit(std::move(events), {}, Whose::kClients);
}

asio::awaitable<Result<void>> Publisher::publish_beside(std::vector<Addressed> events,
                                                        std::vector<CatalogWrite> beside) {
  return publish_in_one_commit(std::move(events), std::move(beside), Whose::kOurs);
}

asio::awaitable<Result<void>> Publisher::publish_in_one_commit(std::vector<Addressed> events,
                                                               std::vector<CatalogWrite> beside, Whose whose) {
  const Stopwatch stopwatch;
  for (int round = 1;; ++round) {
    // Match, and render what each matched target is given.
    DeliveryPlan plan = make_plan(events);

    // Full lanes hold back the whole request: nothing of it has been accepted yet.
    if (plan.uses_lanes) {
      if (Result<void> room = check_outbox(whose); !room) {
        if (whose == Whose::kClients) write_refusal(events, room.error());
        co_return std::move(room).error();
      }
    }

    // Make all of it durable together. Events that nobody wants need no commit.
    plan.commit.catalog.insert(plan.commit.catalog.end(), beside.begin(), beside.end());
    if (!plan.commit.empty()) {
      Result<CommitReceipt> receipt = co_await dependencies_.storage.commit(std::move(plan.commit));
      const bool queue_went_away = !receipt && receipt.error().code == ErrorCode::kNotFound;
      if (queue_went_away && round < kPlansMax) continue;
      if (queue_went_away) co_return unavailable("A queue is being created or deleted; try again.");
      if (!receipt) {
        if (whose == Whose::kClients) write_refusal(events, receipt.error());
        co_return std::move(receipt).error();
      }
    }

    // Beyond this point the events are accepted.
    wake_outbox(plan);
    count(plan);
    write_bus_log(events, plan);
    show(events, plan);
    for (const DeliveryPlan::Dropped& dropped : plan.for_unknown_buses) report_unknown_bus(dropped);
    if (whose == Whose::kClients) state_->count_publication(stopwatch.elapsed());
    co_return Result<void>();
  }
}

Publisher::Traffic Publisher::traffic() const {
  return {state_->publications.load(std::memory_order_relaxed),
          std::chrono::microseconds(state_->took_microseconds.load(std::memory_order_relaxed))};
}

DeliveryPlan Publisher::make_plan(const std::vector<Addressed>& events) {
  DeliveryPlanner planner({dependencies_.buses, dependencies_.queues, dependencies_.log_groups, dependencies_.limits,
                           dependencies_.rng, dependencies_.clock.now()});
  rules::MatchScratch scratch = state_->take_scratch();
  // Most events have one match or none.
  planner.plan.triggered.reserve(events.size());
  planner.plan.invocations.reserve(events.size());
  planner.plan.commit.messages.reserve(events.size());
  const auto match = [&](const CompiledBus& bus, const Event& event, const RuleFilter* only) {
    bool taken = false;
    for (const rules::RuleId id : bus.rule_set->match_valid(event.json, scratch)) {
      const CompiledRule& rule = bus.rules[id];
      if (only && !only->contains(rule.arn)) continue;
      planner.add(bus, rule, event);
      taken = true;
    }
    if (taken) ++planner.plan.matched_events;
  };

  const Addressed* previous = nullptr;
  std::shared_ptr<const CompiledBus> bus;
  for (const Addressed& addressed : events) {
    // One snapshot of a bus serves the neighbours in a request.
    if (!previous || previous->bus != addressed.bus || previous->scope != addressed.scope) {
      bus = dependencies_.buses.find(addressed.scope, addressed.bus);
      if (bus) planner.plan.buses.push_back(bus);
    }
    previous = &addressed;
    if (bus) {
      if (addressed.scheduled) planner.add(*bus, *addressed.scheduled, addressed.event);
      match(*bus, addressed.event, addressed.only.get());
    } else {
      planner.plan.for_unknown_buses.push_back({addressed.scope, addressed.bus, &addressed.event});
    }
  }
  // Every hop counts and two are the most, so this ends.
  for (std::size_t i = 0; i < planner.plan.forwarded.size(); ++i) {
    const DeliveryPlan::Forwarded& forwarded = planner.plan.forwarded[i];
    match(*forwarded.bus, forwarded.event, nullptr);
  }
  state_->give_back(std::move(scratch));
  return std::move(planner.plan);
}

Result<void> Publisher::check_outbox(Whose whose) const {
  const std::uint64_t share = whose == Whose::kClients ? 1 : 2;
  return eventbus::check_outbox(dependencies_.storage.queues(), dependencies_.limits, share, [this] {
    return dependencies_.lanes ? dependencies_.lanes->lanes() : dependencies_.buses.lanes();
  });
}

void Publisher::wake_outbox(const DeliveryPlan& plan) const {
  if (!plan.uses_lanes || !dependencies_.outbox) return;
  std::vector<QueueId> lanes;
  for (const DeliveryPlan::Invocation& invocation : plan.invocations)
    if (invocation.outcome == DeliveryPlan::Invocation::kWaiting) lanes.push_back(invocation.target->lane);
  dependencies_.outbox->arrived(lanes);
}

void Publisher::write_refusal(const std::vector<Addressed>& events, const Error& error) const {
  if (!dependencies_.bus_log) return;
  const unsigned status = error.code == ErrorCode::kLimit ? 400 : 503;
  for (const Addressed& addressed : events) {
    const BusLogSettings settings = dependencies_.bus_log->settings(addressed.scope, addressed.bus);
    dependencies_.bus_log->refused({addressed.scope, addressed.bus, addressed.request_id, addressed.event, settings},
                                   status, error.message);
  }
}

void Publisher::write_bus_log(const std::vector<Addressed>& events, const DeliveryPlan& plan) const {
  if (!dependencies_.bus_log) return;
  const PlanLog log(*dependencies_.bus_log, plan, dependencies_.clock.now());
  for (const Addressed& addressed : events)
    log.write(addressed.scope, addressed.bus, addressed.request_id, addressed.event, false, addressed.violation.get());
  for (const DeliveryPlan::Forwarded& forwarded : plan.forwarded)
    log.write(forwarded.bus->scope, forwarded.bus->name, {}, forwarded.event, true);
}

void Publisher::show(const std::vector<Addressed>& events, const DeliveryPlan& plan) const {
  if (!dependencies_.tap) return;
  for (const Addressed& addressed : events)
    dependencies_.tap->accepted(addressed.scope, addressed.bus, addressed.event);
  for (const DeliveryPlan::Forwarded& forwarded : plan.forwarded)
    dependencies_.tap->accepted(forwarded.bus->scope, forwarded.bus->name, forwarded.event);
}

void Publisher::count(const DeliveryPlan& plan) {
  const TimePoint now = dependencies_.clock.now();
  PublisherMetrics& metrics = dependencies_.metrics;
  for (std::size_t i = 0; i < plan.matched_events; ++i) metrics.event_matched();
  metrics.invocations_created(plan.invocations.size());
  for (const CompiledRule* rule : plan.triggered)
    if (rule->metrics) rule->metrics->triggered();

  for (const DeliveryPlan::Invocation& invocation : plan.invocations) {
    if (invocation.outcome == DeliveryPlan::Invocation::kFailed) report_failure(invocation, now);
    RuleMetrics* const rule = invocation.rule->metrics.get();
    if (!rule || invocation.outcome == DeliveryPlan::Invocation::kWaiting) continue;
    if (invocation.outcome == DeliveryPlan::Invocation::kForwarded) {
      rule->forwarded();
      continue;
    }
    const Duration age = now - invocation.event->accepted_at;
    if (invocation.target->kind == CompiledTarget::kBus) {
      rule->forwarding_failed();
      if (is_hop_limit(invocation.failure)) rule->suppressed();
    } else {
      rule->attempted(age);
      if (invocation.outcome == DeliveryPlan::Invocation::kDelivered) {
        rule->succeeded(age, true);
        continue;
      }
      rule->failed(age, true);
    }
    if (invocation.dead_letter_kept) {
      rule->sent_to_dead_letter_queue();
    } else if (!invocation.dead_letter_wanted.empty()) {
      rule->dead_letter_lost();
    }
  }
}

void Publisher::report_failure(const DeliveryPlan::Invocation& failed, TimePoint now) {
  std::string key = failed.rule->arn + " " + failed.target->id + " ";
  key += failed.failure.code;
  const std::optional<std::uint64_t> held_back = state_->failures.admit(key, now);
  if (!held_back) return;
  std::string_view fate = "no dead-letter queue: dropped";
  if (failed.dead_letter_kept) {
    fate = "kept in the dead-letter queue";
  } else if (!failed.dead_letter_wanted.empty()) {
    fate = "lost: the dead-letter queue did not take it";
  }
  dependencies_.log.warn(
      "delivery failed for good ({}) event_id={} rule={} target={} error_code={} failure={} "
      "dead_letter_queue={} more_since_last_line={}",
      fate, failed.event->id, failed.rule->arn, log_value(failed.target->arn), failed.failure.code,
      log_value(failed.failure.message), log_value(failed.dead_letter_wanted), *held_back);
}

void Publisher::report_unknown_bus(const DeliveryPlan::Dropped& dropped) {
  dependencies_.metrics.dropped_for_unknown_bus();
  const std::string key = dropped.scope.account + "/" + dropped.scope.region + "/" + dropped.bus;
  const std::optional<std::uint64_t> held_back = state_->unknown_buses.admit(key, dependencies_.clock.now());
  if (!held_back) return;
  dependencies_.log.warn(
      "event accepted and dropped: its bus does not exist bus={} account={} region={} event_id={} source={} "
      "more_since_last_line={}",
      log_value(dropped.bus), dropped.scope.account, dropped.scope.region, dropped.event->id,
      log_value(dropped.event->source), *held_back);
}

}  // namespace eventbus
