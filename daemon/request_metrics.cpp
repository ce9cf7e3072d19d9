#include "daemon/request_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <mutex>
#include <vector>

namespace eventbus {
namespace {

// From a request that touches nothing but memory to a long poll of twenty seconds.
const std::vector<double>& bucket_bounds_seconds() {
  static const std::vector<double> kBounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                              0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    21};
  return kBounds;
}

double seconds(std::chrono::microseconds took) { return std::chrono::duration<double>(took).count(); }

}  // namespace

RequestMetrics::RequestMetrics(prometheus::Registry& registry)
    : requests_(prometheus::BuildCounter()
                    .Name("eventbus_requests_total")
                    .Help("Requests answered, by service, operation and HTTP status.")
                    .Register(registry)),
      seconds_(prometheus::BuildHistogram()
                   .Name("eventbus_request_seconds")
                   .Help("From a whole request to its answer; long polls wait inside.")
                   .Register(registry)) {}

void RequestMetrics::answered(const Call& call, unsigned status, std::chrono::microseconds took) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto series = series_.find(call); series != series_.end()) {
      const auto counter = series->second.by_status.find(status);
      if (counter != series->second.by_status.end()) {
        counter->second->Increment();
        series->second.seconds->Observe(seconds(took));
        return;
      }
    }
  }
  count_first(call, status, took);
}

void RequestMetrics::count_first(const Call& call, unsigned status, std::chrono::microseconds took) {
  const std::unique_lock lock(mutex_);
  const prometheus::Labels labels = {{"service", call.service}, {"operation", call.operation}};
  Series& series = series_[call];
  if (!series.seconds) series.seconds = &seconds_.Add(labels, bucket_bounds_seconds());
  prometheus::Counter*& counter = series.by_status[status];
  if (!counter) {
    prometheus::Labels with_status = labels;
    with_status.emplace("status", std::to_string(status));
    counter = &requests_.Add(with_status);
  }
  counter->Increment();
  series.seconds->Observe(seconds(took));
}

}  // namespace eventbus
