#pragma once

#include "cli/console.h"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace eventbus::cli {

// What all commands share. A command's add_… function declares it to CLI11 and leaves its work in `run`, to be done if
// the command line names it. The work returns an ExitCode.
struct Program {
  Console& console;
  std::string endpoint;         // of the daemon
  std::string account, region;  // of AWS's variables, as AWS clients would be taken; empty: those of the daemon
  std::function<int()> run;
};

void add_match(CLI::App& app, Program& program);
void add_explain(CLI::App& app, Program& program);
void add_dlq(CLI::App& app, Program& program);
void add_replay(CLI::App& app, Program& program);
void add_backup(CLI::App& app, Program& program);
void add_clock(CLI::App& app, Program& program);
void add_wait(CLI::App& app, Program& program);
void add_reset(CLI::App& app, Program& program);
void add_schemas(CLI::App& app, Program& program);

}  // namespace eventbus::cli
