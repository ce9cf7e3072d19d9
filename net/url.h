#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace eventbus::net {

// An absolute http:// or https:// URL, taken apart as far as a request needs it.
struct Url {
  bool tls = false;
  std::string host;  // a name or a literal address, without brackets; lower case
  std::uint16_t port = 80;
  std::string target = "/";  // path and query, as they stand

  bool host_is_literal_v6() const { return host.find(':') != std::string::npos; }
  // "example.com", "example.com:8080", "[::1]:8080": what the Host header says.
  std::string authority() const;
};

// kInvalid: another scheme, no host, user information (it would end up in logs), a bad port, or bytes that no request
// line may carry. A fragment is dropped.
Result<Url> parse_url(std::string_view text);

}  // namespace eventbus::net
