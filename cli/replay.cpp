// eventbusctl replay: archived events again, to the bus they came from, another one, a file, or real AWS.
#include "base/clock.h"
#include "bus/json_text.h"
#include "cli/answer.h"
#include "cli/daemon_client.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/progress.h"
#include "cli/replay_arguments.h"
#include "cli/waiting.h"

#include <chrono>
#include <utility>

namespace eventbus::cli {
namespace {

constexpr const char* kFooter =
    "ARCHIVE and BUS are names or ARNs; account and region of a name are those that AWS clients have from the\n"
    "environment. A TIME is ISO 8601, seconds since 1970, `now`, or `-15m` (s, m, h, d) for so long ago; the\n"
    "events' own time counts, --from is included, --to is not. Without them it is all that there is.\n"
    "\n"
    "Examples:\n"
    "  eventbusctl replay start orders --from -2h --to -1h --dry-run\n"
    "  eventbusctl replay start orders --from 2026-09-13T12:00:00Z --to 2026-09-13T13:00:00Z --rule billing\n"
    "  eventbusctl replay start orders --speed 10 --pattern '{\"detail\": {\"state\": [\"failed\"]}}'\n"
    "  eventbusctl replay start orders --bus arn:aws:events:eu-west-1:123456789012:event-bus/staging\n"
    "  eventbusctl replay export orders --from -1d >yesterday.jsonl\n"
    "  eventbusctl replay import orders yesterday.jsonl\n"
    "\n"
    "Exit status: 0 events were replayed, or something found; 1 none; 2 the replay failed or was cancelled,\n"
    "events were refused, wrong arguments, or a daemon that does not answer.";

constexpr Duration kLookEvery{200};

bool is_over(const std::string& state) { return state == "COMPLETED" || state == "CANCELLED" || state == "FAILED"; }

std::string remark_on(std::string_view replay) {
  std::string remark = text_in(replay, "at");
  if (const std::string failure = text_in(replay, "lastFailure"); !failure.empty()) remark += "  " + failure;
  return remark;
}

// "COMPLETED: 1,234 replayed, 5 left out by the pattern".
std::string outcome_of(std::string_view replay) {
  std::string line = text_in(replay, "name") + " " + text_in(replay, "state");
  if (const std::string reason = text_in(replay, "reason"); !reason.empty()) line += " (" + reason + ")";
  line += ": " + with_commas(number_in(replay, "replayed")) + " replayed";
  if (const std::size_t left_out = number_in(replay, "leftOut"); left_out > 0)
    line += ", " + with_commas(left_out) + " left out by the pattern";
  if (const std::size_t failed = number_in(replay, "failed"); failed > 0)
    line += ", " + with_commas(failed) + " refused: " + text_in(replay, "lastFailure");
  return line + "\n";
}

int status_of(std::string_view replay) {
  if (text_in(replay, "state") != "COMPLETED" || number_in(replay, "failed") > 0) return kFailed;
  return number_in(replay, "replayed") > 0 ? kFound : kNotFound;
}

void print_line(std::string_view replay, Console& console) {
  console.print(text_in(replay, "name") + "\t" + text_in(replay, "state") + "\t" +
                std::to_string(number_in(replay, "replayed")) + "\t" + text_in(replay, "from") + "\t" +
                text_in(replay, "to") + "\t" + text_in(replay, "archive") + "\n");
}

// One answer that is a replay, whole.
void print_whole(std::string_view replay, Console& console) {
  std::string out;
  const auto add = [&](const char* label, const std::string& value) {
    if (!value.empty()) out += label + value + "\n";
  };
  add("replay    ", text_in(replay, "arn"));
  add("about     ", text_in(replay, "description"));
  add("state     ", text_in(replay, "state"));
  add("reason    ", text_in(replay, "reason"));
  add("archive   ", text_in(replay, "archive"));
  add("bus       ", text_in(replay, "bus"));
  for_each_element(value_in(replay, "rules"),
                   [&](std::string_view rule) { add("rule      ", unescaped(rule.substr(1, rule.size() - 2))); });
  add("events    ", text_in(replay, "from") + " to " + text_in(replay, "to"));
  add("pattern   ", text_in(replay, "pattern"));
  add("speed     ", std::string(value_in(replay, "speed")));
  add("started   ", text_in(replay, "startedAt"));
  add("ended     ", text_in(replay, "endedAt"));
  add("at        ", text_in(replay, "at"));
  add("progress  ", progress_bar(number_in(replay, "seen"), number_in(replay, "eventsMax")));
  add("replayed  ", std::to_string(number_in(replay, "replayed")));
  add("left out  ", std::to_string(number_in(replay, "leftOut")));
  add("failed    ", std::to_string(number_in(replay, "failed")));
  add("failure   ", text_in(replay, "lastFailure"));
  console.print(out);
}

int complain(const Error& error, const Program& program) {
  program.console.complain(error.message);
  return kFailed;
}

int start(const ReplayArguments& arguments, const Program& program) {
  if (arguments.dry_run) return rehearse_replay(arguments, program);
  auto request = replay_request(arguments, program);
  if (!request) return complain(request.error(), program);
  const auto started = post_command(program.endpoint, "/_eventbus/replays/start", *request + "}");
  if (!started) return complain(started.error(), program);
  if (!arguments.detach) {
    ReplayArguments watched = arguments;
    watched.name = text_in(*started, "name");
    return watch_replay(watched, program);
  }
  program.console.print(arguments.json ? *started : text_in(*started, "name") + "\n");
  return kFound;
}

int show(const ReplayArguments& arguments, const Program& program, const char* path) {
  const auto replay = post_command(program.endpoint, path, named_request(arguments.name, program));
  if (!replay) return complain(replay.error(), program);
  if (arguments.json) {
    program.console.print(*replay);
  } else {
    print_whole(*replay, program.console);
  }
  return kFound;
}

int list(const ReplayArguments& arguments, const Program& program) {
  const auto answer = post_command(program.endpoint, "/_eventbus/replays/list", named_request("", program));
  if (!answer) return complain(answer.error(), program);
  std::size_t found = 0;
  for_each_element(value_in(*answer, "replays"), [&](std::string_view replay) {
    ++found;
    if (arguments.json) return program.console.print(std::string(replay) + "\n");
    print_line(replay, program.console);
  });
  return found > 0 ? kFound : kNotFound;
}

// --- the command line

using Arguments = std::shared_ptr<ReplayArguments>;
using Work = int (*)(const ReplayArguments&, const Program&);

CLI::App* add_action(CLI::App& replay, const char* name, const char* description, const Arguments& arguments,
                     Program& program, Work work) {
  CLI::App* const command = replay.add_subcommand(name, description);
  command->footer(kFooter);
  command->callback(
      [arguments, &program, work] { program.run = [arguments, &program, work] { return work(*arguments, program); }; });
  return command;
}

void add_archive(CLI::App& command, const Arguments& arguments) {
  command.add_option("ARCHIVE", arguments->archive, "The archive")->required();
}

void add_events(CLI::App& command, const Arguments& arguments) {
  command.add_option("--from", arguments->from, "Events of this time and later")->type_name("TIME");
  command.add_option("--to", arguments->to, "Events before this time")->type_name("TIME");
  command.add_option("--pattern", arguments->pattern, "Only events that this event pattern takes")
      ->type_name("JSON|FILE");
}

void add_name(CLI::App& command, const Arguments& arguments) {
  command.add_option("NAME", arguments->name, "The replay")->required();
}

void add_json(CLI::App& command, const Arguments& arguments) { command.add_flag("--json", arguments->json, "As JSON"); }

void add_start(CLI::App& replay, const Arguments& arguments, Program& program) {
  CLI::App* const command = add_action(replay, "start", "Begin a replay, and show how far it is until it is over.",
                                       arguments, program, start);
  add_archive(*command, arguments);
  add_events(*command, arguments);
  command->add_option("--name", arguments->name, "Its name; taken for 90 days. Default: one that is made up")
      ->type_name("NAME");
  command->add_option("--description", arguments->description, "For people")->type_name("TEXT");
  command->add_option("--bus", arguments->bus, "Another bus than the archive's; also one that `forward` leads to")
      ->type_name("NAME|ARN");
  command->add_option("--rule", arguments->rules, "Only to this rule; may be repeated")->type_name("NAME|ARN");
  command
      ->add_option("--speed", arguments->speed,
                   "So many times the pace at which it happened. Default: as fast as it goes")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_flag("--dry-run", arguments->dry_run, "Only say which rules would take how many events");
  command->add_flag("--detach", arguments->detach, "Do not wait for its end");
  add_json(*command, arguments);
}

}  // namespace

// Until it is over.
int watch_replay(const ReplayArguments& arguments, const Program& program) {
  SystemClock clock;
  Progress progress(program.console, arguments.name);
  for (;;) {
    const auto replay =
        post_command(program.endpoint, "/_eventbus/replays/status", named_request(arguments.name, program));
    if (!replay) {
      progress.end();
      return complain(replay.error(), program);
    }
    if (is_over(text_in(*replay, "state"))) {
      progress.end();
      program.console.print(arguments.json ? *replay : outcome_of(*replay));
      return status_of(*replay);
    }
    progress.show(number_in(*replay, "seen"), number_in(*replay, "eventsMax"), remark_on(*replay), clock.now());
    wait_until(clock, clock.now() + kLookEvery);
  }
}

Result<std::string> replay_request(const ReplayArguments& arguments, const Program& program) {
  std::string body = "{\"archive\":";
  append_json_string(body, arguments.archive);
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    body += std::string(",\"") + name + "\":";
    append_json_string(body, value);
  };
  const auto add_time = [&](const char* name, const std::string& value) {
    const bool is_number = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
    if (is_number) {
      body += std::string(",\"") + name + "\":" + value;
    } else {
      add(name, value);
    }
  };
  add("account", program.account);
  add("region", program.region);
  add("name", arguments.name);
  add("description", arguments.description);
  add_time("from", arguments.from);
  add_time("to", arguments.to);
  add("bus", arguments.bus);
  if (!arguments.rules.empty()) {
    body += ",\"rules\":[";
    for (const std::string& rule : arguments.rules) {
      if (body.back() != '[') body += ',';
      append_json_string(body, rule);
    }
    body += ']';
  }
  if (!arguments.pattern.empty()) {
    TRY(const std::string pattern, read_input(arguments.pattern));
    add("pattern", pattern);
  }
  if (arguments.speed > 0) body += ",\"speed\":" + std::to_string(arguments.speed);
  return body;
}

