#include "tests/simulation/simulation.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>

// Many histories of a simulated bus, or one of them again. See docs/simulation.md.

namespace {

using namespace eventbus::simulation;

constexpr std::string_view kUsage =
    R"(usage: simulation [--seed N] [--seeds COUNT | --minutes N] [--operations N] [--without 3,5-9] [--without-crashes]
                  [--fault NAME] [--trace] [--shrink] [--verbose]

  --seed N            that history; without it, seeds nobody has seen before
  --seeds COUNT       so many histories, one after another (default 1)
  --minutes N         as many as fit into so many minutes
  --operations N      how many operations clients begin (default 350)
  --without LIST      leaves out these operations
  --without-crashes   no crashes, stops, outages or jumps of the clock
  --fault NAME        a bus with this fault, to see the auditor find it ("list" names them)
  --trace             prints everything that happens
  --shrink            looks for the few operations that lead to the violation
  --verbose           a line for each history

Exits with 1 when the auditor has found a violation, and prints the command that shows it again.
)";

struct Arguments {
  Options options;
  std::optional<std::uint64_t> seed;
  std::uint64_t seeds = 1;
  double minutes = 0;
  bool shrink = false, verbose = false;
  std::string fault, without;
};

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    std::fprintf(stderr, "not a number: %.*s\n", static_cast<int>(text.size()), text.data());
    std::exit(2);
  }
  return number;
}

// "3,5-9"
std::set<std::size_t> numbers_of(std::string_view list) {
  std::set<std::size_t> numbers;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view part = list.substr(0, comma);
    const std::size_t dash = part.find('-');
    const std::size_t first = number_of(part.substr(0, dash));
    const std::size_t last = dash == std::string_view::npos ? first : number_of(part.substr(dash + 1));
    for (std::size_t number = first; number <= last; ++number) numbers.insert(number);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return numbers;
}

std::string list_of(const std::set<std::size_t>& numbers) {
  std::string list;
  for (auto first = numbers.begin(); first != numbers.end();) {
    auto last = first;
    while (std::next(last) != numbers.end() && *std::next(last) == *last + 1) ++last;
    if (!list.empty()) list += ',';
    list += std::to_string(*first);
    if (last != first) list += "-" + std::to_string(*last);
    first = std::next(last);
  }
  return list;
}

Arguments parse(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view flag = values[i];
    const auto value = [&]() -> std::string_view {
      if (++i < count) return values[i];
      std::fprintf(stderr, "%s", kUsage.data());
      std::exit(2);
    };
    if (flag == "--seed") {
      arguments.seed = number_of(value());
    } else if (flag == "--seeds") {
      arguments.seeds = number_of(value());
    } else if (flag == "--minutes") {
      arguments.minutes = std::strtod(value().data(), nullptr);
    } else if (flag == "--operations") {
      arguments.options.operations = number_of(value());
    } else if (flag == "--without") {
      arguments.without = value();
      arguments.options.left_out = numbers_of(arguments.without);
    } else if (flag == "--without-crashes") {
      arguments.options.without_crashes = true;
    } else if (flag == "--fault") {
      arguments.fault = value();
    } else if (flag == "--trace") {
      arguments.options.trace_to = stdout;
    } else if (flag == "--shrink") {
      arguments.shrink = true;
    } else if (flag == "--verbose") {
      arguments.verbose = true;
    } else {
      std::fprintf(stderr, "%s", kUsage.data());
      std::exit(flag == "--help" ? 0 : 2);
    }
  }
  return arguments;
}

std::string command_of(const Arguments& arguments, const Options& options) {
  std::string command = "tests/simulation/run --seed " + std::to_string(options.seed);
  if (options.operations != Options{}.operations) command += " --operations " + std::to_string(options.operations);
  if (!options.left_out.empty()) command += " --without " + list_of(options.left_out);
  if (options.without_crashes) command += " --without-crashes";
  if (!arguments.fault.empty()) command += " --fault " + arguments.fault;
  return command;
}

struct Totals {
  std::uint64_t histories = 0, steps = 0, lives = 0, crashes = 0, outages = 0, jumps = 0;
  std::uint64_t events = 0, attempts = 0, messages = 0, occurrences = 0;
  std::chrono::milliseconds simulated{0};

