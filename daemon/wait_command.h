#pragma once

#include "base/clock.h"
#include "bus/event_timelines.h"
#include "net/message.h"

#include <string>

namespace eventbus {

// POST /_eventbus/wait: waits, in real time, until events have come so far as a test needs them. The request, a JSON
// object, every member optional:
//   pattern            an event pattern, an object or a string; without it every event matches
//   account, region    of the bus; without them all count
//   bus                its name or ARN
//   rule, target       a rule's name or ARN, a target's ARN: only what this rule has for this target counts
//   until              received: the event is on the bus.  delivered (default): a target has it.  failed: a delivery
//   was
//                      given up.  ended: every delivery is over, or there was none
//   count              so many events (default 1)
//   timeout            seconds (default 10, at most 300; 0 = only look)
//   since              a cursor of an earlier answer, or "now": only what comes after counts. Without it everything
//   that
//                      is remembered does (settings event_timelines, event_timelines_max), back to the last reset
// Always 200 with
//   matched            whether there were `count` such events in time
//   events             the timelines of those, or, when there were not, of the events that match the pattern and the
//                      place, as far as they came, the newest hundred: each with `matched`, its rules, and its
//                      deliveries with all attempts
//   seen               how many events were looked at
//   cursor             for a later `since`: behind everything that is in this answer
//   missed             events since the cursor were forgotten before they could be looked at
// 400: the request, with `error`; 409: nothing is remembered here.
//
// GET /_eventbus/wait: the cursor of this moment, and how much is remembered.
//
// Safe to call from any shard. Numbers in cursors are those of this life of the daemon, which `life` names.
class WaitCommand {
 public:
  WaitCommand(EventTimelines& timelines, Clock& system, std::string life)
      : timelines_(timelines), system_(system), life_(std::move(life)) {}

  net::Handler handler();
  net::Response cursor() const;

 private:
  struct Watch;
  asio::awaitable<net::Response> answer(std::string body);
  std::optional<std::uint64_t> number_of(const std::string& cursor) const;
  std::string cursor_of(std::uint64_t number) const;
  void look(Watch& watch) const;
  std::string render(const Watch& watch, bool matched) const;

  EventTimelines& timelines_;
  Clock& system_;
  const std::string life_;
};

// GET and POST where nothing is remembered.
net::Response nothing_remembered();
net::Handler nothing_to_wait_for();

}  // namespace eventbus
