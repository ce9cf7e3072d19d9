#include "net/http_session.h"

#include "base/clock.h"
#include "base/stopwatch.h"
#include "net/response_writer.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <tuple>
#include <utility>

namespace eventbus::net {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
using boost::system::error_code;

// Holds a PutEvents request of ten 1 KB entries: one read. Beast's own 512-byte first read would double its cost.
constexpr std::size_t kReadBufferBytes = 32 * 1024;
// How long we read on after an error answer: closing at once with bytes unread would send a reset that can overtake it.
constexpr std::chrono::milliseconds kLingerTime{2'000};

Response plain_error(unsigned status) {
  Response response;
  response.status = status;
  response.headers.push_back({"Content-Type", "text/plain"});
  response.body = "error " + std::to_string(status) + "\n";
  return response;
}

std::string peer_text(const Socket& socket) {
  error_code error;
  const asio::ip::tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return "unknown";
  const std::string address = peer.address().to_string();
  const std::string host = peer.address().is_v6() ? "[" + address + "]" : address;
  return host + ":" + std::to_string(peer.port());
}

}  // namespace

std::string_view SessionContext::date_now() {
  const long long seconds =
      std::chrono::duration_cast<std::chrono::seconds>(SystemClock().now().time_since_epoch()).count();
  if (seconds != date_seconds) {
    date_seconds = seconds;
    date = date_text(seconds);
  }
  return date;
}

HttpSession::HttpSession(Socket socket, SessionContext& context)
    : context_(context),
      socket_(std::move(socket)),
      peer_(peer_text(socket_)),
      buffer_(kReadBufferBytes),
      parser_(context.limits),
      watch_ended_(socket_.get_executor(), asio::steady_timer::time_point::max()) {
  error_code ignored;  // a socket that is gone already fails at its first read
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  if (context_.tls) tls_ = TlsChannel::server(context_.tls->context(), socket_.native_handle());
  set_deadline(context_.limits.header_timeout);
}

HttpSession::~HttpSession() = default;

asio::awaitable<void> HttpSession::serve() {
  // A cancelled handler finishes what it has begun (message.h).
  co_await asio::this_coro::throw_if_cancelled(false);
  if (tls_ && !co_await handshake()) co_return;
  bool keep_alive = true;
  while (keep_alive) {
    if (!co_await read_request()) co_return;
    const Stopwatch stopwatch;

    Request request = parser_.take();
    request.peer = peer_;
    const bool head_request = request.method == "HEAD";
    Response response = co_await handle(std::move(request));
    if (aborted_ || abandoned_) co_return;

    const bool client_goes_on = parser_.keep_alive();
    keep_alive = client_goes_on && !context_.stopping;
    if (!co_await write(response, keep_alive, head_request)) co_return;
    if (context_.metrics.answered) {
      context_.metrics.answered(response.status, stopwatch.elapsed());
    }
    if (!client_goes_on) co_return close_now();
    parser_.reset();
  }
  co_await close_gently();
}

// False: the connection has ended. Whoever speaks plain HTTP is told so, in plain HTTP.
asio::awaitable<bool> HttpSession::handshake() {
  for (;;) {
    const TlsChannel::Progress progress = tls_->handshake();
    if (progress == TlsChannel::Progress::kMoved) break;
    if (co_await wait_for(progress)) {
      if (context_.stopping) co_return false;
      continue;
    }
    const bool plain_http = tls_->met_plain_http();
    const bool refused = progress == TlsChannel::Progress::kFailed;
    tls_.reset();
    if (plain_http) {
      co_await answer_fault({400, "This port speaks HTTPS: the URL begins with https://"});
    } else if (refused) {
      co_await close_gently();  // or the alert that says why could be overtaken by a reset
    }
    co_return false;
  }
  set_deadline(context_.limits.header_timeout);
  co_return true;
}

// True when the channel may go on; false if it wants nothing, or a deadline has passed, or the connection is closed.
asio::awaitable<bool> HttpSession::wait_for(TlsChannel::Progress wanted) {
  const bool read = wanted == TlsChannel::Progress::kWantsRead;
  if (!read && wanted != TlsChannel::Progress::kWantsWrite) co_return false;
  if (timed_out_ || aborted_) co_return false;
  co_await socket_.async_wait(read ? Socket::wait_read : Socket::wait_write, kAwait);
  co_return !timed_out_ && !aborted_;
}

// True: the parser holds a whole request. False: the connection has ended, with or without a last answer.
asio::awaitable<bool> HttpSession::read_request() {
  phase_ = Phase::kIdle;
  request_head_.clear();
  for (;;) {
    const RequestParser::State before = parser_.state();
    while (!buffer_.empty()) {
      const RequestParser::State from = parser_.state();
      const std::size_t used = parser_.feed(buffer_.bytes());
      const bool of_head = from == RequestParser::State::kNothing || from == RequestParser::State::kHeader;
      if (of_head) request_head_.append(buffer_.bytes().substr(0, used));
      buffer_.consume(used);
      if (used == 0 && parser_.state() == from) break;
    }
    const RequestParser::State now = parser_.state();
    if (now == RequestParser::State::kDone) co_return true;
    if (now == RequestParser::State::kFault) {
      co_await answer_fault(parser_.fault());
      co_return false;
    }
    if (buffer_.full()) {
      if (buffer_.capacity() < context_.limits.header_bytes_max) {
        buffer_.grow(context_.limits.header_bytes_max);
      } else {
        parser_.overflow();
        continue;
      }
    }

    if (now == RequestParser::State::kHeader && before == RequestParser::State::kNothing) {
      phase_ = Phase::kReading;
      set_deadline(context_.limits.header_timeout);
    }
    if (now == RequestParser::State::kBody && before != RequestParser::State::kBody) {
      phase_ = Phase::kReading;
      set_deadline(context_.limits.body_timeout);
      // RFC 9110 §10.1.1: not if the client did not wait.
      if (parser_.expects_continue() && buffer_.empty()) {
        if (!co_await write_all("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return false;
      }
    }
    if (!co_await read_more()) co_return co_await read_failed();
  }
}

// Appends at least one byte to the buffer, or says false: end of input, error, or a deadline has passed.
asio::awaitable<bool> HttpSession::read_more() {
  if (watching_) {
    co_await watch_ended_.async_wait(kAwait);
    if (!buffer_.empty()) co_return !timed_out_;  // the watch has read ahead
  }
  if (end_of_input_ || timed_out_ || aborted_) co_return false;
  // What comes while we close is thrown away: nobody need decrypt it.
  if (tls_ && phase_ != Phase::kClosing) co_return co_await read_more_tls();

  const ReadBuffer::Space space = buffer_.space();
  error_code error;
  std::size_t bytes = 0;
  const auto may_wait = [this] { return !context_.stopping || phase_ != Phase::kIdle; };
  if (may_wait()) {
    std::tie(error, bytes) = co_await socket_.async_read_some(asio::buffer(space.data, space.size), kAwait);
  }
  if (!may_wait() && bytes == 0 && !timed_out_ && !aborted_) {
    // The server stops. A request that has arrived already is still served.
    bytes = socket_.read_some(asio::buffer(space.data, space.size), error);
  }
  buffer_.commit(bytes);
  if (error && error != asio::error::operation_aborted && error != asio::error::would_block) end_of_input_ = true;
  co_return bytes > 0 && !timed_out_;
}

asio::awaitable<bool> HttpSession::read_more_tls() {
  const ReadBuffer::Space space = buffer_.space();
  for (;;) {
    std::size_t bytes = 0;
    const TlsChannel::Progress progress = tls_->read(space.data, space.size, bytes);
    if (progress == TlsChannel::Progress::kMoved) {
      buffer_.commit(bytes);
      co_return !timed_out_;
    }
    const bool waits = progress == TlsChannel::Progress::kWantsRead || progress == TlsChannel::Progress::kWantsWrite;
    if (!waits) end_of_input_ = true;
    const bool may_wait = !context_.stopping || phase_ != Phase::kIdle;
    if (!waits || !may_wait || !co_await wait_for(progress)) co_return false;
  }
}

// No more input: what does the client deserve to hear? Always false, as read_request() then returns.
asio::awaitable<bool> HttpSession::read_failed() {
  if (aborted_) co_return false;
  if (phase_ == Phase::kIdle) {
    close_now();
    co_return false;
  }
  if (timed_out_) {
    co_await answer_fault({408, "The request did not arrive in time"});
  } else {
    co_await answer_fault({400, "The request ends too early"});
  }
  co_return false;
}

asio::awaitable<Response> HttpSession::handle(Request request) {
  phase_ = Phase::kHandling;
  deadline_tick_ = 0;
  handling_since_tick_ = context_.tick;
  std::string what;
  try {
    co_return co_await context_.handler(std::move(request));
  } catch (const boost::system::system_error& error) {
    abandoned_ = error.code() == asio::error::operation_aborted && end_of_input_;
    what = error.what();
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "an exception that is no std::exception";
  }
  co_return failure_of_handler(what);
}

Response HttpSession::failure_of_handler(std::string_view what) {
  if (aborted_ || abandoned_) return {};
  if (context_.handler_threw) context_.handler_threw(what);
  RequestParser head_only(context_.limits);
  head_only.feed(request_head_);
  return rendered(500, "internal error", head_only.take());
}

Response HttpSession::rendered(unsigned status, std::string_view reason, const Request& request) const {
  try {
    return context_.render_error(status, reason, request);
  } catch (const std::exception&) {
    return plain_error(status);
  }
}

asio::awaitable<bool> HttpSession::write(const Response& response, bool keep_alive, bool head_request) {
  ResponseFraming framing;
  framing.date = context_.date_now();
  framing.keep_alive = keep_alive;
  framing.say_keep_alive = parser_.is_http_1_0();
  response_head_.clear();
  append_response_head(response_head_, response, framing);
  std::string_view body;
  if (!head_request && status_has_body(response.status)) body = response.body;
  phase_ = Phase::kWriting;
  set_deadline(context_.limits.write_timeout);
  // One TLS record rather than two.
  constexpr std::size_t kSmallBytes = 16 * 1024;
  if (tls_ && body.size() <= kSmallBytes) {
    response_head_.append(body);
    body = {};
  }
  const bool written = co_await write_all(response_head_, body);
  set_deadline(context_.limits.idle_timeout);
  co_return written;
}

// Tries the kernel's buffer first: most answers fit, and then nothing has to be waited for.
asio::awaitable<bool> HttpSession::write_all(std::string_view first, std::string_view second) {
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
      std::tie(error) = co_await socket_.async_wait(Socket::wait_write, kAwait);
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

asio::awaitable<bool> HttpSession::write_all_tls(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t written = 0;
    const TlsChannel::Progress progress = tls_->write(bytes, written);
    bytes.remove_prefix(written);
    if (progress == TlsChannel::Progress::kMoved) continue;
    if (!co_await wait_for(progress)) co_return false;
  }
  co_return true;
}

asio::awaitable<void> HttpSession::answer_fault(RequestFault fault) {
  timed_out_ = false;
  Request request = parser_.take();
  request.peer = peer_;
  const Response response = rendered(fault.status, fault.reason, request);
  const bool written = co_await write(response, false, request.method == "HEAD");
  if (!written) co_return;
  if (context_.metrics.answered) context_.metrics.answered(response.status, std::chrono::microseconds(0));
  co_await close_gently();
}

asio::awaitable<void> HttpSession::refuse() {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (tls_ && !co_await handshake()) co_return;
  Response response = rendered(503, "too many connections", Request{});
  response.headers.push_back({"Retry-After", "1"});
  if (co_await write(response, false, false)) co_await close_gently();
}

void HttpSession::close_now() {
  phase_ = Phase::kClosing;
  if (tls_) tls_->say_end();
  error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
}

// Sends the end of our side and reads on until the client has seen it (end of its side), or for kLingerTime.
asio::awaitable<void> HttpSession::close_gently() {
  phase_ = Phase::kClosing;
  if (tls_) tls_->say_end();
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  set_deadline(kLingerTime);
  while (!error && !end_of_input_ && !timed_out_) {
    buffer_.clear();
    if (!co_await read_more()) co_return;
  }
}

void HttpSession::set_deadline(std::chrono::milliseconds timeout) {
  // One tick more: the current one is partly over.
  const auto ticks = (timeout + context_.tick_length - std::chrono::milliseconds(1)) / context_.tick_length;
  deadline_tick_ = context_.tick + static_cast<std::uint64_t>(ticks) + 1;
}

void HttpSession::on_tick() {
  if (deadline_tick_ != 0 && context_.tick >= deadline_tick_) expire();
  const bool waits_for_long = phase_ == Phase::kHandling && context_.tick > handling_since_tick_ + 1;
  if (waits_for_long && !watching_ && !end_of_input_ && !buffer_.full()) watch_client();
}

// Whatever the session waits for completes; it sees timed_out_ and decides.
void HttpSession::expire() {
  deadline_tick_ = 0;
  timed_out_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void HttpSession::stop() {
  if (phase_ != Phase::kIdle) return;
  error_code ignored;
  socket_.cancel(ignored);  // a read that has just completed keeps its bytes, and is answered
}

void HttpSession::end_wait() {
  if (phase_ == Phase::kHandling) cancel_.emit(asio::cancellation_type::terminal);
}

void HttpSession::abort() {
  aborted_ = true;
  error_code ignored;
  socket_.close(ignored);
  cancel_.emit(asio::cancellation_type::terminal);
}

// Reads ahead into the buffer, where the next requests wait their turn; the end of input cancels the handler.
void HttpSession::watch_client() {
  watching_ = true;
  if (tls_) return watch_client_tls();
  const ReadBuffer::Space space = buffer_.space();
  socket_.async_read_some(
      asio::buffer(space.data, space.size),
      [self = shared_from_this()](error_code error, std::size_t bytes) { self->on_watched(error, bytes); });
}

void HttpSession::watch_client_tls() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code error) {
    if (error) return self->on_watched(error, 0);
    const ReadBuffer::Space space = self->buffer_.space();
    std::size_t bytes = 0;
    switch (self->tls_->read(space.data, space.size, bytes)) {
      case TlsChannel::Progress::kMoved:
      case TlsChannel::Progress::kWantsRead:
      case TlsChannel::Progress::kWantsWrite:
        return self->on_watched({}, bytes);
      default:
        return self->on_watched(asio::error::eof, 0);
    }
  });
}

void HttpSession::on_watched(error_code error, std::size_t bytes) {
  watching_ = false;
  buffer_.commit(bytes);
  if (error == asio::error::operation_aborted) {
    // A deadline, stop() or abort(): whoever waits for this read sees which.
  } else if (error) {
    end_of_input_ = true;
    if (phase_ == Phase::kHandling) cancel_.emit(asio::cancellation_type::terminal);
  } else if (phase_ == Phase::kHandling && !buffer_.full()) {
    return watch_client();
  }
  watch_ended_.cancel();
}

}  // namespace eventbus::net
