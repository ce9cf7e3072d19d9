#pragma once

#include "bus/schema_catalog.h"
#include "bus/schema_discovery.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace eventbus {

// Registries and their discovery, counted where they are kept. Safe to call from any thread.
class SchemaMetrics final : public prometheus::Collectable {
 public:
  SchemaMetrics(const SchemaCatalog& catalog, const SchemaDiscovery& discovery)
      : catalog_(catalog), discovery_(discovery) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const SchemaCatalog& catalog_;
  const SchemaDiscovery& discovery_;
};

}  // namespace eventbus
