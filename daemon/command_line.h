#pragma once

#include "base/result.h"
#include "daemon/config.h"

#include <map>
#include <string>
#include <vector>

namespace eventbus {

// What the arguments ask for.
struct Invocation {
  enum Command {
    kRun,          // be the daemon
    kHealthcheck,  // ask a running one
    kPrint,        // --help, --version, settings: print `text` and end
  };
  Command command = kRun;
  Config config;
  std::string text;
  std::string endpoint;               // of kHealthcheck: "http://127.0.0.1:4566"
  std::vector<std::string> warnings;  // to be logged once there is a logger
};

using Environment = std::map<std::string, std::string>;

// The variables of the process whose names begin with EVENTBUS_.
Environment read_environment(const char* const* environment);

// Merges defaults, file, environment and flags (the later wins) into a Config. Errors (kInvalid) are one sentence that
// names the setting as the user wrote it, the value, and what is allowed; an unknown name comes with the nearest known
// one.
Result<Invocation> parse_command_line(const std::vector<std::string>& arguments, const Environment& environment);

}  // namespace eventbus
