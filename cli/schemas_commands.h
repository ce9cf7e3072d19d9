#pragma once

#include "cli/command.h"
#include "schemas/schema_validator.h"

#include <functional>
#include <string>
#include <vector>

namespace eventbus::cli {

// The commands of `eventbusctl schemas`, each kind in a file of its own.
void add_schemas_check(CLI::App& schemas, Program& program);  // schemas_check.cpp
void add_schemas_test(CLI::App& schemas, Program& program);   // schemas_try.cpp
void add_schemas_contracts(CLI::App& schemas,
                           Program& program);  // schemas_contracts.cpp: list, bind, unbind, mode, validate
void add_schemas_asyncapi(CLI::App& schemas, Program& program);  // schemas_asyncapi.cpp

// What they have in common.

extern const char* const kSchemasFooter;

// Says why, and is the exit status.
int failed(const Program& program, const std::string& sentence);
// The schema of a file, or of standard input ("-"). kInvalid: which, and what is wrong with it.
Result<schemas::SchemaValidator> read_schema(const std::string& argument);
// A subcommand of `schemas` that does `work` when it was chosen.
CLI::App* add_action(CLI::App& schemas, const char* name, const char* description, Program& program,
                     std::function<int(const Program&)> work);
// The inputs that were named; without any, standard input.
std::vector<std::string> inputs_or_stdin(const std::vector<std::string>& named);

}  // namespace eventbus::cli
