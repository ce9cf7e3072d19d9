#include "bus/contract_metrics.h"

#include "bus/arn.h"
#include "bus/metric_family.h"

#include <utility>

namespace eventbus {

std::shared_ptr<ContractCounters> ContractMetrics::counters(const Labels& labels) {
  std::lock_guard lock(mutex_);
  std::shared_ptr<ContractCounters>& counters = all_[labels];
  if (!counters) counters = std::make_shared<ContractCounters>();
  return counters;
}

std::vector<prometheus::MetricFamily> ContractMetrics::Collect() const {
  constexpr std::array<const char*, ContractCounters::kResults> kNames = {"fits", "violates", "rejected"};
  prometheus::MetricFamily family = metric_family("eventbus_contract_events_total",
                                                  "Events that were held against a contract, by version and result.",
                                                  prometheus::MetricType::Counter);
  std::lock_guard lock(mutex_);
  std::erase_if(all_, [](const auto& entry) { return entry.second.use_count() == 1; });
  for (const auto& [labels, counters] : all_) {
    for (std::size_t result = 0; result < ContractCounters::kResults; ++result) {
      add_metric(family, static_cast<double>(counters->count(static_cast<ContractCounters::Result>(result))),
                 {{"bus", bus_arn(labels.scope, labels.bus)},
                  {"contract", labels.contract},
                  {"version", labels.version},
                  {"result", kNames[result]}});
    }
  }
  return {std::move(family)};
}

}  // namespace eventbus
