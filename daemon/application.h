#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/virtual_clock.h"
#include "daemon/config.h"
#include "daemon/counted_loop.h"
#include "daemon/readiness.h"
#include "daemon/watched_client.h"
#include "net/http_client.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace eventbus {

namespace asio = boost::asio;

struct ApplicationParts;

// The daemon: builds everything once, from the storage up to the listeners, runs it, and takes it down in the opposite
// order. The only class that knows all types.
class Application {
 public:
  // `announce` is given what people at a terminal should read (the banner); may be empty.
  Application(Config config, spdlog::logger& log, std::function<void(std::string_view)> announce);
  ~Application();

  // Opens the storage, reads the catalog, applies declared resources, listens, and is ready. Blocks meanwhile. After an
  // error the object can only be destroyed.
  Result<void> start();
  // Serves until request_stop() has done its work; then everything accepted is on disk. Blocks; background work runs on
  // this thread.
  void run();
  // Begins the orderly stop: no new connections, answers to what was accepted, within the stop deadline. Any thread; a
  // second call changes nothing. Before run(), which then stops at once.
  void request_stop();

  // Reads the files that may change while it runs again (SIGHUP): the keys file, certificate and key. Any thread, at
  // any time.
  void reload();

  // Of the listener, once started.
  std::uint16_t port() const;
  std::string url() const;
  // The event loop of run(), for whoever waits for signals.
  asio::io_context& io() { return io_; }

 private:
  Result<std::unique_ptr<Storage>> open_storage();
  Result<std::unique_ptr<net::HttpClient>> make_http_client();
  Result<void> load();
  Result<void> apply_declared_resources();
  Result<void> register_contracts();
  Result<void> listen();
  Result<void> start_background_work();
  void start_delivery();
  void begin_stop();
  void reload_certificate();
  asio::awaitable<void> stop_in_order();
  asio::awaitable<void> wait_for_connections(TimePoint deadline);
  // The time that everything lives in but the daemon's own end.
  Clock& clock() { return virtual_clock_ ? static_cast<Clock&>(*virtual_clock_) : system_clock_; }

  Config config_;
  spdlog::logger& log_;
  std::function<void(std::string_view)> announce_;
  SystemClock system_clock_;
  std::unique_ptr<VirtualClock> virtual_clock_;  // with --virtual-clock
  WatchedClient* calls_ = nullptr;               // with --virtual-clock: the HTTP client that parts_ owns
  SystemRng rng_;
  Readiness readiness_;
  // Of run()'s thread:
  bool serving_ = false;
  bool stopping_ = false;
  asio::io_context io_{1};
  CountedLoop loop_{io_};
  std::unique_ptr<ApplicationParts> parts_;
};

}  // namespace eventbus
