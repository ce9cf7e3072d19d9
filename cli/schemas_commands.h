#pragma once

#include "cli/command.h"

namespace eventbus::cli {

// The commands of `eventbusctl schemas`, each in a file of its name.
void add_schemas_asyncapi(CLI::App& schemas, Program& program);

}  // namespace eventbus::cli
