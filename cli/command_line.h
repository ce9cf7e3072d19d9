#pragma once

#include "cli/console.h"

#include <map>
#include <string>
#include <vector>

namespace eventbus::cli {

// Does what the arguments (without the program's name) ask for and returns the process's exit status. `environment`
// holds the variables that count: EVENTBUS_ENDPOINT.
int run_command_line(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
                     Console& console);

}  // namespace eventbus::cli
