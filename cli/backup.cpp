// eventbusctl backup: a copy of a running daemon's data.
#include "bus/json_text.h"
#include "cli/command.h"
#include "cli/daemon_client.h"
#include "cli/exit_code.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <filesystem>
#include <memory>

namespace eventbus::cli {
namespace {

constexpr const char* kFooter =
    "The copy is a data directory with everything that was acknowledged before: a daemon started with\n"
    "`--data-dir DIR` goes on from it. DIR must not be there yet; it is made by the daemon, on the daemon's\n"
    "machine. A daemon that other machines can reach takes no DIR, but a name below its data directory.\n"
    "\n"
    "Examples:\n"
    "  eventbusctl backup /var/backups/eventbus-monday\n"
    "  eventbusctl backup --name monday      # DATA-DIR/backups/monday\n"
    "\n"
    "Exit status: 0 the copy is made, 2 it is not.";

// The daemon copies what it cannot link: gigabytes to another file system.
constexpr Duration kTimeout = std::chrono::hours(1);

struct Arguments {
  std::string directory;
  std::string name;
  bool json = false;
};

int backup(const Arguments& arguments, const Program& program) {
  std::string body = arguments.name.empty() ? "{\"directory\":" : "{\"name\":";
  std::error_code error;  // of a working directory that is gone: the daemon refuses what is not absolute
  append_json_string(
      body, arguments.name.empty() ? std::filesystem::absolute(arguments.directory, error).string() : arguments.name);
  const auto answer = post_command(program.endpoint, "/_eventbus/backup", body + "}", kTimeout);
  if (!answer) {
    program.console.complain(answer.error().message);
    return kFailed;
  }
  if (arguments.json) {
    program.console.print(*answer);
    return kFound;
  }
  for_each_member(*answer, [&](std::string_view key, std::string_view value) {
    if (key == "directory") program.console.print(unescaped(value.substr(1, value.size() - 2)) + "\n");
  });
  return kFound;
}

}  // namespace

void add_backup(CLI::App& app, Program& program) {
  CLI::App* const command = app.add_subcommand("backup", "Copy the data of a running daemon.");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(kFooter);
  auto* const directory = command->add_option("DIR", arguments->directory, "Where to; must not be there yet");
  auto* const name =
      command->add_option("--name", arguments->name, "Below `backups` of the data directory, in place of DIR")
          ->type_name("NAME");
  name->excludes(directory);
  command->add_flag("--json", arguments->json, "{\"directory\": …}");
  command->callback([arguments, &program] {
    if (arguments->directory.empty() && arguments->name.empty()) throw CLI::RequiredError("DIR or --name");
    program.run = [arguments, &program] { return backup(*arguments, program); };
  });
}

}  // namespace eventbus::cli
