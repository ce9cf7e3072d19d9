#include "net/request_parser.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace eventbus::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

std::string to_string(beast::string_view text) { return {text.data(), text.size()}; }

// Beast's error categories as statuses. `header_limit` also means a request line too long.
RequestFault to_fault(error_code error, const ServerLimits& limits) {
  if (error == http::error::header_limit) {
    return {431, "The request's headers exceed " + std::to_string(limits.header_bytes_max) + " bytes"};
  }
  if (error == http::error::body_limit) {
    return {413, "The request body exceeds " + std::to_string(limits.body_bytes_max) + " bytes"};
  }
  return {400, "The request is not valid HTTP: " + error.message()};
}

// One message's parser; Beast's cannot be used twice.
class OneRequest final : public http::basic_parser<true> {
 public:
  explicit OneRequest(const ServerLimits& limits)
      : limits_(limits), body_(BodyDecoder::Encoding::kIdentity, limits.body_bytes_max) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    body_limit(limits.body_bytes_max);
    request_.headers.reserve(16);
  }

  Request& request() { return request_; }
  BodyDecoder& body() { return body_; }
  std::optional<RequestFault>& own_fault() { return own_fault_; }
  bool expects_continue() const { return expects_continue_; }
  int http_version() const { return version_; }

 private:
  // Any error code would do: own_fault_ is what counts.
  void fail(RequestFault fault, error_code& error) {
    own_fault_ = std::move(fault);
    error = http::error::bad_value;
  }

  void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int version,
                       error_code&) override {
    request_.method = to_string(method);
    request_.target = to_string(target);
    version_ = version;
    header_bytes_ += method.size() + target.size();
  }
  void on_response_impl(int, beast::string_view, int, error_code&) override {}

  void on_field_impl(http::field name, beast::string_view name_text, beast::string_view value,
                     error_code& error) override {
    if (in_body_) return;  // trailers say nothing that may change the request
    // Beast's limit looks at what is in the buffer; headers that drip in would pass it.
    constexpr std::size_t kPunctuation = 4;  // ": " and CRLF
    header_bytes_ += name_text.size() + value.size() + kPunctuation;
    if (header_bytes_ > limits_.header_bytes_max) {
      error = http::error::header_limit;
      return;
    }
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
        if (beast::iequals(value, "gzip") || beast::iequals(value, "x-gzip")) {
          body_ = BodyDecoder(BodyDecoder::Encoding::kGzip, limits_.body_bytes_max);
        } else if (!value.empty() && !beast::iequals(value, "identity")) {
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

  void on_header_impl(error_code&) override { in_body_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& bytes, error_code&) override {
    if (bytes) body_.expect(static_cast<std::size_t>(*bytes));
  }
  std::size_t on_body_impl(beast::string_view piece, error_code& error) override {
    if (auto fault = body_.append({piece.data(), piece.size()})) fail(*std::move(fault), error);
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view piece, error_code& error) override {
    return on_body_impl(piece, error);
  }
  void on_finish_impl(error_code& error) override {
    if (auto fault = body_.finish()) fail(*std::move(fault), error);
  }

  const ServerLimits& limits_;
  Request request_;
  BodyDecoder body_;
  std::optional<RequestFault> own_fault_;
  int version_ = 11;
  std::size_t header_bytes_ = 0;
  bool in_body_ = false;
  bool expects_continue_ = false;
};

}  // namespace

class RequestParser::Beast {
 public:
  std::optional<OneRequest> one;
};

RequestParser::RequestParser(const ServerLimits& limits) : limits_(limits), beast_(std::make_unique<Beast>()) {
  reset();
}
RequestParser::~RequestParser() = default;

void RequestParser::reset() {
  beast_->one.emplace(limits_);
  state_ = State::kNothing;
  fault_ = {};
}

void RequestParser::fail(unsigned status, std::string reason) {
  fault_ = {status, std::move(reason)};
  state_ = State::kFault;
}

std::size_t RequestParser::feed(std::string_view bytes) {
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

  OneRequest& one = *beast_->one;
  one.eager(state_ == State::kBody);
  error_code error;
  const std::size_t used = one.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error && error != http::error::need_more) {
    fault_ = one.own_fault() ? *std::move(one.own_fault()) : to_fault(error, limits_);
    state_ = State::kFault;
  } else if (one.is_done()) {
    state_ = State::kDone;
  } else if (one.is_header_done()) {
    state_ = State::kBody;
  }
  return skipped + used;
}

void RequestParser::overflow() {
  if (state_ == State::kBody) return fail(400, "The request is not valid HTTP: a chunk's header is too long");
  fault_ = to_fault(http::error::header_limit, limits_);
  state_ = State::kFault;
}

bool RequestParser::keep_alive() const { return beast_->one->is_header_done() && beast_->one->keep_alive(); }
bool RequestParser::expects_continue() const { return beast_->one->expects_continue(); }
bool RequestParser::is_http_1_0() const { return beast_->one->http_version() < 11; }

Request RequestParser::take() {
  Request request = std::move(beast_->one->request());
  request.body = beast_->one->body().take();
  return request;
}

}  // namespace eventbus::net