std::string named_request(const std::string& name, const Program& program) {
  std::string body = "{";
  const auto add = [&](const char* member, const std::string& value) {
    if (value.empty()) return;
    if (body.size() > 1) body += ',';
    body += std::string("\"") + member + "\":";
    append_json_string(body, value);
  };
  add("name", name);
  add("account", program.account);
  add("region", program.region);
  return body + "}";
}

void add_replay(CLI::App& app, Program& program) {
  CLI::App* const replay = app.add_subcommand("replay", "Archived events again: to a bus, to a file, from a file.");
  replay->footer(kFooter);
  replay->require_subcommand(1);
  const auto arguments = std::make_shared<ReplayArguments>();
  add_start(*replay, arguments, program);

  CLI::App* const watch =
      add_action(*replay, "watch", "Show how far a replay is until it is over.", arguments, program, watch_replay);
  add_name(*watch, arguments);
  add_json(*watch, arguments);
  CLI::App* const status =
      add_action(*replay, "status", "How far a replay is.", arguments, program,
                 [](const ReplayArguments& a, const Program& p) { return show(a, p, "/_eventbus/replays/status"); });
  add_name(*status, arguments);
  add_json(*status, arguments);
  CLI::App* const cancel =
      add_action(*replay, "cancel", "End a replay; what it has published stays so.", arguments, program,
                 [](const ReplayArguments& a, const Program& p) { return show(a, p, "/_eventbus/replays/cancel"); });
  add_name(*cancel, arguments);
  add_json(*cancel, arguments);
  CLI::App* const all = add_action(*replay, "list", "One line a replay: name, state, events, from, to, archive.",
                                   arguments, program, list);
  add_json(*all, arguments);

  CLI::App* const into = add_action(*replay, "export", "Archived events as JSON lines, in the order of their time.",
                                    arguments, program, export_archive);
  add_archive(*into, arguments);
  into->add_option("FILE", arguments->file, "Where to; default: standard output");
  add_events(*into, arguments);
  CLI::App* const from =
      add_action(*replay, "import", "JSON lines into an archive.", arguments, program, import_archive);
  add_archive(*from, arguments);
  from->add_option("FILE", arguments->file, "Where from; default: standard input");
  add_json(*from, arguments);
}

}  // namespace eventbus::cli
