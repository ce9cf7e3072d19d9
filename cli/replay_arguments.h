#pragma once

#include "cli/command.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace eventbus::cli {

struct ReplayArguments {
  std::string archive, name, description;
  std::string from, to, pattern;  // as given; the daemon reads times, and its clock counts
  std::string bus;
  std::vector<std::string> rules;
  double speed = 0;  // times the original pace; 0: as fast as it goes
  std::string file = "-";
  bool dry_run = false;
  bool detach = false;
  bool json = false;
};

// The members of a request that choose events, and where they go: "{"archive":…,…", still open. kInvalid when the
// pattern cannot be read.
Result<std::string> replay_request(const ReplayArguments& arguments, const Program& program);
// A request about a replay by its name; closed.
std::string named_request(const std::string& name, const Program& program);

// replay.cpp
int watch_replay(const ReplayArguments& arguments, const Program& program);
// replay_files.cpp
int rehearse_replay(const ReplayArguments& arguments, const Program& program);
int export_archive(const ReplayArguments& arguments, const Program& program);
int import_archive(const ReplayArguments& arguments, const Program& program);

}  // namespace eventbus::cli
