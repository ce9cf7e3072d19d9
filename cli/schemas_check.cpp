// eventbusctl schemas check: is one schema compatible with another?
#include "cli/exit_code.h"
#include "cli/schemas_commands.h"
#include "schemas/compatibility.h"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <string>
#include <vector>

namespace eventbus::cli {
namespace {

namespace json = boost::json;
using schemas::Direction;
using schemas::Finding;
using schemas::SchemaValidator;

struct Arguments {
  std::string older, newer, direction = "backward";
  bool strict = false, json = false;
};

json::object shown(const Finding& finding) {
  return {{"direction", finding.direction == Direction::kBackward ? "backward" : "forward"},
          {"kind", finding.kind == Finding::kBreaking ? "breaking" : "note"},
          {"path", finding.path},
          {"reason", finding.reason}};
}

int check(const Arguments& arguments, const Program& program) {
  const Result<SchemaValidator> older = read_schema(arguments.older), newer = read_schema(arguments.newer);
  if (!older) return failed(program, older.error().message);
  if (!newer) return failed(program, newer.error().message);
  std::vector<Direction> directions;
  if (arguments.direction != "forward") directions.push_back(Direction::kBackward);
  if (arguments.direction != "backward") directions.push_back(Direction::kForward);
  bool compatible = true;
  for (const Direction direction : directions) {
    const std::vector<Finding> findings = schemas::compare(*older, *newer, direction);
    const bool broken = schemas::is_breaking(findings) || (arguments.strict && !findings.empty());
    compatible = compatible && !broken;
    for (const Finding& finding : findings)
      program.console.print((arguments.json ? json::serialize(shown(finding)) : schemas::to_string(finding)) + "\n");
    if (arguments.json) continue;
    const char* name = direction == Direction::kBackward ? "backward" : "forward";
    program.console.print((broken ? "not " : "") + std::string(name) + " compatible\n");
  }
  return compatible ? kFound : kNotFound;
}

}  // namespace

void add_schemas_check(CLI::App& schemas, Program& program) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command = add_action(schemas, "check", "Is NEW compatible with OLD, and if not, why?", program,
                                       [arguments](const Program& run) { return check(*arguments, run); });
  command->add_option("OLD", arguments->older, "Schema that was published")->required();
  command->add_option("NEW", arguments->newer, "Schema that is to be")->required();
  command
      ->add_option("--direction", arguments->direction,
                   "backward: what fits OLD fits NEW; forward: what fits NEW fits OLD; full: both. Default: backward")
      ->type_name("DIRECTION")
      ->check(CLI::IsMember({"backward", "forward", "full"}));
  command->add_flag("--strict", arguments->strict, "Notes break, too");
  command->add_flag("--json", arguments->json, "JSON lines");
}

}  // namespace eventbus::cli
