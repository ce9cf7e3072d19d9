#pragma once

#include "net/http_server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace eventbus::net::testing {

// What a handler saw when it was made to wait.
struct Waiting {
  std::atomic<int> begun{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> released{0};
  std::atomic<int> left{0};
};

// Deadlines that no busy machine meets: for tests of something else.
ServerLimits patient_limits();

// A server on a port the kernel chose, on a thread of its own. Its application:
//   POST /echo      answers the body
//   GET  /big/N     answers N bytes
//   GET  /slow      waits until cancelled (counted in `waiting`) or until release(); counts those whose requester had
//                   left by then
//   GET  /throw     throws; /throw-odd throws an int
//   GET  /inject    answers with a header value that holds a line break
//   anything else   answers "METHOD TARGET"
// Errors of the server's own are rendered as "<status>|<reason>|<method>|<target>".
class RunningServer {
 public:
  explicit RunningServer(ServerLimits limits = patient_limits(), std::shared_ptr<ConnectionBudget> budget = nullptr,
                         std::shared_ptr<const TlsIdentity> tls = nullptr);
  ~RunningServer();

  std::uint16_t port() const { return port_; }
  HttpServer& server() { return *server_; }
  Waiting& waiting() { return waiting_; }
  // Lets every /slow answer.
  void release();
  // Runs on the server's thread and waits for it.
  void on_shard(const std::function<void()>& work);
  void stop() {
    on_shard([this] { server_->stop(); });
  }
  void abort() {
    on_shard([this] { server_->abort(); });
  }

  struct Counts {
    int connections = 0;
    int refused = 0;
    std::vector<unsigned> answered;
    std::vector<std::string> thrown;
    std::vector<std::string> peers;
    std::size_t least_spare_bytes = SIZE_MAX;
  };
  Counts counts() const;

 private:
  asio::awaitable<Response> answer(Request request);
  asio::awaitable<Response> answer_slowly(const Requester& requester);

  mutable std::mutex mutex_;
  Counts counts_;
  Waiting waiting_;
  bool let_go_ = false;                     // this and what follows: on the server's thread
  std::set<asio::steady_timer*> sleepers_;  // of those who wait in /slow
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// Waits (at most 20 s) until `condition` holds; what tests of other threads' doings need instead of sleeps.
bool eventually(const std::function<bool()>& condition);

}  // namespace eventbus::net::testing
