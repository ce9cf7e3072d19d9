#pragma once

#include "base/clock.h"
#include "bus/archive_catalog.h"
#include "bus/bus_catalog.h"
#include "bus/queue_service.h"
#include "bus/schedule_lanes.h"
#include "storage/storage.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <vector>

namespace eventbus {

// What is true at the moment somebody asks: storage, queues, archives, lanes of the outbox, the process. Reads counters
// that are kept anyway; costs a look-up per queue, archive and lane. Safe to call from any thread.
class StateMetrics final : public prometheus::Collectable {
 public:
  struct Dependencies {
    const Storage& storage;
    QueueStore& queue_store;
    const QueueService& queues;
    const BusCatalog& catalog;
    const ArchiveCatalog& archives;
    const Limits& limits;
    const Clock& clock;
    std::function<std::size_t()> connections;
    TimePoint started_at;
    const ScheduleLanes& schedule_lanes;
  };
  explicit StateMetrics(Dependencies dependencies) : dependencies_(std::move(dependencies)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  void collect_process(std::vector<prometheus::MetricFamily>& families) const;
  void collect_storage(std::vector<prometheus::MetricFamily>& families) const;
  void collect_queues(std::vector<prometheus::MetricFamily>& families) const;
  void collect_archives(std::vector<prometheus::MetricFamily>& families) const;
  void collect_outbox(std::vector<prometheus::MetricFamily>& families) const;
  double age_seconds(const QueueDepth& depth) const;

  Dependencies dependencies_;
};

}  // namespace eventbus
