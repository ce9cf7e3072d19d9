#pragma once

#include "bus/bus_log.h"
#include "bus/delivery_plan.h"

#include <string_view>

namespace eventbus {

// Says in the log of a bus what a publication did: what came in and matched, and how invocations ended that were over
// with the commit. Nothing for a bus that logs nothing.
class PlanLog {
 public:
  // All of it outlives this.
  PlanLog(const BusLog& log, const DeliveryPlan& plan, TimePoint now) : log_(log), plan_(plan), now_(now) {}

  // One event on one bus. `event` is the one that the plan's invocations point to.
  void write(const Scope& scope, std::string_view bus, std::string_view request_id, const Event& event, bool forwarded,
             const ContractViolation* violation = nullptr) const;

 private:
  void write_ended(const Scope& scope, std::string_view bus, const DeliveryPlan::Invocation& invocation,
                   BusLogSettings settings) const;

  const BusLog& log_;
  const DeliveryPlan& plan_;
  const TimePoint now_;
};

}  // namespace eventbus
