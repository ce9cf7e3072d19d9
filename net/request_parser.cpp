#include "net/request_parser.h"

#include "net/chunk_decoder.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace eventbus::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

std::string to_string(beast::string_view text) { return {text.data(), text.size()}; }

// A request may name the whole URL, as to a proxy (RFC 9112 §3.2.2): only its path and query are ours.
std::string origin_form(beast::string_view target) {
  for (const beast::string_view scheme : {"http://", "https://"}) {
    if (!beast::iequals(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(std::min(target.find_first_of("/?", scheme.size()), target.size()));
    return target.starts_with('/') ? to_string(target) : "/" + to_string(target);
  }
  return to_string(target);
}

RequestFault malformed(std::string_view what) { return {400, "The request is not valid HTTP: " + std::string(what)}; }
RequestFault headers_too_long(const ServerLimits& limits) {
  return {431, "The request's headers exceed " + std::to_string(limits.header_bytes_max) + " bytes"};
}

// The request line and the headers of one message. Beast's parser cannot be used twice, and only this much of it is
// used: bodies are framed here, because Boost 1.81 runs into an assertion on some chunked ones.
class RequestHead final : public http::basic_parser<true> {
 public:
  RequestHead(const ServerLimits& limits, Request& request) : limits_(limits), request_(request) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    body_limit(boost::none);
  }

  std::optional<RequestFault>& fault() { return fault_; }
  bool expects_continue() const { return expects_continue_; }
  bool is_gzip() const { return is_gzip_; }
  int http_version() const { return version_; }

 private:
  // Any error code would do: fault_ is what counts.
  void fail(RequestFault fault, error_code& error) {
    fault_ = std::move(fault);
    error = http::error::bad_value;
  }

  void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int version,
                       error_code&) override {
    request_.method = to_string(method);
    request_.target = origin_form(target);
    version_ = version;
    bytes_ += method.size() + target.size();
  }

  void on_field_impl(http::field name, beast::string_view name_text, beast::string_view value,
                     error_code& error) override {
    // Beast's limit looks at what is in the buffer; headers that drip in would pass it.
    constexpr std::size_t kPunctuation = 4;  // ": " and CRLF
    bytes_ += name_text.size() + value.size() + kPunctuation;
    if (bytes_ > limits_.header_bytes_max) return fail(headers_too_long(limits_), error);
    if (request_.headers.size() == limits_.headers_max) {
      return fail({431, "The request has more than " + std::to_string(limits_.headers_max) + " headers"}, error);
    }
    request_.headers.push_back({to_string(name_text), to_string(value)});
    check_field(name, value, error);
  }

  void check_field(http::field name, beast::string_view value, error_code& error) {
    switch (name) {
      case http::field::transfer_encoding:
        // Beast would read "gzip" as "no body": the next request would begin inside this one.
        if (!beast::iequals(value, "chunked")) {
          return fail({400, "The only Transfer-Encoding served is chunked, not " + to_string(value)}, error);
        }
        if (version_ < 11) return fail({400, "HTTP/1.0 has no Transfer-Encoding"}, error);
        return;
      case http::field::content_encoding:
        is_gzip_ = beast::iequals(value, "gzip") || beast::iequals(value, "x-gzip");
        if (!is_gzip_ && !value.empty() && !beast::iequals(value, "identity")) {
          fail({415, "The only Content-Encoding served is gzip, not " + to_string(value)}, error);
        }
        return;
      case http::field::expect:
        if (!beast::iequals(value, "100-continue")) {
          return fail({417, "The only expectation met is 100-continue, not " + to_string(value)}, error);
        }
        expects_continue_ = version_ >= 11;
        return;
      default:
        return;
    }
  }

  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view piece, error_code&) override { return piece.size(); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view piece, error_code&) override { return piece.size(); }
  void on_finish_impl(error_code&) override {}

  const ServerLimits& limits_;
  Request& request_;
  std::optional<RequestFault> fault_;
  int version_ = 11;
  std::size_t bytes_ = 0;
  bool is_gzip_ = false;
  bool expects_continue_ = false;
};

}  // namespace

struct RequestParser::Message {
  explicit Message(const ServerLimits& limits)
      : head(limits, request), body(BodyDecoder::Encoding::kIdentity, limits.body_bytes_max) {
    request.headers.reserve(16);
  }

