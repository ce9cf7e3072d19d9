#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <list>
#include <string>

namespace spdlog {
class logger;
}

namespace eventbus {

namespace asio = boost::asio;

// Work that belongs to no request: loops that run as long as the daemon, and tasks that requests begin. All of it runs
// on one io_context. An exception ends that work alone, and is logged.
class Background {
 public:
  Background(asio::io_context& io, spdlog::logger& log) : io_(io), log_(log) {}

  // Any thread. `name` is for the log. Work that is spawned after cancel() never begins.
  void spawn(std::string name, asio::awaitable<void> work);
  // Cancels everything, by asio's terminal cancellation. On the thread of io.
  void cancel();
  // Nothing runs any more. Any thread.
  bool idle() const { return running_.load(std::memory_order_acquire) == 0; }

 private:
  struct Work {
    std::string name;
    asio::cancellation_signal cancel;
  };
  void begin(std::string name, asio::awaitable<void> work);

  asio::io_context& io_;
  spdlog::logger& log_;
  std::atomic<std::size_t> running_{0};
  bool cancelled_ = false;  // this and what follows: on the thread of io
  std::list<Work> works_;
};

}  // namespace eventbus
