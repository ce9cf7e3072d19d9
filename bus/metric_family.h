#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace eventbus {

// Families of metrics as those who keep their own numbers hand them to Prometheus.

using MetricLabels = std::vector<prometheus::ClientMetric::Label>;

inline prometheus::MetricFamily metric_family(std::string name, std::string help, prometheus::MetricType type) {
  prometheus::MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return family;
}

// To a family of counters or of gauges.
inline void add_metric(prometheus::MetricFamily& family, double value, MetricLabels labels = {}) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  family.metric.push_back(std::move(metric));
}

// A family of one, without labels.
inline prometheus::MetricFamily single_metric(std::string name, std::string help, prometheus::MetricType type,
                                              double value) {
  prometheus::MetricFamily family = metric_family(std::move(name), std::move(help), type);
  add_metric(family, value);
  return family;
}

inline double value_of(const std::atomic<std::uint64_t>& counter) {
  return static_cast<double>(counter.load(std::memory_order_relaxed));
}
inline double value_of(const std::atomic<std::int64_t>& gauge) {
  return static_cast<double>(gauge.load(std::memory_order_relaxed));
}

}  // namespace eventbus
