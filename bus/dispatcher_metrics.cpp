#include "bus/dispatcher_metrics.h"

#include "bus/metric_family.h"

#include <array>
#include <chrono>
#include <utility>

namespace eventbus {

namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::array kDurationBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0};
constexpr std::array<const char*, LaneMetrics::kOutcomes> kOutcomeNames = {"delivered", "retryable", "throttled",
                                                                           "failed"};

}  // namespace

LaneMetrics::LaneMetrics(const LaneTarget& lane)
    : rule_arn(lane.rule_arn), target_id(lane.target.id), target_arn(lane.target.arn), duration_(kDurationBounds) {}

void LaneMetrics::attempted(Outcome outcome, Duration took) {
  outcomes_[outcome].fetch_add(1, std::memory_order_relaxed);
  duration_.observe(std::chrono::duration<double>(took).count());
}

std::shared_ptr<LaneMetrics> DispatcherMetrics::lane(const LaneTarget& lane) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<LaneMetrics>& metrics = by_lane_[lane.lane];
  if (!metrics) metrics = std::make_shared<LaneMetrics>(lane);
  return metrics;
}

void DispatcherMetrics::forget_gone() {
  std::lock_guard lock(mutex_);
  std::erase_if(by_lane_, [&](const auto& entry) { return !lanes_.lane(entry.first); });
}

std::size_t DispatcherMetrics::lanes() const {
  std::lock_guard lock(mutex_);
  return by_lane_.size();
}

std::vector<MetricFamily> DispatcherMetrics::Collect() const {
  std::vector<MetricFamily> families;
  const auto gauge = [&](const char* name, const char* help, const std::atomic<std::int64_t>& value) {
    families.push_back(single_metric(name, help, MetricType::Gauge, value_of(value)));
  };
  const auto counter = [&](const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
    families.push_back(single_metric(name, help, MetricType::Counter, value_of(value)));
  };
  gauge("eventbus_delivery_calls", "Calls of targets under way.", calls);
  gauge("eventbus_delivery_active_lanes", "Outbox lanes with a call under way or a retry to come.", active_lanes);
  gauge("eventbus_delivery_standby_lanes",
        "Outbox lanes in which events wait for a target that this daemon has no delivery for.", standby_lanes);
  counter("eventbus_delivery_settle_failures_total",
          "Outcomes of deliveries that the storage did not take at once; they are repeated.", settle_failures);
  counter("eventbus_dead_letters_total", "Failed deliveries kept in a dead-letter queue.", dead_letters);
  counter("eventbus_dead_letters_lost_total",
          "Failed deliveries whose dead-letter queue does not exist or refused them: lost.", dead_letters_lost);
  counter("eventbus_deliveries_dropped_total", "Failed deliveries of targets without a dead-letter queue.", dropped);
  counter("eventbus_deliveries_unreadable_total",
          "Times that a stored delivery was met that this version cannot read; it is kept.", unreadable);

  MetricFamily attempts = metric_family("eventbus_target_attempts_total", "Attempts at a target, by what came of them.",
                                        MetricType::Counter);
  MetricFamily held_back = metric_family("eventbus_target_held_back_total",
                                         "Calls of a target that waited for its invocation rate.", MetricType::Counter);
  MetricFamily duration =
      metric_family("eventbus_target_attempt_seconds", "How long attempts at a target took.", MetricType::Histogram);
  std::lock_guard lock(mutex_);
  for (const auto& [id, lane] : by_lane_) {
    if (!lanes_.lane(id)) continue;
    const MetricLabels labels = {{"rule", lane->rule_arn},
                                 {"target_id", lane->target_id},
                                 {"target", lane->target_arn},
                                 {"lane", std::to_string(id)}};
    for (std::size_t outcome = 0; outcome < LaneMetrics::kOutcomes; ++outcome) {
      MetricLabels with_outcome = labels;
      with_outcome.push_back({"outcome", kOutcomeNames[outcome]});
      add_metric(attempts, static_cast<double>(lane->attempts(static_cast<LaneMetrics::Outcome>(outcome))),
                 std::move(with_outcome));
    }
    add_metric(held_back, value_of(lane->held_back_), labels);
    duration.metric.push_back(lane->duration_.collect());
    duration.metric.back().label = labels;
  }
  families.push_back(std::move(attempts));
  families.push_back(std::move(held_back));
  families.push_back(std::move(duration));
  return families;
}

}  // namespace eventbus
