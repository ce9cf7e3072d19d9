#include "cli/command_line.h"

#include "cli/command.h"
#include "cli/exit_code.h"

#include <CLI/CLI.hpp>

#include <memory>

namespace eventbus::cli {
namespace {

constexpr const char* kEndpointVariable = "EVENTBUS_ENDPOINT";
constexpr const char* kDefaultEndpoint = "http://127.0.0.1:4566";

constexpr const char* kFooter =
    "Examples:\n"
    "  eventbusctl match rules.json events.jsonl\n"
    "  eventbusctl explain --pattern '{\"source\":[\"shop\"]}' --event '{\"source\":\"shop.eu\"}'\n"
    "\n"
    "`eventbusctl COMMAND --help` describes a command, with more examples.\n"
    "\n"
    "Exit status: 0 something matched or was done, 1 nothing matched, 2 wrong arguments, unreadable\n"
    "input, or a daemon that does not answer.";

// Without CLI11's "Excludes: …", which says more about the parser than about the option.
class Formatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string out;
    if (option->get_type_size() != 0) out += " " + option->get_type_name();
    if (option->get_expected_max() > 1) out += "…";
    if (option->get_required()) out += " (required)";
    return out;
  }
};

// The deepest command that the command line names.
const CLI::App& named(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : named(*chosen.front());
}

// "eventbusctl match".
std::string whole_name(const CLI::App& command) {
  return (command.get_parent() == nullptr ? "" : whole_name(*command.get_parent()) + " ") + command.get_name();
}

int misused(const CLI::App& app, const std::string& what, Console& console) {
  console.complain(what + "; try " + whole_name(named(app)) + " --help");
  return kFailed;
}

Program program_in(const std::map<std::string, std::string>& environment, Console& console) {
  const auto variable = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  Program program{console, variable(kEndpointVariable), "", variable("AWS_REGION"), {}};
  if (program.endpoint.empty()) program.endpoint = kDefaultEndpoint;
  if (program.region.empty()) program.region = variable("AWS_DEFAULT_REGION");
  // As the daemon takes it: an access key of twelve digits is the account.
  const std::string key = variable("AWS_ACCESS_KEY_ID");
  if (key.size() == 12 && key.find_first_not_of("0123456789") == std::string::npos) program.account = key;
  return program;
}

}  // namespace

int run_command_line(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
                     Console& console) {
  Program program = program_in(environment, console);
  CLI::App app{"Rules and events of eventbusd from the shell.", "eventbusctl"};
  app.footer(kFooter);
  app.formatter(std::make_shared<Formatter>());
  app.set_version_flag("--version", "eventbusctl " EVENTBUS_VERSION);
  app.add_option("--endpoint", program.endpoint,
                 "Where the daemon is. Default: EVENTBUS_ENDPOINT, else " + std::string(kDefaultEndpoint))
      ->type_name("URL");
  app.require_subcommand(0, 1);
  app.fallthrough();  // --endpoint may stand behind the command, too
  add_match(app, program);
  add_explain(app, program);
  add_dlq(app, program);
  add_replay(app, program);
  add_backup(app, program);
  add_clock(app, program);
  add_wait(app, program);
  add_reset(app, program);
  add_schemas(app, program);

  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // as CLI11 wants them
  } catch (const CLI::CallForHelp&) {
    const CLI::App& command = named(app);
    console.print(command.help(command.get_parent() == nullptr ? "" : whole_name(*command.get_parent())));
    return console.intact() ? kFound : kFailed;
  } catch (const CLI::CallForVersion& version) {
    console.print(std::string(version.what()) + "\n");
    return console.intact() ? kFound : kFailed;
  } catch (const CLI::ParseError& problem) {
    return misused(app, problem.what(), console);
  }
  if (!program.run) return misused(app, "which command?", console);
  const int status = program.run();
  if (console.intact()) return status;
  console.complain("standard output cannot be written");
  return kFailed;
}

}  // namespace eventbus::cli
