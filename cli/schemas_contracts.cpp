// eventbusctl schemas list, bind, unbind, mode, validate: the contracts of a running daemon's buses.
#include "cli/daemon_client.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/schema_events.h"
#include "cli/schemas_commands.h"
#include "schemas/contract.h"

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::cli {
namespace {

namespace json = boost::json;

struct Arguments {
  std::string file, subject;
  std::vector<std::string> inputs;
  std::string bus, name, version, source, detail_type, mode;
  bool json = false;
};

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
  for (const std::string& input : inputs_or_stdin(arguments.inputs))
    if (const Result<void> read = for_each_event(input, ask); !read) return failed(program, read.error().message);
  return all_fit ? kFound : kNotFound;
}

void add_bus(CLI::App& command, const std::shared_ptr<Arguments>& arguments, const char* otherwise = "default") {
  command.add_option("--bus", arguments->bus, "The bus; else " + std::string(otherwise))->type_name("NAME|ARN");
}

}  // namespace

void add_schemas_contracts(CLI::App& schemas, Program& program) {
  const auto arguments = std::make_shared<Arguments>();
  const auto action = [&](const char* name, const char* description, int (*work)(const Arguments&, const Program&)) {
    return add_action(schemas, name, description, program,
                      [arguments, work](const Program& run) { return work(*arguments, run); });
  };

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
}

}  // namespace eventbus::cli
