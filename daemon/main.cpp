#include "adapters/aws/credentials/environment.h"
#include "daemon/application.h"
#include "daemon/command_line.h"
#include "daemon/healthcheck.h"
#include "daemon/logging.h"
#include "daemon/signals.h"

#include <spdlog/logger.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace eventbus {
namespace {

constexpr int kUsageError = 2;
constexpr std::chrono::milliseconds kHealthcheckTimeout{5'000};

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

int complain(const Error& error, int status) {
  std::fprintf(stderr, "eventbusd: %s\n", error.message.c_str());
  return status;
}

int healthcheck(const Invocation& invocation) {
  const auto ready = check_health(invocation.endpoint, kHealthcheckTimeout);
  if (!ready) return complain(ready.error(), EXIT_FAILURE);
  print("ready\n");
  return EXIT_SUCCESS;
}

// A connection is a descriptor, and the soft limit of most shells (1,024) is far below connections_max. The hard limit
// is the operator's word.
void allow_all_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(const Invocation& invocation) {
  allow_all_descriptors();
  Config config = invocation.config;
  config.aws_variables = aws::read_aws_variables(environ);
  const bool for_people = config.log_format == LogFormat::kText;
  const std::shared_ptr<spdlog::logger> log = make_logger(config.log_format, config.log_level);
  for (const std::string& warning : invocation.warnings) log->warn("{}", warning);

  Application application(config, *log, for_people ? print : std::function<void(std::string_view)>());
  const Signals signals(application,
                        *log);  // already during the start: as process 1 of a container there is no default action
  if (const auto started = application.start(); !started) {
    log->flush();
    return complain(started.error(), EXIT_FAILURE);
  }
  // The one line that scripts and Testcontainers wait for.
  if (for_people)
    print("Ready.\n");
  else
    log->info("Ready.");
  application.run();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace eventbus

int main(int argc, char** argv) {
  using namespace eventbus;
  const auto invocation =
      parse_command_line(std::vector<std::string>(argv + 1, argv + argc), read_environment(environ));
  if (!invocation) return complain(invocation.error(), kUsageError);
  switch (invocation->command) {
    case Invocation::kPrint:
      return print(invocation->text), EXIT_SUCCESS;
    case Invocation::kHealthcheck:
      return healthcheck(*invocation);
    case Invocation::kRun:
      return serve(*invocation);
  }
  return kUsageError;
}
