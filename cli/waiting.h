#pragma once

#include "base/clock.h"

namespace eventbus::cli {

// Blocks until then.
void wait_until(Clock& clock, TimePoint when);

}  // namespace eventbus::cli
