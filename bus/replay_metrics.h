#pragma once

#include "bus/replay_record.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace eventbus {

// How far one replay that is under way has come. Safe to call from any thread.
struct ReplayProgress {
  std::atomic<std::uint64_t> events_max{0}, seen{0};
};

// The metrics of replays. Safe to call from any thread.
class ReplayMetrics final : public prometheus::Collectable {
 public:
  std::atomic<std::uint64_t> replayed{0};  // events published
  std::atomic<std::uint64_t> left_out{0};  // by a replay's own pattern
  std::atomic<std::uint64_t> failed{0};    // refused for good, or unreadable
  std::atomic<std::uint64_t> held_back{
      0};  // times a replay found the outbox full, a bus elsewhere not taking, or no storage
  std::atomic<std::uint64_t> rested_microseconds{0};  // for clients to have their turn

  // Of a replay that is under way, until what is returned is gone.
  std::shared_ptr<ReplayProgress> progress(const ReplayKey& replay);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  mutable std::mutex mutex_;
  mutable std::map<ReplayKey, std::weak_ptr<ReplayProgress>> under_way_;
};

}  // namespace eventbus
