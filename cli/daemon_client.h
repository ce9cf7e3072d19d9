#pragma once

#include "base/result.h"

#include <string>

namespace eventbus::cli {

// Sends `body`, JSON, to a command of the daemon's own API ("/_eventbus/explain") and returns the JSON it answers with.
// kUnavailable: no daemon at `endpoint`, or none that answers in half a minute. kInvalid, kNotFound: it refuses, in its
// words.
Result<std::string> post_command(const std::string& endpoint, const std::string& path, std::string body);

}  // namespace eventbus::cli
