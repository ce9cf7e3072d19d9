#pragma once

#include <cstdio>
#include <string_view>

namespace eventbus::cli {

// What a command prints to. Results go to standard output, buffered; everything about them to standard error, at once.
class Console {
 public:
  Console(std::FILE* out, std::FILE* error) : out_(out), error_(error) {}

  void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), out_); }
  // "eventbusctl: <text>\n", behind what has been printed so far.
  void complain(std::string_view text);
  // Beside the results: progress, times.
  void note(std::string_view text);
  // Whether notes go to a terminal, where a line can be written over.
  bool notes_to_terminal() const;
  void flush() { std::fflush(out_); }
  // Has all that was printed arrived? Not if the disk is full. Flushes.
  bool intact();

 private:
  std::FILE* out_;
  std::FILE* error_;
};

}  // namespace eventbus::cli
