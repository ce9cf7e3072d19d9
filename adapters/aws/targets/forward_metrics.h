#pragma once

#include "adapters/aws/client/circuit_breaker.h"
#include "base/clock.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace eventbus::aws {

// What is forwarded, counted for each endpoint and service. Safe to use from any thread.
//   eventbus_forward_deliveries_total{endpoint,service,outcome}   outcome: delivered, retry, failed
//   eventbus_forward_lag_seconds{endpoint,service}  how long the last delivery that was tried had waited since its
//   event eventbus_forward_breaker_state{endpoint}        0 closed, 1 half open, 2 open
class ForwardMetrics final : public prometheus::Collectable {
 public:
  class Series {
   public:
    void settled(std::size_t delivered, std::size_t retried, std::size_t failed);
    void tried(Duration since_accepted);

   private:
    friend class ForwardMetrics;
    prometheus::Counter* delivered_ = nullptr;
    prometheus::Counter* retry_ = nullptr;
    prometheus::Counter* failed_ = nullptr;
    prometheus::Gauge* lag_ = nullptr;
  };

  ForwardMetrics();

  Series series(const std::string& endpoint, const std::string& service);
  void watch(const std::string& endpoint, std::shared_ptr<const CircuitBreaker> breaker);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& deliveries_;
  prometheus::Family<prometheus::Gauge>& lag_;
  prometheus::Family<prometheus::Gauge>& breaker_;
  struct Watched {
    prometheus::Gauge* gauge;
    std::shared_ptr<const CircuitBreaker> breaker;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Watched> watched_;
};

}  // namespace eventbus::aws
