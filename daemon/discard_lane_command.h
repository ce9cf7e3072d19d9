#pragma once

#include "bus/bus_catalog.h"
#include "bus/schedule_lanes.h"
#include "net/message.h"

namespace spdlog {
class logger;
}

namespace eventbus {

// POST /_eventbus/discard-lane {"lane": N}: throws away what waits in an outbox lane, of a rule's target or of
// schedules, by the number that metrics show. 200: {"lane": N, "discarded": how many}; 400: the request; 404: no such
// lane; 503: the storage takes nothing now. Safe to call from any shard. What is referred to must outlive the handler.
net::Handler discard_lane_command(BusCatalog& catalog, ScheduleLanes& schedule_lanes, spdlog::logger& log);

}  // namespace eventbus
