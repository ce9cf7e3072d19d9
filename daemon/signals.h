#pragma once

#include "daemon/application.h"

#include <boost/asio/signal_set.hpp>

namespace spdlog {
class logger;
}

namespace eventbus {

// SIGTERM and SIGINT: the first one begins the orderly stop, a second one ends the process at once (which loses nothing
// that was acknowledged: it is what a crash does). SIGHUP: files that may change while the daemon runs are read again.
// SIGPIPE is ignored: a client that goes away is an error of a write.
// To be kept until Application::run() has returned.
class Signals {
 public:
  Signals(Application& application, spdlog::logger& log);

 private:
  void wait();

  Application& application_;
  spdlog::logger& log_;
  boost::asio::signal_set set_;
  int received_ = 0;
};

}  // namespace eventbus
