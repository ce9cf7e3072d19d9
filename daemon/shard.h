#pragma once

#include "base/result.h"
#include "daemon/counted_loop.h"
#include "net/http_server.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

namespace eventbus {

namespace asio = boost::asio;

// One thread with its own event loop and its own listener on the shared port: a connection stays on its shard, so
// sessions need no locks. Methods are called by the thread that owns the shard.
class Shard {
 public:
  Shard();
  ~Shard();  // joins

  Result<void> listen(net::HttpServer::Options options, std::shared_ptr<net::ConnectionBudget> budget,
                      net::Handler handler, net::ErrorRenderer render_error);
  // Of its event loop: for work that is not a connection's.
  asio::any_io_executor executor() { return io_.get_executor(); }
  std::uint16_t port() const { return server_->port(); }
  // The thread begins and connections are accepted. `counted`: loop() knows what is going on.
  void start(std::size_t index, bool counted);
  CountedLoop& loop() { return loop_; }

  // The orderly stop, step by step; each returns at once.
  void stop_accepting();  // and ends long polls
  void abort_connections();
  std::size_t open_connections() const { return server_->open_connections(); }
  // Ends the event loop and waits for the thread. What is suspended in it is destroyed with the shard, after the
  // storage it may be waiting for has been closed.
  void join();

 private:
  asio::io_context io_{1};
  CountedLoop loop_{io_};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::unique_ptr<net::HttpServer> server_;
  std::thread thread_;
};

}  // namespace eventbus
