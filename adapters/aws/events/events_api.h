#pragma once

#include "adapters/aws/events/put_events.h"
#include "bus/archive_catalog.h"
#include "bus/bus_catalog.h"
#include "bus/connection_catalog.h"
#include "bus/limits.h"
#include "bus/replayer.h"

namespace eventbus::aws {

// The few things the handlers of EventBridge use. All of it outlives the service.
struct EventsApi {
  BusCatalog& catalog;
  ConnectionCatalog& connections;
  ArchiveCatalog& archives;
  Replayer& replays;
  const Limits& limits;
  PutEventsApi put_events;
};

}  // namespace eventbus::aws
