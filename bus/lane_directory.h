#pragma once

#include "bus/bus_records.h"
#include "bus/scope.h"
#include "storage/queue_store.h"

#include <memory>
#include <string>
#include <vector>

namespace eventbus {

class RuleMetrics;

// Where the deliveries of a lane go, as the catalog has it at this moment.
struct LaneTarget {
  QueueId lane = 0;
  Scope bus_scope;
  std::string bus, rule, rule_arn;
  Target target;
  std::shared_ptr<RuleMetrics> metrics;  // may be null
  bool orphaned = false;                 // the target is gone; what waits is still delivered (behaviour §14)
};

// Which lanes there are. Safe to call from any thread; what it gives is immutable.
class LaneDirectory {
 public:
  virtual ~LaneDirectory() = default;
  // nullptr when the lane does not exist (any more).
  virtual std::shared_ptr<const LaneTarget> lane(QueueId lane) const = 0;
  // All of them: what waits in them together is bounded, and looked after.
  virtual std::vector<QueueId> lanes() const = 0;
  // LogConfig of a bus; nothing for a bus that is gone.
  virtual LogConfig log_config(const Scope& scope, std::string_view bus) const = 0;
};

}  // namespace eventbus
