#include "net/response_parser.h"

#include "net/response_writer.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace eventbus::net {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_token_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || kOthers.find(c) != std::string_view::npos;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text,
                             [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

// Calls `use` with each element of a comma-separated header, over all headers of that name.
template <typename Use>
void for_each_element(const Response& response, std::string_view name, Use use) {
  for (const Header& header : response.headers) {
    if (!equals_ignoring_case(header.name, name)) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (const std::string_view element = trimmed(rest.substr(0, comma)); !element.empty()) use(element);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
}

BodyDecoder::Encoding encoding_of(const Response& response) {
  const std::string_view coding = trimmed(find_header(response.headers, "Content-Encoding"));
  if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip")) {
    return BodyDecoder::Encoding::kGzip;
  }
  if (equals_ignoring_case(coding, "deflate")) return BodyDecoder::Encoding::kDeflate;
  return BodyDecoder::Encoding::kIdentity;  // what we do not know stays as it is
}

}  // namespace

ResponseParser::ResponseParser(const Options& options)
    : options_(options), body_(BodyDecoder::Encoding::kIdentity, options.body_bytes_max) {}

void ResponseParser::fail(ClientError::Kind kind, std::string message) {
  fault_ = {kind, std::move(message)};
  state_ = State::kFault;
}

std::size_t ResponseParser::feed(std::string_view bytes) {
  if (!bytes.empty()) started_ = true;
  std::size_t used = 0;
  while (used < bytes.size() && state_ == State::kHead) used += feed_head(bytes.substr(used));
  if (used < bytes.size() && state_ == State::kBody) used += feed_body(bytes.substr(used));
  return used;
}

// Up to the end of one line. RFC 9112 §2.2: a lone LF may end it.
std::size_t ResponseParser::feed_head(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  const std::size_t used = end == std::string_view::npos ? bytes.size() : end + 1;
  head_bytes_ += used;
  if (head_bytes_ > options_.header_bytes_max) {
    fail(ClientError::kTooLarge, "the answer's headers exceed " + std::to_string(options_.header_bytes_max) + " bytes");
    return used;
  }
  line_.append(bytes.substr(0, used));
  // What speaks another protocol need not end its first line to be found out.
  constexpr std::string_view kVersion = "HTTP/1.";
  if (!has_status_ && !line_.starts_with(kVersion.substr(0, std::min(line_.size(), kVersion.size())))) {
    fail(ClientError::kMalformed, "what came is not HTTP/1");
    return used;
  }
  if (end == std::string_view::npos) return used;
  line_.pop_back();
  if (line_.ends_with('\r')) line_.pop_back();
  const std::string line = std::exchange(line_, {});
  take_line(line);
  return used;
}

void ResponseParser::take_line(std::string_view line) {
  if (!has_status_) return take_status_line(line);
  if (line.empty()) return end_of_head();
  take_header_line(line);
}

