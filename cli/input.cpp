#include "cli/input.h"

#include "cli/file_descriptor.h"

namespace eventbus::cli {
namespace {

bool is_json_itself(const std::string& argument) {
  const std::size_t first = argument.find_first_not_of(" \t\r\n");
  return first != std::string::npos && (argument[first] == '{' || argument[first] == '[');
}

}  // namespace

Result<std::string> read_input(const std::string& argument) {
  if (is_json_itself(argument)) return argument;
  TRY(FileDescriptor file, FileDescriptor::open(argument));
  std::string text;
  constexpr std::size_t kBlock = 1 << 16;
  while (true) {
    const std::size_t size = text.size();
    text.resize(size + kBlock);
    TRY(const std::size_t got, file.read(text.data() + size, kBlock));
    text.resize(size + got);
    if (got == 0) return text;
  }
}

std::string name_of_input(const std::string& argument) {
  if (argument == "-") return "standard input";
  return is_json_itself(argument) ? "the argument" : argument;
}

}  // namespace eventbus::cli
