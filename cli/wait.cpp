// eventbusctl wait: until events have reached their targets.
#include "bus/json_text.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/daemon_client.h"
#include "cli/exit_code.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cmath>
#include <memory>
#include <string>

namespace eventbus::cli {
namespace {

constexpr const char* kFooter =
    "Waits until an event that matches PATTERN has been delivered (or what --until says), and prints what became\n"
    "of it: a line for the event, and one for each delivery. Events that came before count, too, as long as the\n"
    "daemon remembers them, unless --since says otherwise: a cursor that wait printed with --json, or `now`.\n"
    "\n"
    "Examples:\n"
    "  eventbusctl wait '{\"source\":[\"shop\"]}' --timeout 5\n"
    "  eventbusctl wait '{\"source\":[\"shop\"]}' --rule big-orders --until failed --count 3\n"
    "  eventbusctl wait --bus audit --until received --since now\n"
    "\n"
    "Exit status: 0 it came, 1 it did not within the time, 2 wrong arguments, or a daemon that does not answer\n"
    "or remembers nothing.";

constexpr double kTimeoutByDefault = 10, kMargin = 15;

struct Arguments {
  std::string pattern, bus, rule, target, until, since;
  std::size_t count = 1;
  double timeout = kTimeoutByDefault;
  bool json = false;
};

std::string request(const Arguments& arguments, const Program& program) {
  std::string body =
      "{\"count\":" + std::to_string(arguments.count) + ",\"timeout\":" + std::to_string(arguments.timeout);
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    body += std::string(",\"") + name + "\":";
    append_json_string(body, value);
  };
  add("pattern", arguments.pattern);
  add("bus", arguments.bus);
  add("rule", arguments.rule);
  add("target", arguments.target);
  add("until", arguments.until);
  add("since", arguments.since);
  if (!arguments.bus.starts_with("arn:")) {
    add("account", program.account);
    add("region", program.region);
  }
  return body + "}";
}

void print_event(std::string_view event, Console& console) {
  std::string out = text_in(event, "received_at") + "\t" + text_in(event, "event_id") + "\t" + text_in(event, "bus") +
                    "\t" + std::string(value_in(event, "event")) + "\n";
  for_each_element(value_in(event, "deliveries"), [&](std::string_view delivery) {
    std::string when = text_in(delivery, "ended_at");
    if (when.empty()) when = "-";
    out += "  " + when + "\t" + text_in(delivery, "state") + "\t" + text_in(delivery, "rule") + "\t" +
           text_in(delivery, "target") + "\tattempts " + std::string(value_in(delivery, "attempts_made"));
    if (const std::string code = text_in(delivery, "code"); !code.empty())
      out += "\t" + code + ": " + text_in(delivery, "message");
    out += "\n";
  });
  console.print(out);
}

int wait(const Arguments& arguments, const Program& program) {
  const auto timeout = std::chrono::seconds(std::lround(arguments.timeout + kMargin));
  const auto answer = post_command(program.endpoint, "/_eventbus/wait", request(arguments, program), timeout);
  if (!answer) {
    program.console.complain(answer.error().message);
    return kFailed;
  }
  const bool matched = value_in(*answer, "matched") == "true";
  if (arguments.json) {
    program.console.print(*answer);
  } else {
    for_each_element(value_in(*answer, "events"), [&](std::string_view event) { print_event(event, program.console); });
    if (!matched) program.console.complain("it did not come to that in time");
  }
  return matched ? kFound : kNotFound;
}

}  // namespace

void add_wait(CLI::App& app, Program& program) {
  CLI::App* const command = app.add_subcommand("wait", "Wait until events have reached their targets.");
  const auto arguments = std::make_shared<Arguments>();
  command->footer(kFooter);
  command->add_option("PATTERN", arguments->pattern, "An event pattern; without it every event counts");
  command->add_option("--bus", arguments->bus, "On this bus")->type_name("NAME|ARN");
  command->add_option("--rule", arguments->rule, "Deliveries of this rule")->type_name("NAME|ARN");
  command->add_option("--target", arguments->target, "Deliveries to this target")->type_name("ARN");
  command->add_option("--until", arguments->until, "received, delivered (default), failed or ended")
      ->type_name("STATE");
  command->add_option("--count", arguments->count, "So many events")->type_name("N");
  command->add_option("--timeout", arguments->timeout, "At most so long; 0: only look. Default: 10")
      ->type_name("SECONDS");
  command->add_option("--since", arguments->since, "Only events behind this cursor, or from now on")
      ->type_name("CURSOR|now");
  command->add_flag("--json", arguments->json, "The daemon's answer as it is");
  command->callback(
      [arguments, &program] { program.run = [arguments, &program] { return wait(*arguments, program); }; });
}

}  // namespace eventbus::cli
