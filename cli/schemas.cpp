// eventbusctl schemas: contracts compared and tried without a daemon, and bound to its buses.
#include "cli/command.h"
#include "cli/daemon_client.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/schema_events.h"
#include "cli/schemas_commands.h"
#include "schemas/compatibility.h"
#include "schemas/contract.h"
#include "schemas/schema_validator.h"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::cli {
namespace {

namespace json = boost::json;
using schemas::Direction;
using schemas::Finding;
using schemas::SchemaValidator;

constexpr const char* kFooter =
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

struct Arguments {
  std::string older, newer, direction = "backward";
  bool strict = false;
  std::string file;
  std::vector<std::string> inputs;
  std::string subject;
  std::string bus, name, version, source, detail_type, mode;
  bool json = false;
};

int failed(const Program& program, const std::string& sentence) {
  program.console.complain(sentence);
  return kFailed;
}

Result<SchemaValidator> read_schema(const std::string& argument) {
  TRY(const std::string text, read_input(argument));
  Result<SchemaValidator> schema = SchemaValidator::compile(text);
  if (!schema) return invalid(name_of_input(argument) + ": " + schema.error().message);
  return schema;
}

// ---- check

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

// ---- test: events against a schema, here

// What of the events is tested: a contract says it, of another schema it is what is given.
std::string subject_of(const SchemaValidator& schema, const std::string& given) {
  if (!given.empty()) return given;
  const json::object* object = schema.document().if_object();
  const json::value* about = object ? object->if_contains("x-eventbus") : nullptr;
  if (!about || !about->is_object()) return "document";
  const json::value* subject = about->get_object().if_contains("subject");
  return subject && subject->is_string() ? std::string(subject->get_string()) : "detail";
}

Result<std::vector<schemas::Violation>> violations_of(const SchemaValidator& schema, const std::string& subject,
                                                      const std::string& version, json::value event) {
  if (subject == "document") return schema.check(event);
  if (!event.is_object()) return invalid("is no event");
  if (subject == "detail") {
    const json::value* detail = event.get_object().if_contains("detail");
    if (!detail) return invalid("has no \"detail\"; with --subject document the whole is tested");
    return schema.check(*detail);
  }
  if (!version.empty()) event.get_object()["version"] = version;
  return schema.check(event);
}

std::vector<std::string> inputs_of(const Arguments& arguments) {
  return arguments.inputs.empty() ? std::vector<std::string>{"-"} : arguments.inputs;
}

int test(const Arguments& arguments, const Program& program) {
  const Result<SchemaValidator> schema = read_schema(arguments.file);
  if (!schema) return failed(program, schema.error().message);
  const std::string subject = subject_of(*schema, arguments.subject);
  bool all_fit = true;
  const auto try_one = [&](const std::string& place, json::value event) -> Result<void> {
    auto violations = violations_of(*schema, subject, arguments.version, std::move(event));
    if (!violations) return invalid(place + " " + violations.error().message);
    for (const schemas::Violation& violation : *violations) {
      all_fit = false;
      const json::object line{{"event", place}, {"path", violation.path}, {"reason", violation.reason}};
      program.console.print((arguments.json ? json::serialize(line) : place + ": " + schemas::to_string(violation)) +
                            "\n");
    }
    return {};
  };
  for (const std::string& input : inputs_of(arguments))
    if (const Result<void> read = for_each_event(input, try_one); !read) return failed(program, read.error().message);
  return all_fit ? kFound : kNotFound;
}

// ---- with a daemon

json::object addressed(const Arguments& arguments, const Program& program) {
  json::object request;
  if (!arguments.bus.empty()) request["bus"] = arguments.bus;
  if (arguments.bus.starts_with("arn:")) return request;
  if (!program.account.empty()) request["account"] = program.account;
  if (!program.region.empty()) request["region"] = program.region;
  return request;
}

Result<json::value> call(const Program& program, const std::string& command, const json::object& request) {
  TRY(const std::string answer,
      post_command(program.endpoint, "/_eventbus/schemas/" + command, json::serialize(request)));
  constexpr std::size_t kAnswerDepthMax = 16;
  return schemas::parse_document(answer, kAnswerDepthMax);
}

std::string text_at(const json::value& object, std::string_view member) {
  return std::string(object.at(member).as_string());
}

void print_bus(const json::value& bus, Console& console) {
  const std::string name = text_at(bus, "bus"), mode = text_at(bus, "mode");
  const json::array& contracts = bus.at("contracts").as_array();
  if (contracts.empty()) console.print(name + "\t" + mode + "\n");
  for (const json::value& contract : contracts)
    console.print(name + "\t" + mode + "\t" + text_at(contract, "name") + ".v" + text_at(contract, "version") + "\t" +
                  text_at(contract, "source") + "\t" + text_at(contract, "detailType") + "\t" +
                  text_at(contract, "subject") + "\t" + text_at(contract, "from") + "\n");
}

int list(const Arguments& arguments, const Program& program) {
  // Without a bus, those of all accounts and regions.
  const Result<json::value> answer =
      call(program, "list", arguments.bus.empty() ? json::object() : addressed(arguments, program));
  if (!answer) return failed(program, answer.error().message);
  const json::array& buses = answer->at("buses").as_array();
  for (const json::value& bus : buses) {
    if (arguments.json)
      program.console.print(json::serialize(bus) + "\n");
    else
      print_bus(bus, program.console);
  }
  return buses.empty() ? kNotFound : kFound;
}

// What the file says of itself counts where the command line says nothing.
Result<json::object> binding(const Arguments& arguments, const Program& program) {
  TRY(std::string text, read_input(arguments.file));
  json::object request = addressed(arguments, program);
  const std::string file_name = arguments.file.substr(arguments.file.rfind('/') + 1);
  const Result<schemas::Contract> contract = schemas::parse_contract(file_name, text);
  const auto put = [&](const char* member, const std::string& given, const std::string& of_file) {
    const std::string& value = given.empty() ? of_file : given;
    if (!value.empty()) request[member] = value;
  };
  const bool complete = !arguments.name.empty() && !arguments.version.empty() && !arguments.source.empty() &&
                        !arguments.detail_type.empty();
  if (!contract && !complete)
    return invalid(arguments.file + ": " + contract.error().message +
                   "; or give --name, --version, --source and --detail-type");
  put("name", arguments.name, contract ? contract->name : "");
  put("version", arguments.version, contract ? std::to_string(contract->version) : "");
  put("source", arguments.source, contract ? contract->source : "");
  put("detailType", arguments.detail_type, contract ? contract->detail_type : "");
  put("subject", arguments.subject, contract ? std::string(schemas::to_string(contract->subject)) : "");
  request["schema"] = std::move(text);
  return request;
}

int bind(const Arguments& arguments, const Program& program) {
  const Result<json::object> request = binding(arguments, program);
  if (!request) return failed(program, request.error().message);
  const Result<json::value> answer = call(program, "bind", *request);
  if (!answer) return failed(program, answer.error().message);
  const bool bound = answer->at("bound").as_bool();
  const std::string label = text_at(json::value(*request), "name") + ".v" + text_at(json::value(*request), "version");
  program.console.print(label + (bound ? " bound\n" : " was bound already\n"));
  return kFound;
}

int unbind(const Arguments& arguments, const Program& program) {
  json::object request = addressed(arguments, program);
  request["name"] = arguments.name;
  request["version"] = arguments.version;
  const Result<json::value> answer = call(program, "unbind", request);
  if (!answer) {
    program.console.complain(answer.error().message);
    return answer.error().code == ErrorCode::kNotFound ? kNotFound : kFailed;
  }
  program.console.print(arguments.name + ".v" + arguments.version + " unbound\n");
  return kFound;
}

int set_mode(const Arguments& arguments, const Program& program) {
  json::object request = addressed(arguments, program);
  request["mode"] = arguments.mode;
  const Result<json::value> answer = call(program, "mode", request);
  if (!answer) return failed(program, answer.error().message);
  program.console.print("mode " + arguments.mode + "\n");
  return kFound;
}

// Prints what is wrong with one event; does it fit one of the contracts, or is there none?
bool print_verdicts(const std::string& place, const json::value& answer, bool as_json, Console& console) {
  const json::array& contracts = answer.at("contracts").as_array();
  const bool fits = contracts.empty() ||
                    std::ranges::any_of(contracts, [](const json::value& one) { return one.at("fits").as_bool(); });
  if (as_json) {
    console.print(json::serialize(json::object{{"event", place}, {"fits", fits}, {"contracts", contracts}}) + "\n");
    return fits;
  }
  if (contracts.empty()) console.print(place + ": no contract is bound for it\n");
  if (fits) return true;
  for (const json::value& contract : contracts)
    for (const json::value& violation : contract.at("violations").as_array())
      console.print(place + ": " + text_at(contract, "name") + ".v" + text_at(contract, "version") + ": " +
                    schemas::to_string({text_at(violation, "path"), text_at(violation, "reason"), ""}) + "\n");
  return false;
}

int validate(const Arguments& arguments, const Program& program) {
  bool all_fit = true;
  const auto ask = [&](const std::string& place, json::value event) -> Result<void> {
    json::object request = addressed(arguments, program);
    request["event"] = std::move(event);
    const Result<json::value> answer = call(program, "validate", request);
    if (!answer) return Error{answer.error().code, place + ": " + answer.error().message};
    if (!print_verdicts(place, *answer, arguments.json, program.console)) all_fit = false;
    return {};
  };
  for (const std::string& input : inputs_of(arguments))
    if (const Result<void> read = for_each_event(input, ask); !read) return failed(program, read.error().message);
  return all_fit ? kFound : kNotFound;
}

// ---- the command line

using Work = int (*)(const Arguments&, const Program&);

CLI::App* add_action(CLI::App& schemas, const char* name, const char* description,
                     const std::shared_ptr<Arguments>& arguments, Program& program, Work work) {
  CLI::App* const command = schemas.add_subcommand(name, description);
  command->footer(kFooter);
  command->callback(
      [arguments, &program, work] { program.run = [arguments, &program, work] { return work(*arguments, program); }; });
  return command;
}

void add_bus(CLI::App& command, const std::shared_ptr<Arguments>& arguments, const char* otherwise = "default") {
  command.add_option("--bus", arguments->bus, "The bus; else " + std::string(otherwise))->type_name("NAME|ARN");
}

}  // namespace

