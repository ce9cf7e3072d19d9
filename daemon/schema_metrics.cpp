#include "daemon/schema_metrics.h"

#include <cstdint>
#include <string>
#include <utility>

namespace eventbus {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string name, std::string help, MetricType type) {
  MetricFamily result;
  result.name = std::move(name);
  result.help = std::move(help);
  result.type = type;
  return result;
}

void add(MetricFamily& to, std::uint64_t value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (to.type == MetricType::Counter) {
    metric.counter.value = static_cast<double>(value);
  } else {
    metric.gauge.value = static_cast<double>(value);
  }
  to.metric.push_back(std::move(metric));
}

}  // namespace

std::vector<MetricFamily> SchemaMetrics::Collect() const {
  std::vector<MetricFamily> families;
  const SchemaCatalog::Counts counts = catalog_.counts();
  MetricFamily kept = family("eventbus_schemas", "What schema registries hold, of all accounts.", MetricType::Gauge);
  add(kept, counts.registries, {{"kind", "registry"}});
  add(kept, counts.schemas, {{"kind", "schema"}});
  add(kept, counts.versions, {{"kind", "version"}});
  add(kept, counts.discoverers, {{"kind", "discoverer"}});
  families.push_back(std::move(kept));

  const SchemaDiscovery::Counters seen = discovery_.counters();
  MetricFamily events =
      family("eventbus_schema_discovery_events_total",
             "Events of buses with a discoverer: learned from, more of their kind than a sample takes, "
             "dropped since the buffer was full, impossible to learn from.",
             MetricType::Counter);
  add(events, seen.learned, {{"outcome", "learned"}});
  add(events, seen.passed_over, {{"outcome", "passed_over"}});
  add(events, seen.dropped, {{"outcome", "dropped"}});
  add(events, seen.failed, {{"outcome", "failed"}});
  families.push_back(std::move(events));
  MetricFamily versions = family("eventbus_schema_discovery_versions_total", "Versions that discovery gave to schemas.",
                                 MetricType::Counter);
  add(versions, seen.versions);
  families.push_back(std::move(versions));
  return families;
}

}  // namespace eventbus
