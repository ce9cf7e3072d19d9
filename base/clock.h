#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace eventbus {

namespace asio = boost::asio;

using Duration = std::chrono::milliseconds;
// Wall-clock time, UTC, in milliseconds: the resolution in which AWS reports SentTimestamp and in which we persist
// times.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, Duration>;

// The only source of time in the product. Waiting is part of the clock, so that virtual time covers visibility
// timeouts, delays, long polls, retries and retention. Safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  // Completes at `when` (at once if it has passed), on the executor of the awaiting coroutine. Cancellable: a
  // per-operation cancellation completes it early without throwing.
  virtual asio::awaitable<void> sleep_until(TimePoint when) = 0;
};

// The operating system's clock.
class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  asio::awaitable<void> sleep_until(TimePoint when) override;
};

// "2026-09-13T12:17:30Z": the envelope's `time`, whole seconds, truncated.
std::string format_iso_seconds(TimePoint when);
// "2026-09-13T12:17:30.408Z": `aws.events.event.ingestion-time`.
std::string format_iso_milliseconds(TimePoint when);

}  // namespace eventbus
