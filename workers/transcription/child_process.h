#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::transcription {

// A program to be run for one job: by its arguments, never through a shell.
struct ChildCommand {
  std::vector<std::string> arguments;  // the program first: with a '/', or looked for in `search_path`
  std::string search_path;             // the value of PATH
  std::string directory;               // it works in; must exist
  std::vector<std::pair<std::string, std::string>> environment;  // set in addition to ours
  TimePoint deadline;
  std::size_t output_bytes_max = std::size_t{64} << 20;  // of standard output; more ends the program
  std::uint64_t memory_bytes_max = 0;                    // of address space; 0 = as much as there is
  std::uint64_t file_bytes_max = 0;                      // of a file that it writes; 0 = as much as there is
};

struct ChildOutcome {
  enum End { kExited, kSignalled, kTimedOut, kStopped, kOutputTooLong };
  End end = kExited;
  int status = 0;      // the exit code, or the signal
  std::string output;  // standard output
  std::string errors;  // the end of standard error

  bool succeeded() const { return end == kExited && status == 0; }
  // "exit 3: no such model", "ended by signal 9", "not done in time".
  std::string describe() const;
};

// Runs it and waits for its end: in a process group of its own, without our descriptors and without our AWS
// credentials, and with SIGKILL to come should this process die. At the deadline, or when the calling coroutine is
// cancelled, the group gets SIGTERM, and SIGKILL some seconds later; what it had written until then is in the outcome.
// Nothing of the group is left when this returns. kNotFound: there is no such program, or it cannot be run.
asio::awaitable<Result<ChildOutcome>> run_child(ChildCommand command, Clock& clock);

// The path of a program: itself when it has a '/', else the first executable file of that name in the folders of
// `search_path`.
std::optional<std::string> find_program(std::string_view name, std::string_view search_path);

}  // namespace eventbus::transcription
