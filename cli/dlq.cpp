// eventbusctl dlq: dead letters of targets of rules and schedules.
#include "base/clock.h"
#include "bus/json_text.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "cli/daemon_client.h"
#include "cli/exit_code.h"
#include "cli/waiting.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace eventbus::cli {
namespace {

constexpr const char* kFooter =
    "QUEUE is a dead-letter queue of targets of rules or schedules, a name or an ARN; its account and region are those "
    "that AWS\n"
    "clients have from the environment. redrive sends dead letters back to the target that failed, not through\n"
    "the rules; purge deletes them. Either works on all, or on those that --message, --rule, --target and\n"
    "--error all take.\n"
    "\n"
    "Examples:\n"
    "  eventbusctl dlq list orders-dead --error NO_RESOURCE\n"
    "  eventbusctl dlq show orders-dead 3f0c2a7e-4b1d-4c55-9a43-0d8c1a5be9f2\n"
    "  eventbusctl dlq redrive orders-dead --rule big-orders --rate 20 --dry-run\n"
    "  eventbusctl dlq purge orders-dead --message 3f0c2a7e-4b1d-4c55-9a43-0d8c1a5be9f2\n"
    "\n"
    "Exit status: 0 something was found or done, 1 nothing, 2 a dead letter could not be redriven, wrong\n"
    "arguments, or a daemon that does not answer.";

constexpr std::size_t kPage = 100;

struct Arguments {
  std::string queue;
  std::string message, rule, target, error;
  std::int64_t rate = 0;  // messages a second; 0 = as fast as it goes
  bool all = false;
  bool dry_run = false;
  bool json = false;
};

// Page after page of one command, until there are no more.
class Pages {
 public:
  Pages(const Arguments& arguments, const Program& program, std::string path)
      : arguments_(arguments), program_(program), path_(std::move(path)) {}

  // The next answer; none behind the last page.
  Result<std::optional<std::string>> next(std::size_t count) {
    if (finished_) return std::optional<std::string>();
    TRY(std::string answer, post_command(program_.endpoint, path_, request(count)));
    after_ = value_in(answer, "next");
    finished_ = after_.empty();
    return std::optional(std::move(answer));
  }

 private:
  std::string request(std::size_t count) const {
    std::string body = "{\"count\":" + std::to_string(count);
    const auto add = [&](const char* name, const std::string& value) {
      if (value.empty()) return;
      body += std::string(",\"") + name + "\":";
      append_json_string(body, value);
    };
    add("queue", arguments_.queue);
    add("message", arguments_.message);
    add("rule", arguments_.rule);
    add("target", arguments_.target);
    add("error", arguments_.error);
    if (!arguments_.queue.starts_with("arn:")) {
      add("account", program_.account);
      add("region", program_.region);
    }
    if (!after_.empty()) body += ",\"after\":" + after_;
    if (arguments_.dry_run) body += ",\"dryRun\":true";
    return body + "}";
  }

