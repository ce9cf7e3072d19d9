#include "base/lenient_sleep.h"

namespace eventbus {

asio::awaitable<void> sleep_between(Clock& clock, TimePoint earliest, TimePoint latest) {
  if (auto* const lenient = dynamic_cast<LenientSleep*>(&clock)) return lenient->sleep_between(earliest, latest);
  return clock.sleep_until(earliest);
}

}  // namespace eventbus
