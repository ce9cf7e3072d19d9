#pragma once

#include "bus/scope.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace eventbus {

// The events that were held against one version of a contract on one bus. An event counts once: for the newest version
// that it fits, or as violating the newest there is. So a version that nobody sends any more stops counting, and can
// retire. Safe to call from any thread.
struct ContractCounters {
  enum Result { kFits, kViolates, kRejected, kResults };
  void add(Result result) { counts_[result].fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t count(Result result) const { return counts_[result].load(std::memory_order_relaxed); }

 private:
  std::array<std::atomic<std::uint64_t>, kResults> counts_{};
};

// eventbus_contract_events_total: of what is bound, or has been looked at by somebody who still has it. Safe to call
// from any thread.
class ContractMetrics final : public prometheus::Collectable {
 public:
  struct Labels {
    Scope scope;
    std::string bus, contract, version;
    friend auto operator<=>(const Labels&, const Labels&) = default;
  };
  // The same for the same labels as long as somebody has it.
  std::shared_ptr<ContractCounters> counters(const Labels& labels);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  mutable std::mutex mutex_;
  mutable std::map<Labels, std::shared_ptr<ContractCounters>> all_;
};

}  // namespace eventbus
