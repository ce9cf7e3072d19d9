// eventbusctl match: a rule file over JSON lines.
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/matching.h"
#include "cli/rule_file.h"
#include "rules-engine/pattern_parser.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace eventbus::cli {
namespace {

constexpr const char* kFooter =
    "RULES is JSON: {\"name\": PATTERN, …}, a list of {\"Name\", \"EventPattern\"} such as\n"
    "`aws events list-rules` prints, one pattern alone, or JSON lines of any of these.\n"
    "EVENTS are files of JSON lines; without, or as -, standard input.\n"
    "\n"
    "Each event that matches is a line of output: its line number, the names of its rules, the event,\n"
    "with tabs between. With several files, the file and a colon stand before the number.\n"
    "\n"
    "Examples:\n"
    "  eventbusctl match rules.json events.jsonl\n"
    "  aws events list-rules | eventbusctl match - events.jsonl --count\n"
    "  tail -f events.jsonl | eventbusctl match rules.json --json\n"
    "  eventbusctl match --pattern '{\"source\":[{\"prefix\":\"shop.\"}]}' events.jsonl --names\n"
    "  eventbusctl match rules.json events.jsonl --explain big-orders\n"
    "\n"
    "Exit status: 0 an event matched (--unmatched: did not), 1 none did, 2 a line was no event, or\n"
    "something could not be read; the other lines are judged all the same.";

struct Arguments {
  std::string rules;
  std::vector<std::string> events;
  std::string pattern;
  MatchOptions options;
};

Result<RuleFile> read_rules(Arguments& arguments) {
  const auto is_events = [&](const std::string& file) { return std::ranges::count(arguments.events, file) > 0; };
  if (!arguments.pattern.empty()) {
    if (!arguments.rules.empty()) arguments.events.insert(arguments.events.begin(), arguments.rules);
    TRY(const std::string text, read_input(arguments.pattern));
    auto pattern = rules::parse_event_pattern(text);
    if (!pattern) return invalid("event pattern is not valid. Reason: " + std::move(pattern).error().message);
    return RuleFile{{{"pattern", *std::move(pattern)}}, {}};
  }
  if (arguments.rules.empty()) return invalid("RULES is missing; try eventbusctl match --help");
  if (arguments.rules == "-" && (arguments.events.empty() || is_events("-"))) {
    return invalid("rules and events cannot both come from standard input");
  }
  TRY(const std::string text, read_input(arguments.rules));
  return parse_rule_file(text, name_of_input(arguments.rules));
}

int match(Arguments& arguments, Console& console) {
  auto rules = read_rules(arguments);
  if (!rules) {
    console.complain(rules.error().message);
    return kFailed;
  }
  if (!arguments.options.quiet) {
    for (const std::string& rule : rules->left_out) console.complain("left out: " + rule);
  }
  if (arguments.events.empty()) arguments.events.emplace_back("-");
  return Matching(std::move(rules->rules), std::move(arguments.options), console).run(arguments.events);
}

}  // namespace

void add_match(CLI::App& app, Program& program) {
  CLI::App* const command = app.add_subcommand("match", "Run rules over events and print what matches.");
  const auto arguments = std::make_shared<Arguments>();
  MatchOptions& options = arguments->options;
  command->footer(kFooter);
  command->add_option("RULES", arguments->rules, "The rules")->type_name("FILE|-");
  command->add_option("EVENTS", arguments->events, "The events")->type_name("FILE|-");
  command->add_option("--pattern", arguments->pattern, "One pattern, as text or file, in place of RULES")
      ->type_name("JSON|FILE");
  auto* const count = command->add_flag("--count", options.count, "Only how many events each rule matches");
  auto* const names =
      command->add_flag("--names", options.names, "Line numbers and names of rules, without the events");
  auto* const quiet = command->add_flag("--quiet,-q", options.quiet, "Print nothing, and end at the first match");
  auto* const unmatched = command->add_flag("--unmatched", options.unmatched, "The events that no rule matches");
  command->add_flag("--json", options.json, "JSON lines: {\"line\", \"rules\", \"event\"}");
  command->add_flag("--time", options.time, "Say on standard error how long it took");
  auto* const explain =
      command->add_option("--explain", options.explain, "Why this rule matches each event, or why not")
          ->type_name("RULE");
  count->excludes(names)->excludes(quiet)->excludes(unmatched)->excludes(explain);
  quiet->excludes(names)->excludes(explain);
  explain->excludes(names)->excludes(unmatched);
  command->callback(
      [arguments, &program] { program.run = [arguments, &program] { return match(*arguments, program.console); }; });
}

}  // namespace eventbus::cli
