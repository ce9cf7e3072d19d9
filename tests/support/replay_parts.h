#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "bus/archive_catalog.h"
#include "bus/archive_reader.h"
#include "bus/bus_catalog.h"
#include "bus/publisher.h"
#include "bus/replay_metrics.h"
#include "bus/replayer.h"

#include <memory>

namespace eventbus::testing {

// Replays for tests of what is around them: they can be started, and never run.
struct ReplayParts {
  struct NoTargets final : public DeliveryTargets {
    std::shared_ptr<DeliveryTarget> find(const Target&, const Scope&) override { return nullptr; }
  };

  ReplayParts(Storage& storage, ArchiveZones& zones, const ArchiveCatalog& archives, const BusCatalog& buses,
              Publisher& publisher, Clock& clock, Rng& rng, spdlog::logger& log)
      : reader(storage, zones, clock),
        replayer({archives, reader, buses, publisher, targets, nullptr, storage, clock, clock, rng, metrics, log},
                 zones, buses, [](asio::awaitable<void>) {}) {}

  ArchiveReader reader;
  ReplayMetrics metrics;
  NoTargets targets;
  Replayer replayer;
};

}  // namespace eventbus::testing
