#pragma once

#include "bus/publisher_metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace eventbus {

// What EventBridge Scheduler does; what becomes of an invocation that waits in a lane is in the metrics of delivery.
// Safe to call from any thread.
class ScheduleMetrics final : public prometheus::Collectable {
 public:
  // `schedules`: how many there are.
  explicit ScheduleMetrics(std::function<std::size_t()> schedules);

  // An occurrence was fired this long after its moment.
  void fired(Duration late);
  // Of those: there was no attempt, or it was refused at once.
  void dead_lettered() { add(dead_lettered_); }
  void dropped() { add(dropped_); }
  // Schedules that left something out because it was found too late.
  void skipped(std::size_t schedules) { skipped_.fetch_add(schedules, std::memory_order_relaxed); }
  void storage_failed() { add(storage_failures_); }
  // Occurrences that found no room in the outbox; each counts as often as it was looked at.
  void held_back(std::size_t occurrences) { held_back_.fetch_add(occurrences, std::memory_order_relaxed); }

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  static void add(std::atomic<std::uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

  std::function<std::size_t()> schedules_;
  std::atomic<std::uint64_t> fired_{0}, dead_lettered_{0}, dropped_{0}, skipped_{0}, storage_failures_{0},
      held_back_{0};
  MetricHistogram late_seconds_;
};

}  // namespace eventbus
