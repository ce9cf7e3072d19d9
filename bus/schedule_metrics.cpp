#include "bus/schedule_metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace eventbus {

namespace {

constexpr std::array kLateBounds = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 60.0, 3600.0};
static_assert(kLateBounds.size() <= MetricHistogram::kBucketsMax);

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void add_family(std::vector<MetricFamily>& families, std::string name, std::string help, MetricType type,
                ClientMetric metric) {
  MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  family.metric.push_back(std::move(metric));
  families.push_back(std::move(family));
}

void add_counter(std::vector<MetricFamily>& families, std::string name, std::string help,
                 const std::atomic<std::uint64_t>& value) {
  ClientMetric metric;
  metric.counter.value = static_cast<double>(value.load(std::memory_order_relaxed));
  add_family(families, std::move(name), std::move(help), MetricType::Counter, std::move(metric));
}

}  // namespace

ScheduleMetrics::ScheduleMetrics(std::function<std::size_t()> schedules)
    : schedules_(std::move(schedules)), late_seconds_(kLateBounds) {}

void ScheduleMetrics::fired(Duration late) {
  add(fired_);
  late_seconds_.observe(std::max(0.0, std::chrono::duration<double>(late).count()));
}

std::vector<MetricFamily> ScheduleMetrics::Collect() const {
  std::vector<MetricFamily> families;
  ClientMetric schedules;
  schedules.gauge.value = static_cast<double>(schedules_());
  add_family(families, "eventbus_schedules", "Schedules of EventBridge Scheduler.", MetricType::Gauge,
             std::move(schedules));
  add_counter(families, "eventbus_schedule_invocations_total", "Occurrences of schedules that were fired.", fired_);
  add_counter(families, "eventbus_schedule_dead_letters_total",
              "Of those, invocations refused at once and kept in the schedule's dead-letter queue.", dead_lettered_);
  add_counter(families, "eventbus_schedule_dropped_total",
              "Of those, invocations refused at once without a dead-letter queue to take them.", dropped_);
  add_counter(families, "eventbus_schedule_skips_total", "Times a recurring schedule left out what was found too late.",
              skipped_);
  add_counter(families, "eventbus_schedule_storage_failures_total",
              "Times due schedules could not be fired because the storage did not take them.", storage_failures_);
  add_counter(families, "eventbus_schedule_held_back_total",
              "Times a due occurrence was looked at and found no room in the outbox.", held_back_);
  add_family(families, "eventbus_schedule_late_seconds", "From the moment of an occurrence until it was fired.",
             MetricType::Histogram, late_seconds_.collect());
  return families;
}

}  // namespace eventbus
