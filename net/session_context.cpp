#include "net/session_context.h"

#include "base/clock.h"
#include "net/response_writer.h"

namespace eventbus::net {

std::string_view SessionContext::date_now() {
  const long long seconds =
      std::chrono::duration_cast<std::chrono::seconds>(SystemClock().now().time_since_epoch()).count();
  if (seconds != date_seconds) {
    date_seconds = seconds;
    date = date_text(seconds);
  }
  return date;
}

}  // namespace eventbus::net
