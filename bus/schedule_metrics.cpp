#include "bus/schedule_metrics.h"

#include "bus/metric_family.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace eventbus {

namespace {

constexpr std::array kLateBounds = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 60.0, 3600.0};
static_assert(kLateBounds.size() <= MetricHistogram::kBucketsMax);

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily counter(const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
  return single_metric(name, help, MetricType::Counter, value_of(value));
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
  families.push_back(single_metric("eventbus_schedules", "Schedules of EventBridge Scheduler.", MetricType::Gauge,
                                   static_cast<double>(schedules_())));
  families.push_back(
      counter("eventbus_schedule_invocations_total", "Occurrences of schedules that were fired.", fired_));
  families.push_back(counter("eventbus_schedule_dead_letters_total",
                             "Of those, invocations refused at once and kept in the schedule's dead-letter queue.",
                             dead_lettered_));
  families.push_back(counter("eventbus_schedule_dropped_total",
                             "Of those, invocations refused at once without a dead-letter queue to take them.",
                             dropped_));
  families.push_back(counter("eventbus_schedule_skips_total",
                             "Times a recurring schedule left out what was found too late.", skipped_));
  families.push_back(counter("eventbus_schedule_storage_failures_total",
                             "Times due schedules could not be fired because the storage did not take them.",
                             storage_failures_));
  families.push_back(counter("eventbus_schedule_held_back_total",
                             "Times a due occurrence was looked at and found no room in the outbox.", held_back_));
  families.push_back(metric_family("eventbus_schedule_late_seconds",
                                   "From the moment of an occurrence until it was fired.", MetricType::Histogram));
  families.back().metric.push_back(late_seconds_.collect());
  return families;
}

}  // namespace eventbus