  const Arguments& arguments_;
  const Program& program_;
  std::string path_;
  std::string after_;
  bool finished_ = false;
};

// --- looking

// The rule's or the schedule's ARN.
std::string source_of(std::string_view letter) {
  std::string rule = text_in(letter, "ruleArn");
  return rule.empty() ? text_in(letter, "scheduleArn") : rule;
}

void print_letter(std::string_view letter, bool whole, Console& console) {
  std::string out = text_in(letter, "messageId") + "\t" + text_in(letter, "sentAt") + "\t" +
                    text_in(letter, "errorCode") + "\t" + source_of(letter) + "\t" + text_in(letter, "targetArn") +
                    "\n";
  if (whole) {
    const bool of_rule = !text_in(letter, "ruleArn").empty();
    out = "message   " + text_in(letter, "messageId") + "\nsent      " + text_in(letter, "sentAt") +
          (of_rule ? "\nrule      " : "\nschedule  ") + source_of(letter) + "\ntarget    " +
          text_in(letter, "targetArn") + "\nerror     " + text_in(letter, "errorCode") + ": " +
          text_in(letter, "errorMessage") + "\nreceives  " + std::string(value_in(letter, "receives")) +
          (value_in(letter, "inFlight") == "true" ? ", a consumer has it now" : "") + "\n\n" + text_in(letter, "body") +
          "\n";
  }
  console.print(out);
}

int look(const Arguments& arguments, const Program& program, bool whole) {
  Pages pages(arguments, program, "/_eventbus/dlq/list");
  std::size_t found = 0;
  while (true) {
    const auto page = pages.next(kPage);
    if (!page) {
      program.console.complain(page.error().message);
      return kFailed;
    }
    if (!*page) return found > 0 ? kFound : kNotFound;
    for_each_element(value_in(**page, "messages"), [&](std::string_view letter) {
      ++found;
      if (arguments.json) return program.console.print(std::string(letter) + "\n");
      print_letter(letter, whole, program.console);
    });
  }
}

// --- redriving and deleting

struct Sum {
  std::size_t done = 0, in_flight = 0, failures = 0;
};

void add_page(Sum& sum, std::string_view page, Console& console) {
  sum.done += number_in(page, "done");
  sum.in_flight += number_in(page, "inFlight");
  for_each_element(value_in(page, "failures"), [&](std::string_view failure) {
    ++sum.failures;
    console.complain(text_in(failure, "messageId") + ": " + text_in(failure, "reason"));
  });
}

std::string summary(const Sum& sum, const Arguments& arguments, std::string_view verb) {
  if (arguments.json) {
    return "{\"done\":" + std::to_string(sum.done) + ",\"inFlight\":" + std::to_string(sum.in_flight) +
           ",\"failures\":" + std::to_string(sum.failures) + "}\n";
  }
  std::string out = std::to_string(sum.done) + (arguments.dry_run ? " would be " : " ") + std::string(verb);
  if (sum.in_flight > 0) out += ", " + std::to_string(sum.in_flight) + " left alone: a consumer has them";
  if (sum.failures > 0) out += ", " + std::to_string(sum.failures) + " could not be";
  return out + "\n";
}

int settle(const Arguments& arguments, const Program& program, const std::string& path, std::string_view verb) {
  // With a rate, so many that there are about ten pages a second.
  const std::size_t page_size =
      arguments.rate == 0 ? kPage : std::clamp<std::size_t>(static_cast<std::size_t>(arguments.rate) / 10, 1, kPage);
  Pages pages(arguments, program, path);
  SystemClock clock;
  const TimePoint started = clock.now();
  Sum sum;
  while (true) {
    const auto page = pages.next(page_size);
    if (!page) {
      program.console.print(summary(sum, arguments, verb));
      program.console.complain(page.error().message);
      return kFailed;
    }
    if (!*page) break;
    add_page(sum, **page, program.console);
    if (arguments.rate > 0 && !arguments.dry_run) {
      wait_until(clock, started + Duration(static_cast<std::int64_t>(sum.done) * 1'000 / arguments.rate));
    }
  }
  program.console.print(summary(sum, arguments, verb));
  if (sum.failures > 0) return kFailed;
  return sum.done > 0 ? kFound : kNotFound;
}

// --- the command line

CLI::App* add_action(CLI::App& dlq, const char* name, const char* description,
                     const std::shared_ptr<Arguments>& arguments) {
  CLI::App* const command = dlq.add_subcommand(name, description);
  command->footer(kFooter);
  command->add_option("QUEUE", arguments->queue, "The dead-letter queue")->required();
  command->add_flag("--json", arguments->json, "JSON lines");
  return command;
}

void add_filter(CLI::App& command, const std::shared_ptr<Arguments>& arguments) {
  command.add_option("--message", arguments->message, "The one with this MessageId")->type_name("ID");
  command.add_option("--rule", arguments->rule, "Of this rule or schedule")->type_name("NAME|ARN");
  command.add_option("--target", arguments->target, "Of this target")->type_name("ARN");
  command.add_option("--error", arguments->error, "With this ERROR_CODE")->type_name("CODE");
}

template <typename Work>
void on_call(CLI::App& command, const std::shared_ptr<Arguments>& arguments, Program& program, Work work) {
  command.callback(
      [arguments, &program, work] { program.run = [arguments, &program, work] { return work(*arguments, program); }; });
}

}  // namespace

void add_dlq(CLI::App& app, Program& program) {
  CLI::App* const dlq =
      app.add_subcommand("dlq", "Dead letters of targets of rules and schedules: look, redrive, delete.");
  dlq->footer(kFooter);
  dlq->require_subcommand(1);
  const auto arguments = std::make_shared<Arguments>();

  CLI::App* const list =
      add_action(*dlq, "list", "One line a dead letter: MessageId, time, error, rule or schedule, target.", arguments);
  add_filter(*list, arguments);
  on_call(*list, arguments, program, [](const Arguments& a, const Program& p) { return look(a, p, false); });

  CLI::App* const show = add_action(*dlq, "show", "One dead letter whole.", arguments);
  show->add_option("MESSAGE-ID", arguments->message, "Which one")->required();
  on_call(*show, arguments, program, [](const Arguments& a, const Program& p) { return look(a, p, true); });

  CLI::App* const redrive = add_action(*dlq, "redrive", "Send dead letters back to the target that failed.", arguments);
  add_filter(*redrive, arguments);
  redrive->add_option("--rate", arguments->rate, "Messages a second at most")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000));
  redrive->add_flag("--dry-run", arguments->dry_run, "Only say what would be done");
  on_call(*redrive, arguments, program,
          [](const Arguments& a, const Program& p) { return settle(a, p, "/_eventbus/dlq/redrive", "redriven"); });

  CLI::App* const purge = add_action(*dlq, "purge", "Delete dead letters.", arguments);
  add_filter(*purge, arguments);
  purge->add_flag("--all", arguments->all, "All of them: needed where no filter is given");
  purge->add_flag("--dry-run", arguments->dry_run, "Only say what would be done");
  on_call(*purge, arguments, program, [](const Arguments& a, const Program& p) -> int {
    const bool filtered = !(a.message.empty() && a.rule.empty() && a.target.empty() && a.error.empty());
    if (!filtered && !a.all && !a.dry_run) {
      p.console.complain("this would delete all dead letters of " + a.queue + ": say --all, or which");
      return kFailed;
    }
    return settle(a, p, "/_eventbus/dlq/purge", "deleted");
  });
}

}  // namespace eventbus::cli
