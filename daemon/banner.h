#pragma once

#include "daemon/config.h"

#include <string>

namespace eventbus {

// What a person at a terminal should know before the first request: where it listens, whom it believes, what an answer
// is worth, and the command to type next. `url` is where clients on this machine find it.
std::string banner(const Config& config, const std::string& url);

}  // namespace eventbus
