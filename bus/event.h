#pragma once

#include "base/clock.h"
#include "bus/scope.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// An accepted event: what a PutEvents entry became. `json` is the envelope as targets receive it, compact, in AWS's
// field order, with the bytes of `detail` as the client sent them less white space; behind it stand 64 readable bytes.
struct Event {
  std::string id;
  std::string source, detail_type;
  Scope origin;              // the envelope's account and region
  TimePoint time;            // the envelope's `time`, whole seconds
  TimePoint accepted_at;     // retries and retention count from here
  std::string trace_header;  // X-Ray header that travels beside the event; empty = none
  std::string json;
};

}  // namespace eventbus