// "HTTP/1.1 200 OK"; some servers leave the reason out, and the space before it too.
void ResponseParser::take_status_line(std::string_view line) {
  constexpr std::size_t kStatusAt = 9;
  constexpr std::size_t kStatusEnd = 12;
  const std::string_view digits = line.substr(std::min(kStatusAt, line.size()), kStatusEnd - kStatusAt);
  const bool well_formed = line.size() >= kStatusEnd && is_digit(line[7]) && line[8] == ' ' &&
                           std::ranges::all_of(digits, is_digit) && digits[0] != '0' &&
                           (line.size() == kStatusEnd || line[kStatusEnd] == ' ') && !has_control(line);
  if (!well_formed) return fail(ClientError::kMalformed, "the answer's status line is malformed");
  is_http_1_0_ = line[7] == '0';
  response_.status = static_cast<unsigned>((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0'));
  has_status_ = true;
}

void ResponseParser::take_header_line(std::string_view line) {
  if (has_control(line)) return fail(ClientError::kMalformed, "a header of the answer holds a control character");
  if (is_blank(line.front())) {  // RFC 9112 §5.2: a folded line continues the value
    if (response_.headers.empty())
      return fail(ClientError::kMalformed, "the answer's headers begin with a folded line");
    response_.headers.back().value.append(" ").append(trimmed(line));
    return;
  }
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, std::min(colon, line.size()));
  if (colon == std::string_view::npos || name.empty() || !std::ranges::all_of(name, is_token_character)) {
    return fail(ClientError::kMalformed, "a header line of the answer is malformed");
  }
  response_.headers.push_back({std::string(name), std::string(trimmed(line.substr(colon + 1)))});
}

void ResponseParser::end_of_head() {
  constexpr unsigned kSwitchingProtocols = 101;
  if (response_.status == kSwitchingProtocols) {
    return fail(ClientError::kMalformed, "the answer switches to a protocol that was not asked for");
  }
  if (response_.status < 200) {
    response_ = {};
    has_status_ = false;
    return;
  }
  keep_alive_ = !is_http_1_0_;
  for_each_element(response_, "Connection", [this](std::string_view option) {
    if (equals_ignoring_case(option, "keep-alive")) keep_alive_ = true;
  });
  for_each_element(response_, "Connection", [this](std::string_view option) {
    if (equals_ignoring_case(option, "close")) keep_alive_ = false;
  });
  begin_body();
}

// RFC 9112 §6.3.
void ResponseParser::begin_body() {
  if (options_.head_request || !status_has_body(response_.status)) {
    state_ = State::kDone;
    return;
  }
  bool is_chunked = false;
  bool is_understood = true;
  for_each_element(response_, "Transfer-Encoding", [&](std::string_view coding) {
    if (is_chunked || !equals_ignoring_case(coding, "chunked")) is_understood = false;
    is_chunked = true;
  });
  if (!is_understood) return fail(ClientError::kMalformed, "the answer has an unknown Transfer-Encoding");

  state_ = State::kBody;
  const std::optional<std::uint64_t> length = content_length();
  if (state_ == State::kFault) return;
  const BodyDecoder::Encoding encoding = encoding_of(response_);
  if (encoding != BodyDecoder::Encoding::kIdentity) body_ = BodyDecoder(encoding, options_.body_bytes_max);
  if (is_chunked) {
    if (length) keep_alive_ = false;  // one of the two is wrong: nothing may follow
    chunks_.emplace();
    return;
  }
  bytes_left_ = length;
  if (!length) {
    keep_alive_ = false;
    return;
  }
  if (encoding == BodyDecoder::Encoding::kIdentity && *length > options_.body_bytes_max && !options_.clip_body) {
    return fail(ClientError::kTooLarge,
                "the answer's body exceeds " + std::to_string(options_.body_bytes_max) + " bytes");
  }
  if (*length == 0) end_body();
}

// Several equal lengths are one; anything else that is not one number is a fault.
std::optional<std::uint64_t> ResponseParser::content_length() {
  std::optional<std::uint64_t> length;
  bool is_sound = true;
  for_each_element(response_, "Content-Length", [&](std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || (length && *length != value)) is_sound = false;
    length = value;
  });
  if (!is_sound) fail(ClientError::kMalformed, "the answer's Content-Length is malformed");
  return length;
}

std::size_t ResponseParser::feed_body(std::string_view bytes) {
  if (chunks_) {
    std::size_t used = 0;
    while (used < bytes.size() && state_ == State::kBody) {
      const ChunkDecoder::Step step = chunks_->next(bytes.substr(used));
      used += step.used;
      if (!append(step.data)) break;
      if (chunks_->state() == ChunkDecoder::State::kBad)
        fail(ClientError::kMalformed, "a chunk of the answer is malformed");
      if (chunks_->state() == ChunkDecoder::State::kDone) end_body();
    }
    return used;
  }
  const std::uint64_t wanted = bytes_left_.value_or(std::numeric_limits<std::uint64_t>::max());
  const std::string_view piece =
      bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(wanted, bytes.size())));
  if (bytes_left_) *bytes_left_ -= piece.size();
  if (append(piece) && bytes_left_ == 0) end_body();
  return piece.size();
}

// False: nothing more of the body is wanted.
bool ResponseParser::append(std::string_view piece) {
  const std::optional<RequestFault> fault = body_.append(piece);
  if (!fault) return true;
  constexpr unsigned kContentTooLarge = 413;
  if (fault->status != kContentTooLarge) {
    fail(ClientError::kMalformed, "the answer's body is not of its Content-Encoding");
  } else if (!options_.clip_body) {
    fail(ClientError::kTooLarge, "the answer's body exceeds " + std::to_string(options_.body_bytes_max) + " bytes");
  } else {
    keep_alive_ = false;  // the rest is still to come
    state_ = State::kDone;
  }
  return false;
}

void ResponseParser::end_body() {
  if (body_.finish()) return fail(ClientError::kMalformed, "the answer's encoded body ends too early");
  state_ = State::kDone;
}

void ResponseParser::end_of_input(bool orderly) {
  if (state_ == State::kDone || state_ == State::kFault) return;
  if (orderly && state_ == State::kBody && !chunks_ && !bytes_left_) return end_body();
  fail(ClientError::kClosed,
       started_ ? "the connection was closed within the answer" : "the connection was closed before an answer came");
}

Response ResponseParser::take() {
  response_.body = body_.take();
  return std::exchange(response_, {});
}

}  // namespace eventbus::net
