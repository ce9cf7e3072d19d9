#pragma once

#include "net/message.h"

#include <string>
#include <string_view>

namespace eventbus::net {

struct ResponseFraming {
  std::string_view date;  // of the Date header: date_text()
  bool keep_alive = true;
  bool say_keep_alive = false;  // an HTTP/1.0 client must be told
};

// The bytes before the body: status line, `response.headers`, then Date, Content-Length and Connection. Appends to
// `out`. Line breaks in header values become spaces: no value can add a header.
void append_response_head(std::string& out, const Response& response, const ResponseFraming& framing);

// "name: value" and a line break; line breaks within become spaces.
void append_header(std::string& out, std::string_view name, std::string_view value);

// Whether a response of this status carries a body (and a Content-Length) at all.
bool status_has_body(unsigned status);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7) of seconds since 1970.
std::string date_text(long long unix_seconds);

}  // namespace eventbus::net
