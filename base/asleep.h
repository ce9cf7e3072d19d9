#pragma once

#include "base/clock.h"

#include <boost/asio/awaitable.hpp>

namespace eventbus {

// A sleep as one side of an `||`: until then, or until it is cancelled, which does not throw.
asio::awaitable<void> asleep(Clock& clock, TimePoint until);

}  // namespace eventbus
