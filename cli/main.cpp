#include "cli/command_line.h"

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  using namespace eventbus::cli;
  std::map<std::string, std::string> environment;
  for (const char* name : {"EVENTBUS_ENDPOINT", "AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_DEFAULT_REGION"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') environment[name] = value;
  }
  static char buffer[1 << 16];
  std::setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  Console console(stdout, stderr);
  return run_command_line(std::vector<std::string>(argv + 1, argv + argc), environment, console);
}
