#include "bus/replay_metrics.h"

#include <utility>

namespace eventbus {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(const char* name, const char* help, MetricType type) {
  MetricFamily result;
  result.name = name;
  result.help = help;
  result.type = type;
  return result;
}

MetricFamily counter(const char* name, const char* help, double value) {
  MetricFamily result = family(name, help, MetricType::Counter);
  ClientMetric metric;
  metric.counter.value = value;
  result.metric.push_back(std::move(metric));
  return result;
}

double read(const std::atomic<std::uint64_t>& value) {
  return static_cast<double>(value.load(std::memory_order_relaxed));
}

void add_gauge(MetricFamily& to, const ReplayKey& replay, double value) {
  ClientMetric metric;
  metric.label = {{"account", replay.scope.account}, {"region", replay.scope.region}, {"replay", replay.name}};
  metric.gauge.value = value;
  to.metric.push_back(std::move(metric));
}

}  // namespace

std::shared_ptr<ReplayProgress> ReplayMetrics::progress(const ReplayKey& replay) {
  auto progress = std::make_shared<ReplayProgress>();
  std::lock_guard lock(mutex_);
  under_way_[replay] = progress;
  return progress;
}

std::vector<MetricFamily> ReplayMetrics::Collect() const {
  MetricFamily active = family("eventbus_replays_active", "Replays under way.", MetricType::Gauge);
  MetricFamily seen =
      family("eventbus_replay_events_seen", "Events of the window that a replay has dealt with.", MetricType::Gauge);
  MetricFamily all =
      family("eventbus_replay_events_max", "At most so many events are in a replay's window.", MetricType::Gauge);
  {
    std::lock_guard lock(mutex_);
    std::erase_if(under_way_, [](const auto& entry) { return entry.second.expired(); });
    ClientMetric count;
    count.gauge.value = static_cast<double>(under_way_.size());
    active.metric.push_back(std::move(count));
    for (const auto& [key, weak] : under_way_) {
      const std::shared_ptr<ReplayProgress> progress = weak.lock();
      if (!progress) continue;
      add_gauge(seen, key, read(progress->seen));
      add_gauge(all, key, read(progress->events_max));
    }
  }
  std::vector<MetricFamily> families;
  families.push_back(std::move(active));
  families.push_back(std::move(seen));
  families.push_back(std::move(all));
  families.push_back(counter("eventbus_replayed_events_total", "Events that replays have published.", read(replayed)));
  families.push_back(
      counter("eventbus_replay_left_out_events_total", "Events left out by a replay's own pattern.", read(left_out)));
  families.push_back(counter("eventbus_replay_failed_events_total",
                             "Events that a bus elsewhere refused for good, or that cannot be read.", read(failed)));
  families.push_back(counter("eventbus_replay_held_back_total",
                             "Times a replay had to wait for room in the outbox, a bus elsewhere, or the storage.",
                             read(held_back)));
  families.push_back(counter("eventbus_replay_rested_seconds_total", "Time that replays rested for clients.",
                             read(rested_microseconds) / 1e6));
  return families;
}

}  // namespace eventbus
