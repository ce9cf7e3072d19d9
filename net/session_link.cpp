#include "net/session_link.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace eventbus::net {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
using boost::system::error_code;

// Holds a PutEvents request of ten 1 KB entries: one read. Beast's own 512-byte first read would double its cost.
constexpr std::size_t kReadBufferBytes = 32 * 1024;
constexpr std::chrono::milliseconds kLingerTime{2'000};

std::string peer_text(const ServerSocket& socket) {
  error_code error;
  const asio::ip::tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return "unknown";
  const std::string address = peer.address().to_string();
  const std::string host = peer.address().is_v6() ? "[" + address + "]" : address;
  return host + ":" + std::to_string(peer.port());
}

}  // namespace

SessionLink::SessionLink(ServerSocket socket, const SessionContext& context)
    : context_(context),
      socket_(std::move(socket)),
      peer_(peer_text(socket_)),
      input_(kReadBufferBytes),
      watch_(socket_, input_) {
  error_code ignored;  // a socket that is gone already fails at its first read
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  if (context_.tls) tls_ = TlsChannel::server(context_.tls->context(), socket_.native_handle());
}

SessionLink::~SessionLink() = default;

asio::awaitable<SessionLink::Handshake> SessionLink::handshake() {
  for (;;) {
    const TlsChannel::Progress progress = tls_->handshake();
    if (progress == TlsChannel::Progress::kMoved) co_return Handshake::kDone;
    if (co_await wait_for(progress)) {
      if (context_.stopping) co_return Handshake::kFailed;
      continue;
    }
    const bool plain_http = tls_->met_plain_http();
    tls_.reset();
    if (plain_http) co_return Handshake::kPlainHttp;
    // Gently, or the alert that says why could be overtaken by a reset.
    if (progress == TlsChannel::Progress::kFailed) co_await close_gently();
    co_return Handshake::kFailed;
  }
}

// True when the channel may go on; false if it wants nothing, or a deadline has passed, or the connection is closed.
asio::awaitable<bool> SessionLink::wait_for(TlsChannel::Progress wanted) {
  const bool read = wanted == TlsChannel::Progress::kWantsRead;
  if (!read && wanted != TlsChannel::Progress::kWantsWrite) co_return false;
  if (timed_out_ || aborted_) co_return false;
  co_await socket_.async_wait(read ? ServerSocket::wait_read : ServerSocket::wait_write, kAwait);
  co_return !timed_out_ && !aborted_;
}

asio::awaitable<bool> SessionLink::read_more(Reading reading) {
  if (watch_.on()) {
    co_await watch_.ended();
    if (!input_.empty()) co_return !timed_out_;  // the watch has read ahead
  }
  if (input_ended() || timed_out_ || aborted_) co_return false;
  // What comes while we close is thrown away: nobody need decrypt it.
  if (tls_ && !closing_) co_return co_await read_more_tls(reading);

  const ReadBuffer::Space space = input_.space();
  error_code error;
  std::size_t bytes = 0;
  if (may_wait(reading)) {
    std::tie(error, bytes) = co_await socket_.async_read_some(asio::buffer(space.data, space.size), kAwait);
  }
  if (!may_wait(reading) && bytes == 0 && !timed_out_ && !aborted_) {
    // The server stops. A request that has arrived already is still served.
    bytes = socket_.read_some(asio::buffer(space.data, space.size), error);
  }
  input_.commit(bytes);
  if (error && error != asio::error::operation_aborted && error != asio::error::would_block) input_ended_ = true;
  co_return bytes > 0 && !timed_out_;
}

asio::awaitable<bool> SessionLink::read_more_tls(Reading reading) {
  const ReadBuffer::Space space = input_.space();
  for (;;) {
    std::size_t bytes = 0;
    const TlsChannel::Progress progress = tls_->read(space.data, space.size, bytes);
    if (progress == TlsChannel::Progress::kMoved) {
      input_.commit(bytes);
      co_return !timed_out_;
    }
    const bool waits = progress == TlsChannel::Progress::kWantsRead || progress == TlsChannel::Progress::kWantsWrite;
    if (!waits) input_ended_ = true;
    if (!waits || !may_wait(reading) || !co_await wait_for(progress)) co_return false;
  }
}

// Tries the kernel's buffer first: most answers fit, and then nothing has to be waited for.
asio::awaitable<bool> SessionLink::write_all(std::string_view first, std::string_view second) {
  if (tls_) {
    const bool written = co_await write_all_tls(first);
    co_return written&& co_await write_all_tls(second);
  }
  while (!first.empty() || !second.empty()) {
    const std::array buffers = {asio::const_buffer(first.data(), first.size()),
                                asio::const_buffer(second.data(), second.size())};
    error_code error;
    const std::size_t bytes = socket_.write_some(buffers, error);
    if (error == asio::error::would_block) {
      std::tie(error) = co_await socket_.async_wait(ServerSocket::wait_write, kAwait);
      if (!error && !timed_out_ && !aborted_) continue;
      error = asio::error::operation_aborted;
    }
    if (error) co_return false;
    const std::size_t of_first = std::min(bytes, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(bytes - of_first);
  }
  co_return true;
}

asio::awaitable<bool> SessionLink::write_all_tls(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t written = 0;
    const TlsChannel::Progress progress = tls_->write(bytes, written);
    bytes.remove_prefix(written);
    if (progress == TlsChannel::Progress::kMoved) continue;
    if (!co_await wait_for(progress)) co_return false;
  }
  co_return true;
}

void SessionLink::close_now() {
  closing_ = true;
  if (tls_) tls_->say_end();
  error_code ignored;
  socket_.shutdown(ServerSocket::shutdown_both, ignored);
}

asio::awaitable<void> SessionLink::close_gently() {
  closing_ = true;
  if (tls_) tls_->say_end();
  error_code error;
  socket_.shutdown(ServerSocket::shutdown_send, error);
  set_deadline(kLingerTime);
  while (!error && !input_ended() && !timed_out_) {
    input_.clear();
    if (!co_await read_more(Reading::kRequest)) co_return;
  }
}

void SessionLink::set_deadline(std::chrono::milliseconds timeout) {
  // One tick more: the current one is partly over.
  const auto ticks = (timeout + context_.tick_length - std::chrono::milliseconds(1)) / context_.tick_length;
  deadline_tick_ = context_.tick + static_cast<std::uint64_t>(ticks) + 1;
}

// Whatever waits completes; it sees timed_out_ and decides.
void SessionLink::on_tick() {
  if (deadline_tick_ == 0 || context_.tick < deadline_tick_) return;
  deadline_tick_ = 0;
  timed_out_ = true;
  interrupt();
}

void SessionLink::interrupt() {
  error_code ignored;
  socket_.cancel(ignored);
}

void SessionLink::abort() {
  aborted_ = true;
  error_code ignored;
  socket_.close(ignored);
}

void SessionLink::watch_client(std::shared_ptr<void> keeper, const std::function<void()>& left) {
  if (watch_.on() || input_ended()) return;
  if (!input_.full()) return watch_.begin(tls_.get(), std::move(keeper), left);
  if (client_has_left()) left();
}

}  // namespace eventbus::net
