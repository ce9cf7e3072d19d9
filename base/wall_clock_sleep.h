#pragma once

#include "base/clock.h"

#include <functional>

namespace eventbus {

// How SystemClock sleeps until `when`: on a timer that nobody sets, looking at least hourly at the time that `now`
// tells, which may be. Set forward, the sleep ends within the hour; set back, it is no longer for that: who had an hour
// left has an hour left (as base/virtual_clock.h), and finds that its moment has not come. A cancellation ends it
// without throwing.
asio::awaitable<void> sleep_by_wall_clock(std::function<TimePoint()> now, TimePoint when);

}  // namespace eventbus
