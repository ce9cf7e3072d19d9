#include "tests/unit/net/running_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace eventbus::net::testing {

namespace {

Response text(std::string body) {
  Response response;
  response.headers.push_back({"Content-Type", "text/plain"});
  response.body = std::move(body);
  return response;
}

}  // namespace

ServerLimits patient_limits() {
  constexpr std::chrono::minutes kPatience{5};
  ServerLimits limits;
  limits.header_timeout = kPatience;
  limits.body_timeout = kPatience;
  limits.idle_timeout = kPatience;
  limits.write_timeout = kPatience;
  return limits;
}

RunningServer::RunningServer(ServerLimits limits, std::shared_ptr<ConnectionBudget> budget,
                             std::shared_ptr<const TlsIdentity> tls) {
  HttpServer::Options options;
  options.port = 0;
  options.limits = limits;
  options.tls = std::move(tls);
  options.metrics.connections = [this](int delta) {
    std::lock_guard lock(mutex_);
    counts_.connections += delta;
  };
  options.metrics.refused = [this] {
    std::lock_guard lock(mutex_);
    ++counts_.refused;
  };
  options.metrics.answered = [this](unsigned status, std::chrono::microseconds) {
    std::lock_guard lock(mutex_);
    counts_.answered.push_back(status);
  };
  options.handler_threw = [this](std::string_view what) {
    std::lock_guard lock(mutex_);
    counts_.thrown.emplace_back(what);
  };
  if (!budget) budget = make_connection_budget(limits.connections_max);
  auto server = HttpServer::listen(
      io_, std::move(options), std::move(budget), [this](Request request) { return answer(std::move(request)); },
      [](unsigned status, std::string_view reason, const Request& request) {
        Response response = text(std::to_string(status) + "|" + std::string(reason) + "|" + request.method + "|" +
                                 request.target + "|" + std::string(request.header("X-Protocol")));
        response.status = status;
        return response;
      });
  if (!server) throw std::runtime_error(server.error().message);
  server_ = *std::move(server);
  port_ = server_->port();
  server_->run();
  thread_ = std::thread([this] { io_.run(); });
}

RunningServer::~RunningServer() {
  abort();
  work_.reset();
  thread_.join();  // ends only when every connection has ended
}

void RunningServer::on_shard(const std::function<void()>& work) {
  std::promise<void> done;
  asio::post(io_, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void RunningServer::release() {
  on_shard([this] {
    let_go_ = true;
    for (asio::steady_timer* sleeper : sleepers_) sleeper->cancel();
  });
}

RunningServer::Counts RunningServer::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

asio::awaitable<Response> RunningServer::answer(Request request) {
  {
    std::lock_guard lock(mutex_);
    counts_.peers.push_back(request.peer);
    counts_.least_spare_bytes = std::min(counts_.least_spare_bytes, request.body.capacity() - request.body.size());
  }
  constexpr std::string_view kBig = "/big/";
  if (request.target == "/echo") co_return text(std::move(request.body));
  if (request.target.starts_with(kBig)) {
    co_return text(std::string(std::strtoul(request.target.c_str() + kBig.size(), nullptr, 10), 'b'));
  }
  if (request.target == "/slow") co_return co_await answer_slowly(*request.requester);
  if (request.target == "/throw") throw std::runtime_error("a secret of the handler");
  if (request.target == "/throw-odd") throw 7;
  if (request.target == "/inject") {
    Response response = text("");
    response.headers.push_back({"X-Injected", "a\r\nX-Evil: b"});
    co_return response;
  }
  if (request.target == "/no-content") {
    Response response;
    response.status = 204;
    co_return response;
  }
  co_return text(request.method + " " + request.target);
}

asio::awaitable<Response> RunningServer::answer_slowly(const Requester& requester) {
  ++waiting_.begun;
  asio::steady_timer woken(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  while (!let_go_) {
    const auto self = sleepers_.insert(&woken).first;
    co_await woken.async_wait(asio::as_tuple(asio::use_awaitable));
    sleepers_.erase(self);
    if (requester.has_left()) ++waiting_.left;
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
      ++waiting_.cancelled;
      co_return text("cancelled");
    }
  }
  ++waiting_.released;
  co_return text("slow");
}

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 20'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

}  // namespace eventbus::net::testing
