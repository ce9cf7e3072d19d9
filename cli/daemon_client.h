#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <chrono>
#include <string>

namespace eventbus::cli {

// Sends `body`, JSON, to a command of the daemon's own API ("/_eventbus/explain") and returns the JSON it answers with.
// kUnavailable: no daemon at `endpoint`, or none that answers within `timeout`. kInvalid, kNotFound: it refuses, in its
// words.
Result<std::string> post_command(const std::string& endpoint, const std::string& path, std::string body,
                                 Duration timeout = std::chrono::seconds(30));

// The same by GET: what the daemon knows.
Result<std::string> ask(const std::string& endpoint, const std::string& path,
                        Duration timeout = std::chrono::seconds(30));

}  // namespace eventbus::cli
