#pragma once

#include "base/result.h"

#include <chrono>
#include <string>

namespace eventbus {

// Asks GET /_eventbus/ready of a running daemon, for images that have no curl. Success only for 200; the error says
// what was answered, or why nothing was. Over https:// any certificate is taken: nothing secret is sent.
Result<void> check_health(const std::string& endpoint, std::chrono::milliseconds timeout);

}  // namespace eventbus
