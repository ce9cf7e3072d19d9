#pragma once

#include "bus/event_timelines.h"

#include <boost/json/object.hpp>

namespace eventbus {

// A timeline as POST /_eventbus/wait shows it (docs/testing.md), but for the event, whose bytes are to stay as they
// are.
boost::json::object timeline_json(const EventTimeline& timeline);

}  // namespace eventbus
