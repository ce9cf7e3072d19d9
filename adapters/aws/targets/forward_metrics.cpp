#include "adapters/aws/targets/forward_metrics.h"

#include <utility>

namespace eventbus::aws {

ForwardMetrics::ForwardMetrics()
    : deliveries_(prometheus::BuildCounter()
                      .Name("eventbus_forward_deliveries_total")
                      .Help("Deliveries to other accounts, as attempts came out")
                      .Register(registry_)),
      lag_(prometheus::BuildGauge()
               .Name("eventbus_forward_lag_seconds")
               .Help("How long the last delivery that was tried had waited since its event was accepted")
               .Register(registry_)),
      breaker_(
          prometheus::BuildGauge()
              .Name("eventbus_forward_breaker_state")
              .Help(
                  "Of an endpoint: 0 closed (calls go out), 1 half open (one call looks), 2 open (it does not answer)")
              .Register(registry_)) {}

void ForwardMetrics::Series::settled(std::size_t delivered, std::size_t retried, std::size_t failed) {
  delivered_->Increment(static_cast<double>(delivered));
  retry_->Increment(static_cast<double>(retried));
  failed_->Increment(static_cast<double>(failed));
}

void ForwardMetrics::Series::tried(Duration since_accepted) {
  lag_->Set(std::chrono::duration<double>(since_accepted).count());
}

ForwardMetrics::Series ForwardMetrics::series(const std::string& endpoint, const std::string& service) {
  const auto counter = [&](const char* outcome) {
    return &deliveries_.Add({{"endpoint", endpoint}, {"service", service}, {"outcome", outcome}});
  };
  Series series;
  series.delivered_ = counter("delivered");
  series.retry_ = counter("retry");
  series.failed_ = counter("failed");
  series.lag_ = &lag_.Add({{"endpoint", endpoint}, {"service", service}});
  return series;
}

void ForwardMetrics::watch(const std::string& endpoint, std::shared_ptr<const CircuitBreaker> breaker) {
  std::lock_guard lock(mutex_);
  watched_.insert_or_assign(endpoint, Watched{&breaker_.Add({{"endpoint", endpoint}}), std::move(breaker)});
}

std::vector<prometheus::MetricFamily> ForwardMetrics::Collect() const {
  {
    std::lock_guard lock(mutex_);
    for (const auto& [endpoint, watched] : watched_) {
      const CircuitBreaker::State state = watched.breaker->state();
      watched.gauge->Set(state == CircuitBreaker::State::kClosed     ? 0
                         : state == CircuitBreaker::State::kHalfOpen ? 1
                                                                     : 2);
    }
  }
  return registry_.Collect();
}

}  // namespace eventbus::aws
