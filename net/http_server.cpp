#include "net/http_server.h"

#include "base/thrown.h"
#include "net/connection_budget.h"
#include "net/http_session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <fcntl.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eventbus::net {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
using asio::ip::tcp;
using boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// Refusals under way at once; further ones are closed without a word, so that a flood cannot hold descriptors.
constexpr std::size_t kRefusalsMax = 64;
// The accept loop's rest when the system has no descriptor or memory for it.
constexpr std::chrono::milliseconds kAcceptRest{20};

std::string address_text(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<tcp::endpoint> resolve(asio::io_context& io, const std::string& host, std::uint16_t port) {
  std::string literal = host;
  if (literal.size() > 2 && literal.front() == '[' && literal.back() == ']')
    literal = literal.substr(1, literal.size() - 2);
  error_code error;
  const asio::ip::address address = asio::ip::make_address(literal, error);
  if (!error) return tcp::endpoint(address, port);
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(literal, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty())
    return invalid("cannot resolve the address to listen on, " + host + ": " + error.message());
  // "localhost" is both; clients that are given a literal use 127.0.0.1.
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return entry.endpoint();
  }
  return found.begin()->endpoint();
}

// One short step of opening a listener after another, until one fails.
error_code open_and_bind(Acceptor& acceptor, const tcp::endpoint& endpoint, bool share_port) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) {
    error_code ignored;  // dual-stack where the system can
    acceptor.set_option(asio::ip::v6_only(false), ignored);
  }
  if (!error && share_port) acceptor.set_option(ReusePort(true), error);
  if (!error) acceptor.bind(endpoint, error);
  return error;
}

std::chrono::milliseconds tick_for(const ServerLimits& limits) {
  const auto shortest =
      std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout, limits.write_timeout});
  return std::clamp(shortest / 8, std::chrono::milliseconds(2), std::chrono::milliseconds(250));
}

// A descriptor kept back: given up for a moment, it lets one connection in to be told that there is no room.
class SpareDescriptor {
 public:
  SpareDescriptor() : descriptor_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {}
  ~SpareDescriptor() { give_up(); }
  SpareDescriptor(const SpareDescriptor&) = delete;
  SpareDescriptor& operator=(const SpareDescriptor&) = delete;
  void give_up() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  void take_back() {
    if (descriptor_ < 0) descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }

 private:
  int descriptor_;
};

