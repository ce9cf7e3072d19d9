// eventbusctl clock: the time of a daemon that runs with --virtual-clock.
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
#include <utility>

namespace eventbus::cli {
namespace {

constexpr const char* kFooter =
    "For tests, of a daemon that was started with --virtual-clock. advance goes through every moment at which\n"
    "something is due, in order, and returns when all of it has been carried out; set jumps.\n"
    "\n"
    "Examples:\n"
    "  eventbusctl clock freeze\n"
    "  eventbusctl clock set 2026-03-29T00:59:50Z\n"
    "  eventbusctl clock advance 90           # seconds\n"
    "  eventbusctl clock advance P1D          # a day\n"
    "\n"
    "Exit status: 0 all that is due is done, 1 a target has not answered or the limit came first, 2 wrong\n"
    "arguments, or a daemon that does not answer or whose time is the system's.";

// How much longer than its own limit the daemon may take.
constexpr double kLimitByDefault = 30, kMargin = 15;

struct Arguments {
  std::string value;                 // of set and advance
  double patience = -1, limit = -1;  // seconds; negative: the daemon's own
  bool json = false;
};

std::string describe(const std::string& answer) {
  std::string line = text_in(answer, "now");
  if (value_in(answer, "virtual") != "true") return line + "  the system's time\n";
  line += value_in(answer, "frozen") == "true" ? "  frozen" : "  running";
  line += ", " + std::string(value_in(answer, "sleepers")) + " sleep";
  if (const std::string next = text_in(answer, "next_wake"); !next.empty()) line += ", the next until " + next;
  return line + "\n";
}

int show(const Result<std::string>& answer, const Arguments& arguments, const Program& program) {
  if (!answer) {
    program.console.complain(answer.error().message);
    return kFailed;
  }
  program.console.print(arguments.json ? *answer : describe(*answer));
  if (value_in(*answer, "settled") != "false") return kFound;
  std::string why = "not all that is due is done";
  if (value_in(*answer, "reached") == "false")
    why += ": the limit came first, and time stands at " + text_in(*answer, "now");
  const std::string_view calls = value_in(*answer, "calls_under_way");
  if (calls != "0") why += "; targets have not answered " + std::string(calls) + " calls";
  program.console.complain(why);
  return kNotFound;
}

// {"advance": "PT1M", "limit": 5}
int move(const std::string& action, const std::string& value, const Arguments& arguments, const Program& program) {
  std::string body = "{\"" + action + "\":" + value;
  if (arguments.patience >= 0) body += ",\"patience\":" + std::to_string(arguments.patience);
  if (arguments.limit >= 0) body += ",\"limit\":" + std::to_string(arguments.limit);
  const double wait = (arguments.limit >= 0 ? arguments.limit : kLimitByDefault) + kMargin;
  return show(post_command(program.endpoint, "/_eventbus/clock", body + "}", std::chrono::seconds(std::lround(wait))),
              arguments, program);
}

std::string quoted(const std::string& text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

// Seconds stay a number; everything else is for the daemon to understand.
std::string number_or_text(const std::string& text) {
  const bool number = is_json(text) && json_kind(text) == JsonKind::kNumber;
  return number ? text : quoted(text);
}

template <typename Work>
CLI::App* add_action(CLI::App& clock, const char* name, const char* description,
                     const std::shared_ptr<Arguments>& arguments, Program& program, Work work) {
  CLI::App* const command = clock.add_subcommand(name, description);
  command->footer(kFooter);
  command->add_flag("--json", arguments->json, "The daemon's answer as it is");
  command->callback(
      [arguments, &program, work] { program.run = [arguments, &program, work] { return work(*arguments, program); }; });
  return command;
}

void add_limits(CLI::App& command, const std::shared_ptr<Arguments>& arguments) {
  command.add_option("--patience", arguments->patience, "How long answers of targets are waited for, in real time")
      ->type_name("SECONDS");
  command.add_option("--limit", arguments->limit, "How long all of it may take, in real time")->type_name("SECONDS");
}

}  // namespace

void add_clock(CLI::App& app, Program& program) {
  CLI::App* const clock = app.add_subcommand("clock", "The time of a daemon that runs with --virtual-clock.");
  clock->footer(kFooter);
  clock->require_subcommand(1);
  const auto arguments = std::make_shared<Arguments>();
  add_action(*clock, "status", "What time it is, and what sleeps until when.", arguments, program,
             [](const Arguments& a, const Program& p) { return show(ask(p.endpoint, "/_eventbus/clock"), a, p); });
  add_action(*clock, "freeze", "Time stands still.", arguments, program,
             [](const Arguments& a, const Program& p) { return move("freeze", "true", a, p); });
  add_action(*clock, "run", "Time goes on from where it is.", arguments, program,
             [](const Arguments& a, const Program& p) { return move("run", "true", a, p); });
  CLI::App* const set =
      add_action(*clock, "set", "A jump, as of a computer whose clock is set.", arguments, program,
                 [](const Arguments& a, const Program& p) { return move("set", quoted(a.value), a, p); });
  set->add_option("TIME", arguments->value, "As 2026-03-29T00:59:50Z")->required();
  add_limits(*set, arguments);
  CLI::App* const advance =
      add_action(*clock, "advance", "Through every moment between, in order.", arguments, program,
                 [](const Arguments& a, const Program& p) { return move("advance", number_or_text(a.value), a, p); });
  advance->add_option("DURATION", arguments->value, "Seconds, or as PT1M30S or P1D")->required();
  add_limits(*advance, arguments);
}

}  // namespace eventbus::cli
