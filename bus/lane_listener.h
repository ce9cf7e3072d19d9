#pragma once

#include "storage/queue_store.h"

#include <span>

namespace eventbus {

// Who wants to know that deliveries were put into lanes. Called after the commit; safe to call from any thread; returns
// at once.
class LaneListener {
 public:
  virtual ~LaneListener() = default;
  virtual void arrived(std::span<const QueueId> lanes) = 0;  // a lane may stand in it more than once
};

}  // namespace eventbus