void add_schemas(CLI::App& app, Program& program) {
  CLI::App* const schemas =
      app.add_subcommand("schemas", "Contracts of events: compare, test, bind to buses; a bus as a document.");
  schemas->footer(kFooter);
  schemas->require_subcommand(1);
  const auto arguments = std::make_shared<Arguments>();
  const auto action = [&](const char* name, const char* description, Work work) {
    return add_action(*schemas, name, description, arguments, program, work);
  };

  CLI::App* const comparing = action("check", "Is NEW compatible with OLD, and if not, why?", check);
  comparing->add_option("OLD", arguments->older, "Schema that was published")->required();
  comparing->add_option("NEW", arguments->newer, "Schema that is to be")->required();
  comparing
      ->add_option("--direction", arguments->direction,
                   "backward: what fits OLD fits NEW; forward: what fits NEW fits OLD; full: both. Default: backward")
      ->type_name("DIRECTION")
      ->check(CLI::IsMember({"backward", "forward", "full"}));
  comparing->add_flag("--strict", arguments->strict, "Notes break, too");
  comparing->add_flag("--json", arguments->json, "JSON lines");

  CLI::App* const testing = action("test", "Events (envelopes, JSON lines) against a schema, without a daemon.", test);
  testing->add_option("SCHEMA", arguments->file, "The schema")->required();
  testing->add_option("EVENTS", arguments->inputs, "Files; else standard input")->type_name("");
  testing->add_option("--subject", arguments->subject, "detail, envelope or document; else as the schema says")
      ->type_name("SUBJECT")
      ->check(CLI::IsMember({"detail", "envelope", "document"}));
  testing->add_option("--version", arguments->version, "What the envelope's \"version\" is taken to be");
  testing->add_flag("--json", arguments->json, "JSON lines");

  CLI::App* const listing = action("list", "One line a contract: bus, mode, contract, source, detail-type, …", list);
  add_bus(*listing, arguments, "all");
  listing->add_flag("--json", arguments->json, "JSON lines, with counts");

  CLI::App* const binding_one = action("bind", "Hold the events of a bus against a contract.", bind);
  binding_one->add_option("FILE", arguments->file, "The contract")->required();
  add_bus(*binding_one, arguments);
  binding_one->add_option("--name", arguments->name, "Of the contract, where the file's name does not say it");
  binding_one->add_option("--version", arguments->version, "Likewise");
  binding_one->add_option("--source", arguments->source, "Source of the events, where the file does not say it");
  binding_one->add_option("--detail-type", arguments->detail_type, "Likewise");
  binding_one->add_option("--subject", arguments->subject, "Likewise: detail or envelope")
      ->type_name("SUBJECT")
      ->check(CLI::IsMember({"detail", "envelope"}));

  CLI::App* const unbinding = action("unbind", "Take a contract from a bus.", unbind);
  unbinding->add_option("NAME", arguments->name, "Its name")->required();
  unbinding->add_option("VERSION", arguments->version, "Its version")->required();
  add_bus(*unbinding, arguments);

  CLI::App* const moding = action("mode", "What becomes of events that do not fit: off, warn or reject.", set_mode);
  moding->add_option("MODE", arguments->mode, "off, warn or reject")
      ->required()
      ->check(CLI::IsMember({"off", "warn", "reject"}));
  add_bus(*moding, arguments);

  CLI::App* const validating =
      action("validate", "Events (envelopes, JSON lines) against what a bus has for them; nothing is put.", validate);
  validating->add_option("EVENTS", arguments->inputs, "Files; else standard input")->type_name("");
  add_bus(*validating, arguments);
  validating->add_flag("--json", arguments->json, "JSON lines");

  add_schemas_asyncapi(*schemas, program);
}

}  // namespace eventbus::cli
