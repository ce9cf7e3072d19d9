#pragma once

#include "bus/lane_directory.h"
#include "bus/publisher_metrics.h"

#include <prometheus/collectable.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace eventbus {

// What happened at one target. Safe to call from any thread.
struct LaneMetrics {
  LaneMetrics(const LaneTarget& lane);

  enum Outcome { kDelivered, kRetryable, kThrottled, kFailed, kOutcomes };
  void attempted(Outcome outcome, Duration took);
  void held_back() { held_back_.fetch_add(1, std::memory_order_relaxed); }

  std::uint64_t attempts(Outcome outcome) const { return outcomes_[outcome].load(std::memory_order_relaxed); }

  const std::string rule_arn, target_id, target_arn;

 private:
  friend class DispatcherMetrics;
  std::array<std::atomic<std::uint64_t>, kOutcomes> outcomes_{};
  std::atomic<std::uint64_t> held_back_{0};
  MetricHistogram duration_;
};

// The metrics of the delivery engine, beside those of rules (bus/publisher_metrics.h, under AWS's names): attempts and
// how long they took for each target, and what happened to the engine itself. A target that had no attempt in this life
// of the daemon, or whose lane is gone, is not in it. Safe to call from any thread.
class DispatcherMetrics final : public prometheus::Collectable {
 public:
  explicit DispatcherMetrics(const LaneDirectory& lanes) : lanes_(lanes) {}

  std::shared_ptr<LaneMetrics> lane(const LaneTarget& lane);
  // Forgets lanes that are gone, whether or not anybody ever collects.
  void forget_gone();
  std::size_t lanes() const;

  std::atomic<std::int64_t> calls{0};          // under way
  std::atomic<std::int64_t> active_lanes{0};   // with a call under way or something to wait for
  std::atomic<std::int64_t> standby_lanes{0};  // that wait for a delivery to exist
  std::atomic<std::uint64_t> settle_failures{0};
  std::atomic<std::uint64_t> dead_letters{0}, dead_letters_lost{0}, dropped{0};
  std::atomic<std::uint64_t> unreadable{0};

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const LaneDirectory& lanes_;
  mutable std::mutex mutex_;
  std::map<QueueId, std::shared_ptr<LaneMetrics>> by_lane_;  // under mutex_
};

}  // namespace eventbus
