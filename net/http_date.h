#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace eventbus::net {

// Seconds since 1970 of a date in one of HTTP's three forms (RFC 9110 §5.6.7):
//   Sun, 06 Nov 1994 08:49:37 GMT
//   Sunday, 06-Nov-94 08:49:37 GMT      the year that is nearest to `now_seconds`
//   Sun Nov  6 08:49:37 1994
// nullopt for anything else, impossible dates included. The name of the day is not checked against the date.
std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now_seconds);

}  // namespace eventbus::net
