// eventbusctl schemas test: events against a schema, without a daemon.
#include "cli/exit_code.h"
#include "cli/schema_events.h"
#include "cli/schemas_commands.h"

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::cli {
namespace {

namespace json = boost::json;
using schemas::SchemaValidator;

struct Arguments {
  std::string file, subject, version;
  std::vector<std::string> inputs;
  bool json = false;
};

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
  for (const std::string& input : inputs_or_stdin(arguments.inputs))
    if (const Result<void> read = for_each_event(input, try_one); !read) return failed(program, read.error().message);
  return all_fit ? kFound : kNotFound;
}

}  // namespace

void add_schemas_test(CLI::App& schemas, Program& program) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* const command =
      add_action(schemas, "test", "Events (envelopes, JSON lines) against a schema, without a daemon.", program,
                 [arguments](const Program& run) { return test(*arguments, run); });
  command->add_option("SCHEMA", arguments->file, "The schema")->required();
  command->add_option("EVENTS", arguments->inputs, "Files; else standard input")->type_name("");
  command->add_option("--subject", arguments->subject, "detail, envelope or document; else as the schema says")
      ->type_name("SUBJECT")
      ->check(CLI::IsMember({"detail", "envelope", "document"}));
  command->add_option("--version", arguments->version, "What the envelope's \"version\" is taken to be");
  command->add_flag("--json", arguments->json, "JSON lines");
}

}  // namespace eventbus::cli
