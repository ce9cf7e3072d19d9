#pragma once

#include "bus/delivery_target.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// Hands events to a target that is trusted with nothing: one outcome per attempt whatever it does. A call that has not
// ended well behind the deadline of its first attempt is cancelled, a timeout; a target that throws, or answers for
// another number of events, has a bug and may do better next time. What the other side said comes back fit to be kept
// (bus/foreign_text.h).
asio::awaitable<std::vector<AttemptOutcome>> attempt_at(DeliveryTarget& target, std::vector<DeliveryAttempt> attempts,
                                                        Clock& clock, spdlog::logger& log);

// Of attempts that were given up because the daemon stops.
std::vector<AttemptOutcome> broken_off(std::size_t attempts);

// ERROR_MESSAGE, and what is kept of an answer, are cut there.
inline constexpr std::size_t kFailureTextMax = 4'096;

}  // namespace eventbus
