// eventbusctl schemas asyncapi: an event bus as an AsyncAPI document.
#include "bus/json_text.h"
#include "cli/command.h"
#include "cli/daemon_client.h"
#include "cli/exit_code.h"
#include "cli/schemas_commands.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace eventbus::cli {
namespace {

constexpr const char* kFooter =
    "Writes an AsyncAPI 3.0 document (JSON): the kinds of events that registries have schemas of, the rules of\n"
    "the bus, and who gets what. Account and region are those that AWS clients have from the environment.\n"
    "\n"
    "Examples:\n"
    "  eventbusctl schemas asyncapi --bus orders > asyncapi.json\n"
    "\n"
    "Exit status: 0 it was written, 2 there is no such bus, or a daemon that does not answer.";

int write(const std::string& bus, const Program& program) {
  std::string request = "{";
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    request += (request.size() > 1 ? ",\"" : "\"") + std::string(name) + "\":";
    append_json_string(request, value);
  };
  add("bus", bus);
  add("account", program.account);
  add("region", program.region);
  const auto document = post_command(program.endpoint, "/_eventbus/asyncapi", request + "}");
  if (!document) {
    program.console.complain(document.error().message);
    return kFailed;
  }
  program.console.print(document->ends_with('\n') ? *document : *document + "\n");
  return kFound;
}

}  // namespace

void add_schemas_asyncapi(CLI::App& schemas, Program& program) {
  CLI::App* const command = schemas.add_subcommand("asyncapi", "An event bus as an AsyncAPI document.");
  command->footer(kFooter);
  const auto bus = std::make_shared<std::string>("default");
  command->add_option("--bus", *bus, "The event bus")->type_name("NAME");
  command->callback([bus, &program] { program.run = [bus, &program] { return write(*bus, program); }; });
}

}  // namespace eventbus::cli
