#include "net/client_connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace eventbus::net {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
using boost::system::error_code;
using Socket = asio::ip::tcp::socket;

ClientError timeout(std::string_view phase) {
  return {ClientError::kTimeout, "the deadline passed while " + std::string(phase)};
}
ClientError cancelled() { return {ClientError::kCancelled, "the request was cancelled"}; }

TlsChannel::Progress progress_of(error_code error, TlsChannel::Progress would_block) {
  using Progress = TlsChannel::Progress;
  if (!error) return Progress::kMoved;
  if (error == asio::error::would_block) return would_block;
  if (error == asio::error::eof) return Progress::kEnd;
  return Progress::kBroken;
}

}  // namespace

ClientConnection::~ClientConnection() {
  if (tls_) tls_->say_end();
}

asio::awaitable<std::optional<ClientError>> ClientConnection::connect(asio::ip::tcp::endpoint to,
                                                                      Interrupt& interrupt) {
  if (interrupt.fired()) co_return timeout("connecting");
  const Interrupt::Hook hook(interrupt, [this] {
    error_code ignored;
    socket_.cancel(ignored);
  });
  auto [error] = co_await socket_.async_connect(to, kAwait);
  if (!error) {
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    socket_.non_blocking(true, error);
  }
  if (!error) co_return std::nullopt;
  if (interrupt.fired()) co_return timeout("connecting");
  if (error == asio::error::operation_aborted) co_return cancelled();
  const std::string address = to.address().to_string();
  const std::string host = to.address().is_v6() ? "[" + address + "]" : address;
  ClientError failure{ClientError::kConnect,
                      "cannot connect to " + host + ":" + std::to_string(to.port()) + ": " + error.message()};
  co_return failure;
}

asio::awaitable<std::optional<ClientError>> ClientConnection::secure(std::shared_ptr<const TlsContext> context,
                                                                     std::string host, Interrupt& interrupt) {
  tls_ = TlsChannel::client(std::move(context), socket_.native_handle(), host);
  for (;;) {
    const Progress progress = tls_->handshake();
    if (progress == Progress::kMoved) co_return std::nullopt;
    const Wants wants{.read = progress == Progress::kWantsRead, .write = progress == Progress::kWantsWrite};
    if (!wants.read && !wants.write) {
      ClientError failure{ClientError::kTls, "the TLS handshake with " + host + " failed: " + tls_->failure()};
      co_return failure;
    }
    if (auto ended = co_await wait(wants, interrupt)) co_return ended;
  }
}

TlsChannel::Progress ClientConnection::read_some(char* to, std::size_t room, std::size_t& bytes) {
  if (tls_) return tls_->read(to, room, bytes);
  error_code error;
  bytes = socket_.read_some(asio::buffer(to, room), error);
  return progress_of(error, Progress::kWantsRead);
}

TlsChannel::Progress ClientConnection::write_some(std::string_view from, std::size_t& bytes) {
  if (tls_) return tls_->write(from, bytes);
  error_code error;
  bytes = socket_.write_some(asio::buffer(from.data(), from.size()), error);
  return progress_of(error, Progress::kWantsWrite);
}

asio::awaitable<std::optional<ClientError>> ClientConnection::wait(Wants wants, Interrupt& interrupt) {
  constexpr std::string_view kPhase = "talking to the server";
  if (interrupt.fired()) co_return timeout(kPhase);
  const Interrupt::Hook hook(interrupt, [this] {
    error_code ignored;
    socket_.cancel(ignored);
  });
  bool was_aborted = false;
  if (wants.read && wants.write) {
    was_aborted = !co_await wait_for_either();
  } else {
    // A socket that is broken is ready too: the next read says how.
    auto [error] = co_await socket_.async_wait(wants.write ? Socket::wait_write : Socket::wait_read, kAwait);
    was_aborted = error == asio::error::operation_aborted;
  }
  if (interrupt.fired()) co_return timeout(kPhase);
  if (was_aborted) co_return cancelled();
  co_return std::nullopt;
}

// True when the socket can be read or written. Both waits end with this coroutine's, however it ends.
asio::awaitable<bool> ClientConnection::wait_for_either() {
  struct Shared {
    explicit Shared(const asio::any_io_executor& executor) : ended(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer ended;
    bool is_over = false;
    bool is_ready = false;
  };
  const auto shared = std::make_shared<Shared>(socket_.get_executor());
  const auto finish = [shared](error_code error) {
    if (shared->is_over) return;
    shared->is_over = true;
    shared->is_ready = error != asio::error::operation_aborted;
    shared->ended.cancel();
  };
  socket_.async_wait(Socket::wait_read, finish);
  socket_.async_wait(Socket::wait_write, finish);
  co_await shared->ended.async_wait(kAwait);
  shared->is_over = true;
  error_code ignored;
  socket_.cancel(ignored);
  co_return shared->is_ready;
}

bool ClientConnection::is_quiet() {
  char byte;
  std::size_t bytes = 0;
  // TLS may have news of its own to read, session tickets for instance: those are no answer.
  return read_some(&byte, 1, bytes) == Progress::kWantsRead;
}

}  // namespace eventbus::net
