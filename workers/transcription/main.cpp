#include "adapters/aws/credentials/environment.h"
#include "daemon/logging.h"
#include "workers/transcription/application.h"
#include "workers/transcription/command_line.h"

#include <boost/asio/signal_set.hpp>
#include <spdlog/logger.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace eventbus::transcription {
namespace {

constexpr int kUsageError = 2;

int complain(const Error& error, int status) {
  std::fprintf(stderr, "transcription-worker: %s\n", error.message.c_str());
  return status;
}

Environment read_environment() {
  Environment variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable(*each);
    if (const std::size_t equals = variable.find('='); equals != std::string_view::npos)
      variables.emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return variables;
}

Surroundings look_around(const Environment& environment) {
  Surroundings surroundings;
  surroundings.aws_variables = aws::read_aws_variables(environ);
  const auto path = environment.find("PATH");
  surroundings.search_path = path == environment.end() ? "/usr/local/bin:/usr/bin:/bin" : path->second;
  std::error_code failure;
  surroundings.programs = std::filesystem::read_symlink("/proc/self/exe", failure).parent_path().string();
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) surroundings.host = host.data();
  return surroundings;
}

// SIGTERM and SIGINT: the first one lets jobs finish, a second one ends the process at once, as a crash would: the jobs
// come back when their visibility ends.
class Signals {
 public:
  Signals(Application& application, spdlog::logger& log)
      : application_(application), log_(log), set_(application.io(), SIGINT, SIGTERM) {
    std::signal(SIGPIPE, SIG_IGN);
    wait();
  }

 private:
  void wait() {
    set_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (std::exchange(stopping_, true)) std::_Exit(128 + signal);
      log_.info("Stopping: no more jobs are taken. signal={}", signal);
      application_.request_stop();
      wait();
    });
  }

  Application& application_;
  spdlog::logger& log_;
  boost::asio::signal_set set_;
  bool stopping_ = false;
};

int work(const Config& config, const Environment& environment) {
  const std::shared_ptr<spdlog::logger> log = make_logger(config.log_format, config.log_level);
  Application application(config, look_around(environment), *log);
  if (const auto started = application.start(); !started) {
    log->flush();
    return complain(started.error(), EXIT_FAILURE);
  }
  const Signals signals(application, *log);
  application.run();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace eventbus::transcription

int main(int argc, char** argv) {
  using namespace eventbus::transcription;
  const Environment environment = read_environment();
  const auto invocation = parse_command_line(std::vector<std::string>(argv + 1, argv + argc), environment);
  if (!invocation) return complain(invocation.error(), kUsageError);
  if (invocation->print) {
    std::fwrite(invocation->print->data(), 1, invocation->print->size(), stdout);
    return EXIT_SUCCESS;
  }
  return work(invocation->config, environment);
}
