#pragma once

#include "base/clock.h"

namespace eventbus {

// What a clock can do besides that does not pass by itself but is moved: housekeeping, which comes round every minute
// or so and would be as well done a little later, need not be met at each of its moments when days are passed through.
class LenientSleep {
 public:
  virtual ~LenientSleep() = default;
  // Completes at `earliest` when time passes by itself. When it is moved: wherever it stops from `earliest` on, and it
  // stops by `latest` and at the end of each move, so that nothing that is due is left undone. Also at the beginning of
  // each move, however early: `latest` was good for what was known when the sleep began.
  virtual asio::awaitable<void> sleep_between(TimePoint earliest, TimePoint latest) = 0;
};

// Of any clock; one that cannot be lenient wakes at `earliest`.
asio::awaitable<void> sleep_between(Clock& clock, TimePoint earliest, TimePoint latest);

}  // namespace eventbus
