#include "daemon/command_line.h"
#include "daemon/settings.h"

#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>

int main(int argc, char** argv) {
  using namespace eventbus;
  auto invocation = parse_command_line(std::vector<std::string>(argv + 1, argv + argc), read_environment(environ));
  if (!invocation) {
    std::fprintf(stderr, "eventbusd: %s\n", invocation.error().message.c_str());
    return 2;
  }
  std::fputs(invocation->text.c_str(), stdout);
  return 0;
}
