#pragma once

#include "tests/simulation/mutations.h"
#include "tests/simulation/timeline.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

namespace eventbus::simulation {

struct Options {
  std::uint64_t seed = 1;
  std::size_t operations = 350;    // of clients, before everything comes to rest
  std::set<std::size_t> left_out;  // of these operations: for whoever looks for the few that matter
  bool without_crashes = false;    // and stops, outages and jumps of the clock: likewise
  Mutation mutation = Mutation::kNone;
  std::FILE* trace_to = nullptr;  // every line, as it comes
};

struct Report {
  std::uint64_t seed = 0;
  std::string violation;  // empty: none
  std::uint64_t digest = 0, steps = 0;
  std::chrono::milliseconds simulated{0};
  std::uint64_t lives = 0, crashes = 0, outages = 0, jumps = 0;
  std::uint64_t events = 0, attempts = 0, messages = 0, occurrences = 0;
  std::vector<std::string> last_lines;

  bool failed() const { return !violation.empty(); }
};

// One simulated history of a bus, wholly determined by the options: a daemon in virtual time with a workload, failing
// targets and a failing machine, until everything has come to rest and the auditor has the last word.
Report simulate(const Options& options);

// As few operations as possible that still lead to a violation, found within so many runs.
Options shrink(Options options, std::size_t runs);

}  // namespace eventbus::simulation
