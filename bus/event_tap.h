#pragma once

#include "bus/event.h"
#include "bus/scope.h"

#include <string_view>

namespace eventbus {

// Is shown the events that buses have accepted, after the commit, on the path of the publisher: whoever implements it
// must be quick, and keeps what it wants to look at later. Called on any thread, also at once.
class EventTap {
 public:
  virtual ~EventTap() = default;
  // `bus` is the one that the event came to; of an event that rules forwarded, each of them in turn.
  virtual void accepted(const Scope& scope, std::string_view bus, const Event& event) = 0;
};

}  // namespace eventbus
