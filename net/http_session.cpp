#include "net/http_session.h"

#include "base/stopwatch.h"
#include "base/thrown.h"
#include "net/response_writer.h"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>

namespace eventbus::net {

namespace {

using Reading = SessionLink::Reading;

Response plain_error(unsigned status) {
  Response response;
  response.status = status;
  response.headers.push_back({"Content-Type", "text/plain"});
  response.body = "error " + std::to_string(status) + "\n";
  return response;
}

}  // namespace

HttpSession::HttpSession(ServerSocket socket, SessionContext& context)
    : context_(context), link_(std::move(socket), context), parser_(context.limits) {
  link_.set_deadline(context_.limits.header_timeout);
}

HttpSession::~HttpSession() = default;

asio::awaitable<void> HttpSession::serve() {
  // A cancelled handler finishes what it has begun (message.h).
  co_await asio::this_coro::throw_if_cancelled(false);
  if (link_.is_tls() && !co_await handshake()) co_return;
  bool keep_alive = true;
  while (keep_alive) {
    if (!co_await read_request()) co_return;
    const Stopwatch stopwatch;

    Request request = parser_.take();
    request.peer = link_.peer();
    request.requester = this;
    const bool head_request = request.method == "HEAD";
    Response response = co_await handle(std::move(request));
    if (link_.aborted() || abandoned_) co_return;

    const bool client_goes_on = parser_.keep_alive();
    keep_alive = client_goes_on && !context_.stopping;
    if (!co_await write(response, keep_alive, head_request)) co_return;
    if (context_.metrics.answered) {
      context_.metrics.answered(response.status, stopwatch.elapsed());
    }
    if (!client_goes_on) co_return link_.close_now();
    parser_.reset();
  }
  co_await link_.close_gently();
}

// False: the connection has ended. Whoever speaks plain HTTP is told so, in plain HTTP.
asio::awaitable<bool> HttpSession::handshake() {
  switch (co_await link_.handshake()) {
    case SessionLink::Handshake::kDone:
      link_.set_deadline(context_.limits.header_timeout);
      co_return true;
    case SessionLink::Handshake::kPlainHttp:
      co_await answer_fault({400, "This port speaks HTTPS: the URL begins with https://"});
      break;
    case SessionLink::Handshake::kFailed:
      break;
  }
  co_return false;
}

// True: the parser holds a whole request. False: the connection has ended, with or without a last answer.
asio::awaitable<bool> HttpSession::read_request() {
  phase_ = Phase::kIdle;
  request_head_.clear();
  for (;;) {
    const RequestParser::State before = parser_.state();
    feed_parser();
    const RequestParser::State now = parser_.state();
    if (now == RequestParser::State::kDone) co_return true;
    if (now == RequestParser::State::kFault) {
      co_await answer_fault(parser_.fault());
      co_return false;
    }
    if (!make_room()) continue;

    if (now == RequestParser::State::kHeader && before == RequestParser::State::kNothing) {
      phase_ = Phase::kReading;
      link_.set_deadline(context_.limits.header_timeout);
    }
    if (now == RequestParser::State::kBody && before != RequestParser::State::kBody) {
      phase_ = Phase::kReading;
      link_.set_deadline(context_.limits.body_timeout);
      // RFC 9110 §10.1.1: not if the client did not wait.
      if (parser_.expects_continue() && link_.input().empty()) {
        if (!co_await link_.write_all("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return false;
      }
    }
    const Reading reading = phase_ == Phase::kIdle ? Reading::kBetweenRequests : Reading::kRequest;
    if (!co_await link_.read_more(reading)) co_return co_await read_failed();
  }
}

void HttpSession::feed_parser() {
  ReadBuffer& input = link_.input();
  while (!input.empty()) {
    const RequestParser::State from = parser_.state();
    const std::size_t used = parser_.feed(input.bytes());
    const bool of_head = from == RequestParser::State::kNothing || from == RequestParser::State::kHeader;
    if (of_head) request_head_.append(input.bytes().substr(0, used));
    input.consume(used);
    if (used == 0 && parser_.state() == from) return;
  }
}

// For what is to be read next. False: a head that is too long; the parser says so now.
bool HttpSession::make_room() {
  ReadBuffer& input = link_.input();
  if (!input.full()) return true;
  if (input.capacity() < context_.limits.header_bytes_max) {
    input.grow(context_.limits.header_bytes_max);
    return true;
  }
  parser_.overflow();
  return false;
}

// No more input: what does the client deserve to hear? Always false, as read_request() then returns.
asio::awaitable<bool> HttpSession::read_failed() {
  if (link_.aborted()) co_return false;
  if (phase_ == Phase::kIdle) {
    link_.close_now();
    co_return false;
  }
  if (link_.timed_out()) {
    co_await answer_fault({408, "The request did not arrive in time"});
  } else {
    co_await answer_fault({400, "The request ends too early"});
  }
  co_return false;
}

asio::awaitable<Response> HttpSession::handle(Request request) {
  phase_ = Phase::kHandling;
  link_.clear_deadline();
  handling_since_tick_ = context_.tick;
  cancelled_ = false;
  std::string what;
  try {
    Response response = co_await context_.handler(std::move(request));
    link_.unwatch_client();
    co_return response;
  } catch (const boost::system::system_error& error) {
    abandoned_ = error.code() == asio::error::operation_aborted && link_.input_ended();
    what = error.what();
  } catch (...) {
    what = reason_of(std::current_exception());
  }
  link_.unwatch_client();
  co_return failure_of_handler(what);
}

Response HttpSession::failure_of_handler(std::string_view what) {
  if (link_.aborted() || abandoned_) return {};
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
  phase_ = Phase::kAnswering;
  link_.set_deadline(context_.limits.write_timeout);
  // One TLS record rather than two.
  constexpr std::size_t kSmallBytes = 16 * 1024;
  if (link_.is_tls() && body.size() <= kSmallBytes) {
    response_head_.append(body);
    body = {};
  }
  const bool written = co_await link_.write_all(response_head_, body);
  link_.set_deadline(context_.limits.idle_timeout);
  co_return written;
}

asio::awaitable<void> HttpSession::answer_fault(RequestFault fault) {
  link_.forgive();
  Request request = parser_.take();
  request.peer = link_.peer();
  const Response response = rendered(fault.status, fault.reason, request);
  const bool written = co_await write(response, false, request.method == "HEAD");
  if (!written) co_return;
  if (context_.metrics.answered) context_.metrics.answered(response.status, std::chrono::microseconds(0));
  co_await link_.close_gently();
}

asio::awaitable<void> HttpSession::refuse() {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (link_.is_tls() && !co_await handshake()) co_return;
  Response response = rendered(503, "too many connections", Request{});
  response.headers.push_back({"Retry-After", "1"});
  if (co_await write(response, false, false)) co_await link_.close_gently();
}

void HttpSession::on_tick() {
  link_.on_tick();
  const bool waits_for_long = phase_ == Phase::kHandling && context_.tick > handling_since_tick_ + 1;
  if (waits_for_long) link_.watch_client(shared_from_this(), [this] { end_wait(); });
}

void HttpSession::stop() {
  if (phase_ == Phase::kIdle) link_.interrupt();  // a read that has just completed keeps its bytes, and is answered
}

void HttpSession::end_wait() {
  if (phase_ == Phase::kHandling && !std::exchange(cancelled_, true)) cancel_.emit(asio::cancellation_type::terminal);
}

void HttpSession::abort() {
  link_.abort();
  cancel_.emit(asio::cancellation_type::terminal);
}

}  // namespace eventbus::net
