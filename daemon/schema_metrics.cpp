#include "daemon/schema_metrics.h"

#include "bus/metric_family.h"

#include <cstdint>
#include <string>
#include <utility>

namespace eventbus {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

}  // namespace

std::vector<MetricFamily> SchemaMetrics::Collect() const {
  std::vector<MetricFamily> families;
  const SchemaCatalog::Counts counts = catalog_.counts();
  MetricFamily kept =
      metric_family("eventbus_schemas", "What schema registries hold, of all accounts.", MetricType::Gauge);
  add_metric(kept, static_cast<double>(counts.registries), {{"kind", "registry"}});
  add_metric(kept, static_cast<double>(counts.schemas), {{"kind", "schema"}});
  add_metric(kept, static_cast<double>(counts.versions), {{"kind", "version"}});
  add_metric(kept, static_cast<double>(counts.discoverers), {{"kind", "discoverer"}});
  families.push_back(std::move(kept));

  const SchemaDiscovery::Counters seen = discovery_.counters();
  MetricFamily events =
      metric_family("eventbus_schema_discovery_events_total",
                    "Events of buses with a discoverer: learned from, more of their kind than a sample takes, "
                    "dropped since the buffer was full, impossible to learn from.",
                    MetricType::Counter);
  add_metric(events, static_cast<double>(seen.learned), {{"outcome", "learned"}});
  add_metric(events, static_cast<double>(seen.passed_over), {{"outcome", "passed_over"}});
  add_metric(events, static_cast<double>(seen.dropped), {{"outcome", "dropped"}});
  add_metric(events, static_cast<double>(seen.failed), {{"outcome", "failed"}});
  families.push_back(std::move(events));
  MetricFamily versions = metric_family("eventbus_schema_discovery_versions_total",
                                        "Versions that discovery gave to schemas.", MetricType::Counter);
  add_metric(versions, static_cast<double>(seen.versions));
  families.push_back(std::move(versions));
  return families;
}

}  // namespace eventbus
