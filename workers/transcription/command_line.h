#pragma once

#include "base/result.h"
#include "workers/transcription/config.h"

#include <map>
#include <string>
#include <vector>

namespace eventbus::transcription {

// What the arguments ask for.
struct Invocation {
  Config config;
  std::optional<std::string> print;  // --help, --version, settings: print this and end
};

using Environment = std::map<std::string, std::string, std::less<>>;

// Merges defaults, file, environment and flags (the later wins). Errors (kInvalid) are one sentence that names the
// setting as the user wrote it and what is allowed.
Result<Invocation> parse_command_line(const std::vector<std::string>& arguments, const Environment& environment);

}  // namespace eventbus::transcription
