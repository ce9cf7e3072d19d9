// eventbusctl reset: deletes everything of an account, or of all, for tests.
#include "bus/json_text.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/daemon_client.h"
#include "cli/exit_code.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace eventbus::cli {
namespace {

constexpr const char* kFooter =
    "Buses, rules, targets, queues, messages, logs and everything else is deleted, as if it had never been there.\n"
    "For tests: a daemon with a configuration file refuses, unless its setting allow_reset is true.\n"
    "\n"
    "Examples:\n"
    "  eventbusctl reset --account 123456789012\n"
    "  eventbusctl reset --all\n"
    "\n"
    "Exit status: 0 it is done, 2 it is not.";

struct Arguments {
  std::string account;
  bool all = false;
  bool json = false;
};

int reset(const Arguments& arguments, const Program& program) {
  std::string body = "{";
  if (!arguments.all) {
    body += "\"account\":";
    append_json_string(body, arguments.account);
  }
  const auto answer = post_command(program.endpoint, "/_eventbus/reset", body + "}");
  if (!answer) {
    program.console.complain(answer.error().message);
    return kFailed;
  }
  if (arguments.json) {
    program.console.print(*answer);
    return kFound;
  }
  for_each_member(value_in(*answer, "cleared"), [&](std::string_view what, std::string_view count) {
    program.console.print(std::string(count) + "\t" + unescaped(what) + "\n");
  });
  return kFound;
}

}  // namespace

void add_reset(CLI::App& app, Program& program) {
  CLI::App* const command = app.add_subcommand("reset", "Delete everything of an account, or of all.");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(kFooter);
  auto* const account = command->add_option("--account", arguments->account, "Of this one")->type_name("ID");
  auto* const all = command->add_flag("--all", arguments->all, "Of all accounts");
  account->excludes(all);
  command->add_flag("--json", arguments->json, "The daemon's answer as it is");
  command->callback([arguments, &program] {
    if (arguments->account.empty() && !arguments->all) throw CLI::RequiredError("--account or --all");
    program.run = [arguments, &program] { return reset(*arguments, program); };
  });
}

}  // namespace eventbus::cli
