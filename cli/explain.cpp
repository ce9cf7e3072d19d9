// eventbusctl explain: why does this rule match this event, or why not?
#include "rules-engine/explain.h"

#include "bus/json_text.h"
#include "cli/command.h"
#include "cli/daemon_client.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/rule_file.h"
#include "rules-engine/explanation_text.h"
#include "rules-engine/pattern_parser.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace eventbus::cli {
namespace {

constexpr const char* kFooter =
    "Names the field that fails first, the condition, and the value seen. EVENT and PATTERN are JSON\n"
    "texts, files, or - for standard input.\n"
    "\n"
    "Examples:\n"
    "  eventbusctl explain --pattern '{\"detail\":{\"state\":[\"on\"]}}' --event '{\"detail\":{\"state\":\"off\"}}'\n"
    "  eventbusctl explain --rules rules.json --rule big-orders --event event.json\n"
    "  eventbusctl explain --bus app --rule big-orders --event event.json\n"
    "\n"
    "Without --pattern and --rules the rule is one of the daemon's, of the account and region that AWS\n"
    "clients have from the environment (AWS_ACCESS_KEY_ID, AWS_REGION, AWS_DEFAULT_REGION).\n"
    "\n"
    "Exit status: 0 it matches, 1 it does not, 2 wrong arguments, unreadable input or no daemon.";

struct Arguments {
  std::string event;
  std::string pattern;
  std::string rules;
  std::string bus;
  std::string rule;
  bool json = false;
};

using Pattern = std::shared_ptr<const rules::EventPattern>;

Result<Pattern> pattern_of(const Arguments& arguments) {
  if (!arguments.pattern.empty()) {
    TRY(const std::string text, read_input(arguments.pattern));
    auto pattern = rules::parse_event_pattern(text);
    if (!pattern) return invalid("event pattern is not valid. Reason: " + std::move(pattern).error().message);
    return *std::move(pattern);
  }
  TRY(const std::string text, read_input(arguments.rules));
  TRY(RuleFile file, parse_rule_file(text, name_of_input(arguments.rules)));
  if (arguments.rule.empty() && file.rules.size() == 1) return file.rules.front().pattern;
  if (arguments.rule.empty()) return invalid("which of the rules? --rule is missing");
  const auto found = std::ranges::find(file.rules, arguments.rule, &NamedRule::name);
  if (found == file.rules.end()) return invalid("there is no rule \"" + arguments.rule + "\"");
  return found->pattern;
}

Result<rules::Explanation> explain(const Arguments& arguments) {
  TRY(const Pattern pattern, pattern_of(arguments));
  TRY(const std::string event, read_input(arguments.event));
  auto explanation = rules::explain(*pattern, event);
  if (!explanation) return invalid(name_of_input(arguments.event) + ": " + std::move(explanation).error().message);
  return explanation;
}

// The daemon's answer, of which only `matches` and `text` are looked at.
struct Answer {
  std::string body;
  bool matches = false;
  std::string text;
};

Result<Answer> ask_daemon(const Arguments& arguments, const Program& program) {
  TRY(const std::string event, read_input(arguments.event));
  if (!is_json(event)) return invalid(name_of_input(arguments.event) + ": this is not JSON");
  std::string body = "{\"event\":" + event;
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    body += std::string(",\"") + name + "\":";
    append_json_string(body, value);
  };
  add("bus", arguments.bus);
  add("rule", arguments.rule);
  add("account", program.account);
  add("region", program.region);
  Answer answer;
  TRY(answer.body, post_command(program.endpoint, "/_eventbus/explain", body + "}"));
  for_each_member(answer.body, [&](std::string_view key, std::string_view value) {
    if (key == "matches") answer.matches = value == "true";
    if (key == "text" && json_kind(value) == JsonKind::kString)
      answer.text = unescaped(value.substr(1, value.size() - 2));
  });
  if (answer.text.empty()) return invalid(program.endpoint + " gave an answer that is not understood");
  return answer;
}

int run_with_daemon(const Arguments& arguments, const Program& program) {
  const auto answer = ask_daemon(arguments, program);
  if (!answer) {
    program.console.complain(answer.error().message);
    return kFailed;
  }
  program.console.print(arguments.json ? answer->body : answer->text);
  return answer->matches ? kFound : kNotFound;
}

int run_alone(const Arguments& arguments, Console& console) {
  const auto explanation = explain(arguments);
  if (!explanation) {
    console.complain(explanation.error().message);
    return kFailed;
  }
  console.print(arguments.json ? rules::explanation_json(*explanation) + "\n" : rules::explanation_text(*explanation));
  return explanation->matches ? kFound : kNotFound;
}

int run(const Arguments& arguments, const Program& program) {
  if (!arguments.pattern.empty() || !arguments.rules.empty()) return run_alone(arguments, program.console);
  if (!arguments.rule.empty()) return run_with_daemon(arguments, program);
  program.console.complain("--pattern, --rules or --rule is missing; try eventbusctl explain --help");
  return kFailed;
}

}  // namespace

void add_explain(CLI::App& app, Program& program) {
  CLI::App* const command = app.add_subcommand("explain", "Why a rule matches an event, or why not.");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(kFooter);
  command->add_option("--event", arguments->event, "The event")->type_name("JSON|FILE")->required();
  auto* const pattern = command->add_option("--pattern", arguments->pattern, "The pattern")->type_name("JSON|FILE");
  auto* const rules = command->add_option("--rules", arguments->rules, "A rule file as `eventbusctl match` reads it")
                          ->type_name("FILE");
  auto* const rule =
      command->add_option("--rule", arguments->rule, "A rule of the rule file, or of the daemon")->type_name("NAME");
  auto* const bus = command->add_option("--bus", arguments->bus, "The daemon's bus that has the rule. Default: default")
                        ->type_name("NAME");
  pattern->excludes(rules)->excludes(rule)->excludes(bus);
  bus->excludes(rules);
  command->add_flag("--json", arguments->json, "One JSON object (docs/eventbusctl.md)");
  command->callback(
      [arguments, &program] { program.run = [arguments, &program] { return run(*arguments, program); }; });
}

}  // namespace eventbus::cli
