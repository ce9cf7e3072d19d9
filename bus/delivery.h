#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/hops.h"

#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// One event, or one occurrence of a schedule, on its way to one target, as it waits in the target's outbox lane.
// Self-contained: a retry looks nothing up, and replacing or deleting the rule changes nothing about deliveries already
// made (behaviour §14).
struct Delivery {
  std::string event_id;  // of a schedule's: the execution id
  std::string rule_arn, target_id, target_arn;
  std::optional<std::string> dead_letter_arn;
  TimePoint accepted_at;     // age counts from here
  std::string trace_header;  // empty = none
  Hops hops;                 // of the event, on the bus whose rule it matched
  std::string input;         // what the target is given
  // The event itself where it is not the input: dynamic parameters read it (behaviour §9). Empty = same as `input`. Of
  // a schedule that puts an event: that event, of which the input is the detail.
  std::string event;
  // Of a schedule's occurrence: when it was due; `rule_arn` is the schedule's then.
  std::optional<TimePoint> scheduled_at;
  std::string message_group;  // of a schedule's, for a queue: text as it stands

  const std::string& original_event() const { return event.empty() ? input : event; }

  // Body of the lane's message; grammar in delivery.cpp.
  std::string encode() const;
  // kInternal when the bytes are not a delivery. Fields this version does not know are skipped.
  static Result<Delivery> decode(std::string_view bytes);

  friend bool operator==(const Delivery&, const Delivery&) = default;
};

}  // namespace eventbus
