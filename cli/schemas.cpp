// eventbusctl schemas: contracts compared and tried without a daemon, and bound to its buses.
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/schemas_commands.h"

#include <CLI/CLI.hpp>

#include <utility>

namespace eventbus::cli {

const char* const kSchemasFooter =
    "check and test need no daemon. A contract is a JSON Schema (draft-07) in a file <name>.v<version>.json that\n"
    "says in \"x-eventbus\" which events it is about; docs/contracts.md.\n"
    "\n"
    "Examples:\n"
    "  eventbusctl schemas check schemas/transcription-completed.v1.json schemas/transcription-completed.v2.json\n"
    "  eventbusctl schemas test schemas/audio-uploaded.v1.json events.jsonl\n"
    "  eventbusctl schemas bind schemas/audio-uploaded.v1.json --bus orders\n"
    "  eventbusctl schemas mode reject --bus orders\n"
    "  eventbusctl schemas list\n"
    "\n"
    "Exit status: 0 compatible, fits or done; 1 breaking, does not fit, or nothing there; 2 wrong arguments,\n"
    "unreadable input, or a daemon that does not answer.";

int failed(const Program& program, const std::string& sentence) {
  program.console.complain(sentence);
  return kFailed;
}

Result<schemas::SchemaValidator> read_schema(const std::string& argument) {
  TRY(const std::string text, read_input(argument));
  Result<schemas::SchemaValidator> schema = schemas::SchemaValidator::compile(text);
  if (!schema) return invalid(name_of_input(argument) + ": " + schema.error().message);
  return schema;
}

CLI::App* add_action(CLI::App& schemas, const char* name, const char* description, Program& program,
                     std::function<int(const Program&)> work) {
  CLI::App* const command = schemas.add_subcommand(name, description);
  command->footer(kSchemasFooter);
  command->callback([&program, work = std::move(work)] { program.run = [&program, work] { return work(program); }; });
  return command;
}

std::vector<std::string> inputs_or_stdin(const std::vector<std::string>& named) {
  return named.empty() ? std::vector<std::string>{"-"} : named;
}

void add_schemas(CLI::App& app, Program& program) {
  CLI::App* const schemas =
      app.add_subcommand("schemas", "Contracts of events: compare, test, bind to buses; a bus as a document.");
  schemas->footer(kSchemasFooter);
  schemas->require_subcommand(1);
  add_schemas_check(*schemas, program);
  add_schemas_test(*schemas, program);
  add_schemas_contracts(*schemas, program);
  add_schemas_asyncapi(*schemas, program);
}

}  // namespace eventbus::cli
