#pragma once

#include "base/clock.h"
#include "base/rng.h"

#include <string>
#include <string_view>

namespace eventbus {

// What of an X-Ray trace header travels with an event (behaviour §20): the header itself when it is well formed and has
// a Root; a new, unsampled Root when the given one is bad and a Parent stands beside it; otherwise nothing.
//   Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1
std::string propagated_trace_header(std::string_view header, TimePoint now, Rng& rng);

}  // namespace eventbus
