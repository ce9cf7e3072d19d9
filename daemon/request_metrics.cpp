#include "daemon/request_metrics.h"

#include "bus/metric_family.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace eventbus {
namespace {

// From a request that touches nothing but memory to a long poll of twenty seconds.
constexpr std::array kSecondsBounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                       0.05,   0.1,     0.25,   0.5,   1.0,    2.5,   5.0,  21.0};
static_assert(kSecondsBounds.size() <= MetricHistogram::kBucketsMax);

using prometheus::ClientMetric;
using prometheus::MetricFamily;

}  // namespace

RequestMetrics::Call::Call(std::string service, std::string operation)
    : service_(std::move(service)), operation_(std::move(operation)), seconds_(kSecondsBounds) {}

void RequestMetrics::Call::answered(unsigned status, std::chrono::microseconds took) {
  const auto slot = std::ranges::find(kStatuses, status) - kStatuses.begin();
  by_status_[static_cast<std::size_t>(slot)].fetch_add(1, std::memory_order_relaxed);
  seconds_.observe(std::chrono::duration<double>(took).count());
}

RequestMetrics::RequestMetrics(const std::vector<Operation>& operations) {
  for (const Operation& operation : operations) {
    const auto [call, is_new] =
        calls_.emplace(std::piecewise_construct, std::forward_as_tuple(operation.name, operation.service),
                       std::forward_as_tuple(operation.service, operation.name));
    by_name_.emplace(operation.call, &call->second);
  }
}

RequestMetrics::Call& RequestMetrics::call(std::string_view name) {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? unknown_ : *found->second;
}

std::vector<MetricFamily> RequestMetrics::Collect() const {
  MetricFamily requests =
      metric_family("eventbus_requests_total", "Requests answered, by service, operation and HTTP status.",
                    prometheus::MetricType::Counter);
  MetricFamily seconds =
      metric_family("eventbus_request_seconds", "From a whole request to its answer; long polls wait inside.",
                    prometheus::MetricType::Histogram);
  MetricFamily under_way =
      metric_family("eventbus_requests_under_way", "Requests being answered; long polls wait among them.",
                    prometheus::MetricType::Gauge);
  const auto add = [&](const Call& call) {
    const std::vector<ClientMetric::Label> labels = {{"operation", call.operation_}, {"service", call.service_}};
    for (std::size_t i = 0; i < call.by_status_.size(); ++i) {
      const std::uint64_t count = call.by_status_[i].load(std::memory_order_relaxed);
      if (count == 0) continue;
      ClientMetric metric;
      metric.label = labels;
      metric.label.push_back({"status", i < Call::kStatuses.size() ? std::to_string(Call::kStatuses[i]) : "other"});
      metric.counter.value = static_cast<double>(count);
      requests.metric.push_back(std::move(metric));
    }
    const std::int64_t answering = call.under_way_.load(std::memory_order_relaxed);
    if (answering > 0 || call.seconds_.count() > 0) {
      ClientMetric metric;
      metric.label = labels;
      metric.gauge.value = static_cast<double>(answering);
      under_way.metric.push_back(std::move(metric));
    }
    if (call.seconds_.count() == 0) return;
    ClientMetric metric = call.seconds_.collect();
    metric.label = labels;
    seconds.metric.push_back(std::move(metric));
  };
  for (const auto& [operation, call] : calls_) add(call);
  add(unknown_);

  MetricFamily refused =
      metric_family("eventbus_connections_refused_total", "Connections turned away because there were too many.",
                    prometheus::MetricType::Counter);
  ClientMetric metric;
  metric.counter.value = static_cast<double>(refused_.load(std::memory_order_relaxed));
  refused.metric.push_back(std::move(metric));

  std::vector<MetricFamily> families;
  families.push_back(std::move(requests));
  families.push_back(std::move(seconds));
  families.push_back(std::move(under_way));
  families.push_back(std::move(refused));
  return families;
}

}  // namespace eventbus
