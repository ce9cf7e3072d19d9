#include "cli/console.h"

#include <string>
#include <unistd.h>

namespace eventbus::cli {

void Console::complain(std::string_view text) { note("eventbusctl: " + std::string(text) + "\n"); }

void Console::note(std::string_view text) {
  flush();
  std::fwrite(text.data(), 1, text.size(), error_);
}

bool Console::notes_to_terminal() const { return ::isatty(::fileno(error_)) == 1; }

bool Console::intact() {
  flush();
  return std::ferror(out_) == 0;
}

}  // namespace eventbus::cli
