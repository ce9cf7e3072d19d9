#include "bus/replay_metrics.h"

#include "bus/metric_family.h"

#include <utility>

namespace eventbus {

namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily counter(const char* name, const char* help, double value) {
  return single_metric(name, help, MetricType::Counter, value);
}

}  // namespace

std::shared_ptr<ReplayProgress> ReplayMetrics::progress(const ReplayKey& replay) {
  auto progress = std::make_shared<ReplayProgress>();
  std::lock_guard lock(mutex_);
  under_way_[replay] = progress;
  return progress;
}

std::vector<MetricFamily> ReplayMetrics::Collect() const {
  MetricFamily active = metric_family("eventbus_replays_active", "Replays under way.", MetricType::Gauge);
  MetricFamily seen = metric_family("eventbus_replay_events_seen", "Events of the window that a replay has dealt with.",
                                    MetricType::Gauge);
  MetricFamily all = metric_family("eventbus_replay_events_max", "At most so many events are in a replay's window.",
                                   MetricType::Gauge);
  {
    std::lock_guard lock(mutex_);
    std::erase_if(under_way_, [](const auto& entry) { return entry.second.expired(); });
    add_metric(active, static_cast<double>(under_way_.size()));
    for (const auto& [key, weak] : under_way_) {
      const std::shared_ptr<ReplayProgress> progress = weak.lock();
      if (!progress) continue;
      const MetricLabels labels = {{"account", key.scope.account}, {"region", key.scope.region}, {"replay", key.name}};
      add_metric(seen, value_of(progress->seen), labels);
      add_metric(all, value_of(progress->events_max), labels);
    }
  }
  std::vector<MetricFamily> families;
  families.push_back(std::move(active));
  families.push_back(std::move(seen));
  families.push_back(std::move(all));
  families.push_back(
      counter("eventbus_replayed_events_total", "Events that replays have published.", value_of(replayed)));
  families.push_back(counter("eventbus_replay_left_out_events_total", "Events left out by a replay's own pattern.",
                             value_of(left_out)));
  families.push_back(counter("eventbus_replay_failed_events_total",
                             "Events that a bus elsewhere refused for good, or that cannot be read.",
                             value_of(failed)));
  families.push_back(counter("eventbus_replay_held_back_total",
                             "Times a replay had to wait for room in the outbox, a bus elsewhere, or the storage.",
                             value_of(held_back)));
  families.push_back(counter("eventbus_replay_rested_seconds_total", "Time that replays rested for clients.",
                             value_of(rested_microseconds) / 1e6));
  return families;
}

}  // namespace eventbus
