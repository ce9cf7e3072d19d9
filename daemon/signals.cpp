#include "daemon/signals.h"

#include <spdlog/logger.h>

#include <csignal>
#include <cstdlib>

namespace eventbus {

Signals::Signals(Application& application, spdlog::logger& log)
    : application_(application), log_(log), set_(application.io(), SIGINT, SIGTERM, SIGHUP) {
  std::signal(SIGPIPE, SIG_IGN);
  wait();
}

void Signals::wait() {
  set_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      application_.reload();
      return wait();
    }
    if (++received_ > 1) {
      log_.warn("A second signal: ending at once. signal={}", signal);
      log_.flush();
      std::_Exit(128 + signal);
    }
    application_.request_stop();
    wait();
  });
}

}  // namespace eventbus