// The server itself: shared by its accept loop, its timer and its sessions, so that it outlives each of them.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(asio::io_context& io, HttpServer::Options options, std::shared_ptr<ConnectionBudget> budget, Handler handler,
           ErrorRenderer render_error)
      : io_(io), acceptor_(io), rest_(io), ticker_(io), budget_(std::move(budget)) {
    context_.limits = options.limits;
    context_.metrics = std::move(options.metrics);
    context_.handler_threw = std::move(options.handler_threw);
    context_.tls = std::move(options.tls);
    context_.handler = std::move(handler);
    context_.render_error = std::move(render_error);
    context_.tick_length = tick_for(options.limits);
  }

  Result<void> listen(const std::string& host, std::uint16_t port) {
    TRY(const tcp::endpoint endpoint, resolve(io_, host, port));
    const std::string wanted = address_text(endpoint.address().to_string(), port);
    const auto cannot = [&](error_code error) {
      return unavailable("cannot listen on " + address_text(host, port) + ": " + error.message());
    };
    // SO_REUSEPORT would let a second daemon of the same user take half of our connections. So the first of our shards
    // binds without it, which fails if anybody else is there, and only then shares.
    if (port != 0 && !budget_->owns(wanted)) {
      Acceptor probe(io_);
      if (const error_code error = open_and_bind(probe, endpoint, false)) return cannot(error);
    }
    error_code error = open_and_bind(acceptor_, endpoint, true);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return cannot(error);
    port_ = acceptor_.local_endpoint().port();
    address_ = address_text(endpoint.address().to_string(), port_);
    budget_->own(address_);
    return {};
  }

  void run() { asio::co_spawn(io_.get_executor(), accept_loop(shared_from_this()), asio::detached); }

  void stop() {
    if (context_.stopping) return;
    context_.stopping = true;
    close_acceptor();
    for (HttpSession* session : sessions_) session->stop();
  }

  void end_waits() {
    for (HttpSession* session : sessions_) session->end_wait();
  }

  void abort() {
    stop();
    for (HttpSession* session : sessions_) session->abort();
  }

  std::uint16_t port() const { return port_; }
  std::size_t open_connections() const { return open_connections_.load(std::memory_order_relaxed); }

 private:
  void close_acceptor() {
    error_code ignored;
    acceptor_.close(ignored);
    rest_.cancel();
    if (!address_.empty()) budget_->disown(std::exchange(address_, {}));
  }

  static asio::awaitable<void> accept_loop(std::shared_ptr<Listener> self) {
    while (!self->context_.stopping) {
      auto [error, socket] = co_await self->acceptor_.async_accept(kAwait);
      if (self->context_.stopping) break;
      if (!error) {
        self->admit(std::move(socket));
        continue;
      }
      if (error == asio::error::connection_aborted) continue;  // the client was faster
      // No descriptors, no memory: turn one client away and rest, rather than spin on a backlog that stays readable.
      self->turn_one_away();
      self->rest_.expires_after(kAcceptRest);
      co_await self->rest_.async_wait(kAwait);
    }
  }

  void turn_one_away() {
    spare_.give_up();
    error_code error;
    acceptor_.non_blocking(true, error);
    ServerSocket socket(io_);
    if (!error) acceptor_.accept(socket, error);
    if (!error) {
      if (context_.metrics.refused) context_.metrics.refused();
      constexpr std::string_view kNoRoom =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      socket.non_blocking(true, error);
      if (!context_.tls) socket.write_some(asio::const_buffer(kNoRoom.data(), kNoRoom.size()), error);
      socket.close(error);
    }
    spare_.take_back();
  }

  void admit(ServerSocket socket) {
    const bool has_place = budget_->try_take();
    if (!has_place && context_.metrics.refused) context_.metrics.refused();
    if (!has_place && refusals_ == kRefusalsMax) return;
    auto session = std::make_shared<HttpSession>(std::move(socket), context_);
    add(*session, has_place);
    HttpSession& serving = *session;
    asio::co_spawn(io_.get_executor(), has_place ? serving.serve() : serving.refuse(),
                   asio::bind_cancellation_slot(serving.cancellation_slot(),
                                                [self = shared_from_this(), session = std::move(session),
                                                 has_place](const std::exception_ptr& failure) mutable {
                                                  self->remove(*session, has_place);
                                                  self->report(failure);
                                                }));
  }

  void add(HttpSession& session, bool has_place) {
    session.index = sessions_.size();
    sessions_.push_back(&session);
    if (has_place) {
      open_connections_.fetch_add(1, std::memory_order_relaxed);
      if (context_.metrics.connections) context_.metrics.connections(1);
    } else {
      ++refusals_;
    }
    if (sessions_.size() == 1) start_ticking();
  }

  void remove(HttpSession& session, bool has_place) {
    sessions_[session.index] = sessions_.back();
    sessions_[session.index]->index = session.index;
    sessions_.pop_back();
    if (has_place) {
      open_connections_.fetch_sub(1, std::memory_order_relaxed);
      budget_->give_back();
      if (context_.metrics.connections) context_.metrics.connections(-1);
    } else {
      --refusals_;
    }
    if (sessions_.empty()) ticker_.cancel();
  }

  // The session itself failed: out of memory, or a bug of ours. The connection is lost, the server is not.
  void report(const std::exception_ptr& failure) const {
    if (failure && context_.handler_threw) context_.handler_threw(reason_of(failure));
  }

  void start_ticking() {
    ticker_.expires_after(context_.tick_length);
    ticker_.async_wait([self = shared_from_this()](error_code error) {
      if (error || self->sessions_.empty()) return;
      ++self->context_.tick;
      // A session never leaves the table inside on_tick: what that sets off completes later.
      for (HttpSession* session : self->sessions_) session->on_tick();
      self->start_ticking();
    });
  }

  asio::io_context& io_;
  Acceptor acceptor_;
  asio::steady_timer rest_;
  asio::steady_timer ticker_;  // runs while there are sessions
  SpareDescriptor spare_;
  std::shared_ptr<ConnectionBudget> budget_;
  SessionContext context_;
  std::vector<HttpSession*> sessions_;
  std::size_t refusals_ = 0;
  std::atomic<std::size_t> open_connections_{0};
  std::uint16_t port_ = 0;
  std::string address_;  // while we own it
};

class ListeningServer final : public HttpServer {
 public:
  explicit ListeningServer(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}
  ~ListeningServer() override { listener_->abort(); }

  std::uint16_t port() const override { return listener_->port(); }
  void run() override { listener_->run(); }
  void stop() override { listener_->stop(); }
  void end_waits() override { listener_->end_waits(); }
  void abort() override { listener_->abort(); }
  std::size_t open_connections() const override { return listener_->open_connections(); }

 private:
  std::shared_ptr<Listener> listener_;
};

}  // namespace

std::shared_ptr<ConnectionBudget> make_connection_budget(std::size_t connections_max) {
  return std::make_shared<ConnectionBudget>(connections_max);
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::io_context& io, Options options,
                                                       std::shared_ptr<ConnectionBudget> budget, Handler handler,
                                                       ErrorRenderer render_error) {
  const std::string host = options.host;
  const std::uint16_t port = options.port;
  auto listener = std::make_shared<Listener>(io, std::move(options), std::move(budget), std::move(handler),
                                             std::move(render_error));
  TRY_VOID(listener->listen(host, port));
  return std::unique_ptr<HttpServer>(std::make_unique<ListeningServer>(std::move(listener)));
}

}  // namespace eventbus::net