  Request request;  // its body is still in `body`
  RequestHead head;
  BodyDecoder body;
  std::optional<ChunkDecoder> chunks;
  std::uint64_t bytes_left = 0;  // of a body that is not chunked
};

struct RequestParser::Slot {
  std::optional<Message> message;
};

RequestParser::RequestParser(const ServerLimits& limits) : limits_(limits), slot_(std::make_unique<Slot>()) { reset(); }
RequestParser::~RequestParser() = default;

void RequestParser::reset() {
  slot_->message.emplace(limits_);
  state_ = State::kNothing;
  fault_ = {};
}

RequestParser::Message& RequestParser::message() { return *slot_->message; }
const RequestParser::Message& RequestParser::message() const { return *slot_->message; }

void RequestParser::fail(RequestFault fault) {
  fault_ = std::move(fault);
  state_ = State::kFault;
}

std::size_t RequestParser::feed(std::string_view bytes) {
  if (state_ == State::kBody) return feed_body(bytes);
  if (bytes.empty() || state_ == State::kDone || state_ == State::kFault) return 0;
  // RFC 9112 §2.2: empty lines before a request are ignored; old clients send one after a body.
  std::size_t skipped = 0;
  if (state_ == State::kNothing) {
    while (bytes.starts_with("\r\n")) {
      bytes.remove_prefix(2);
      skipped += 2;
    }
    if (bytes.empty() || bytes == "\r") return skipped;
    state_ = State::kHeader;
  }
  return skipped + feed_head(bytes);
}

std::size_t RequestParser::feed_head(std::string_view bytes) {
  RequestHead& head = message().head;
  error_code error;
  const std::size_t used = head.put(asio::const_buffer(bytes.data(), bytes.size()), error);
  if (!error) {
    if (head.is_header_done()) begin_body();
  } else if (head.fault()) {
    fail(*std::move(head.fault()));
  } else if (error == http::error::header_limit) {
    fail(headers_too_long(limits_));
  } else if (error != http::error::need_more) {
    fail(malformed(error.message()));
  }
  return used;
}

void RequestParser::begin_body() {
  Message& now = message();
  const std::uint64_t length = now.head.content_length().value_or(0);
  if (length > limits_.body_bytes_max) {
    return fail({413, "The request body exceeds " + std::to_string(limits_.body_bytes_max) + " bytes"});
  }
  if (now.head.is_gzip()) now.body = BodyDecoder(BodyDecoder::Encoding::kGzip, limits_.body_bytes_max);
  now.body.expect(static_cast<std::size_t>(length));
  now.bytes_left = length;
  if (now.head.chunked()) now.chunks.emplace();
  state_ = length > 0 || now.chunks ? State::kBody : State::kDone;
}

std::size_t RequestParser::feed_body(std::string_view bytes) {
  Message& now = message();
  if (now.chunks) return feed_chunks(bytes);
  const std::string_view piece =
      bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(now.bytes_left, bytes.size())));
  now.bytes_left -= piece.size();
  if (auto fault = now.body.append(piece)) {
    fail(*std::move(fault));
  } else if (now.bytes_left == 0) {
    end_body();
  }
  return piece.size();
}

std::size_t RequestParser::feed_chunks(std::string_view bytes) {
  Message& now = message();
  std::size_t used = 0;
  while (used < bytes.size() && state_ == State::kBody) {
    const ChunkDecoder::Step step = now.chunks->next(bytes.substr(used));
    used += step.used;
    if (auto fault = now.body.append(step.data)) return fail(*std::move(fault)), used;
    if (now.chunks->state() == ChunkDecoder::State::kBad) return fail(malformed("bad chunk")), used;
    if (now.chunks->state() == ChunkDecoder::State::kDone) end_body();
  }
  return used;
}

void RequestParser::end_body() {
  state_ = State::kDone;
  if (auto fault = message().body.finish()) fail(*std::move(fault));
}

void RequestParser::overflow() { fail(headers_too_long(limits_)); }

bool RequestParser::keep_alive() const { return message().head.is_header_done() && message().head.keep_alive(); }
bool RequestParser::expects_continue() const { return message().head.expects_continue(); }
bool RequestParser::is_http_1_0() const { return message().head.http_version() < 11; }

Request RequestParser::take() {
  Request request = std::move(message().request);
  request.body = message().body.take();
  return request;
}

}  // namespace eventbus::net