  void add(const Report& report) {
    ++histories;
    steps += report.steps;
    lives += report.lives;
    crashes += report.crashes;
    outages += report.outages;
    jumps += report.jumps;
    events += report.events;
    attempts += report.attempts;
    messages += report.messages;
    occurrences += report.occurrences;
    simulated += report.simulated;
  }
};

int show_failure(const Arguments& arguments, Options options, const Report& report) {
  constexpr std::size_t kLinesShown = 40;
  const std::size_t first = report.last_lines.size() > kLinesShown ? report.last_lines.size() - kLinesShown : 0;
  if (options.trace_to == nullptr)
    for (std::size_t i = first; i < report.last_lines.size(); ++i) std::printf("  %s\n", report.last_lines[i].c_str());
  std::printf("VIOLATION in history %llu, at step %llu: %s\n", static_cast<unsigned long long>(report.seed),
              static_cast<unsigned long long>(report.steps), report.violation.c_str());
  std::printf("Again: %s --trace\n", command_of(arguments, options).c_str());
  if (!arguments.shrink) {
    std::printf("Fewer operations: %s --shrink\n", command_of(arguments, options).c_str());
    return 1;
  }
  options.trace_to = nullptr;
  const Options fewer = shrink(options, 400);
  std::printf("%zu operations are enough: %s --trace\n", fewer.operations - fewer.left_out.size(),
              command_of(arguments, fewer).c_str());
  std::printf("%s\n", simulate(fewer).violation.c_str());
  return 1;
}

}  // namespace

int main(int count, char** values) {
  Arguments arguments = parse(count, values);
  if (arguments.fault == "list") {
    for (const MutationName& each : all_mutations())
      std::printf("%-16.*s %.*s\n", static_cast<int>(each.name.size()), each.name.data(),
                  static_cast<int>(each.means.size()), each.means.data());
    return 0;
  }
  if (!arguments.fault.empty()) {
    const std::optional<Mutation> mutation = mutation_named(arguments.fault);
    if (!mutation) {
      std::fprintf(stderr, "no such fault: %s\n", arguments.fault.c_str());
      return 2;
    }
    arguments.options.mutation = *mutation;
  }
  std::random_device device;
  std::uint64_t seed = arguments.seed.value_or(device() % 1'000'000'000);
  const auto began = std::chrono::steady_clock::now();
  const auto until = began + std::chrono::duration<double>(arguments.minutes * 60);
  Totals totals;
  int exit_code = 0;
  for (std::uint64_t i = 0; exit_code == 0; ++i, ++seed) {
    if (arguments.minutes > 0 ? std::chrono::steady_clock::now() >= until : i >= arguments.seeds) break;
    Options options = arguments.options;
    options.seed = seed;
    const Report report = simulate(options);
    totals.add(report);
    if (arguments.verbose)
      std::printf("history %llu: %llu steps, %.1f h, %llu lives, digest %016llx\n",
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(report.steps),
                  static_cast<double>(report.simulated.count()) / 3.6e6, static_cast<unsigned long long>(report.lives),
                  static_cast<unsigned long long>(report.digest));
    if (report.failed()) exit_code = show_failure(arguments, options, report);
    std::fflush(stdout);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf(
      "%llu histories, %.1f simulated days in %.1f s: %llu events, %llu messages, %llu attempts, %llu scheduled "
      "occurrences held to account, %llu lives, %llu crashes, %llu outages of the disk, %llu jumps of the clock, %llu "
      "steps\n",
      static_cast<unsigned long long>(totals.histories), static_cast<double>(totals.simulated.count()) / 8.64e7,
      took.count(), static_cast<unsigned long long>(totals.events), static_cast<unsigned long long>(totals.messages),
      static_cast<unsigned long long>(totals.attempts), static_cast<unsigned long long>(totals.occurrences),
      static_cast<unsigned long long>(totals.lives), static_cast<unsigned long long>(totals.crashes),
      static_cast<unsigned long long>(totals.outages), static_cast<unsigned long long>(totals.jumps),
      static_cast<unsigned long long>(totals.steps));
  return exit_code;
}
