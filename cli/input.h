#pragma once

#include "base/result.h"

#include <string>

namespace eventbus::cli {

// An input as arguments name it: "-" is standard input, what begins with '{' or '[' is the text itself, all else is the
// path of a file. kInvalid with the path and the system's reason if it cannot be read.
Result<std::string> read_input(const std::string& argument);

// How messages call it: the path, "standard input" or "the argument".
std::string name_of_input(const std::string& argument);

}  // namespace eventbus::cli
