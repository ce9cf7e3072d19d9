#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "bus/arn.h"
#include "bus/delivery.h"
#include "bus/queue_directory.h"
#include "bus/queue_message.h"
#include "bus/schedule_catalog.h"
#include "bus/schedule_lanes.h"

#include <functional>

namespace eventbus {

// How the invocation of a schedule gets to its target: as a message of its local queue, or as a delivery in the lane of
// its target, where the dispatcher takes it. Used by whoever fires schedules, and to redrive what failed.
class InvocationPlan {
 public:
  struct Dependencies {
    ScheduleLanes& lanes;
    const QueueDirectory& queues;
    // Queues that are not of this daemon, by its configuration: deliveries to them go through lanes.
    std::function<bool(const Arn& queue)> leads_elsewhere;
    Clock& clock;
    Rng& rng;
  };
  explicit InvocationPlan(Dependencies dependencies) : dependencies_(std::move(dependencies)) {}

  bool needs_lane(const Target& target) const;

  // The message that does it, in the queue or in the lane: then the lane is prepared in `commit`, and to be settled
  // (ScheduleLanes). The failure is one that no retry mends, in Scheduler's words. Of `invocation` the input is what
  // the target is to be given, whether it was just made or failed before.
  Result<NewMessage, DeliveryFailure> message(const ScheduleEntry& schedule, Delivery invocation, Commit& commit);

 private:
  Result<NewMessage, DeliveryFailure> queue_message(const Target& target, const Arn& queue, Delivery invocation);

  Dependencies dependencies_;
};

}  // namespace eventbus
