#include "net/url.h"

#include <algorithm>
#include <charconv>

namespace eventbus::net {

namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

bool is_printable_ascii(char c) { return c > 0x20 && c < 0x7f; }

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_v6_character(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.'; }

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return invalid("The URL's port is not a number from 1 to 65535");
  }
  return port;
}

// host | "[" v6 "]", then [ ":" port ]
Result<void> parse_authority(std::string_view text, Url& url) {
  if (text.find('@') != std::string_view::npos) return invalid("The URL must not hold user information");
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return invalid("The URL's host lacks a closing bracket");
    url.host = lowered(text.substr(1, end - 1));
    rest = text.substr(end + 1);
    if (url.host.find(':') == std::string::npos || !std::ranges::all_of(url.host, is_v6_character)) {
      return invalid("The URL's host is not an IPv6 address");
    }
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    url.host = lowered(text.substr(0, end));
    rest = text.substr(end);
    if (url.host.empty()) return invalid("The URL has no host");
    if (!std::ranges::all_of(url.host, is_host_character)) {
      return invalid("The URL's host has a character that no host name has");
    }
  }
  url.port = url.tls ? kHttpsPort : kHttpPort;
  if (rest.empty() || rest == ":") return {};
  if (!rest.starts_with(':')) return invalid("The URL's host is followed by something other than a port");
  TRY(url.port, parse_port(rest.substr(1)));
  return {};
}

}  // namespace

std::string Url::authority() const {
  std::string text = host_is_literal_v6() ? "[" + host + "]" : host;
  if (port != (tls ? kHttpsPort : kHttpPort)) text += ":" + std::to_string(port);
  return text;
}

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view kMark = "://";
  const std::size_t scheme_end = text.find(kMark);
  if (scheme_end == std::string_view::npos) return invalid("The URL is not absolute");
  const std::string scheme = lowered(text.substr(0, scheme_end));
  Url url;
  url.tls = scheme == "https";
  if (!url.tls && scheme != "http") return invalid("The URL's scheme is neither http nor https");
  text.remove_prefix(scheme_end + kMark.size());

  if (!std::ranges::all_of(text, is_printable_ascii)) {
    return invalid("The URL has a character that must be percent-encoded");
  }
  text = text.substr(0, text.find('#'));
  const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
  TRY_VOID(parse_authority(text.substr(0, authority_end), url));
  const std::string_view target = text.substr(authority_end);
  if (target.starts_with('/')) {
    url.target = target;
  } else {
    url.target.append(target);  // "?query" follows "/"
  }
  return url;
}

}  // namespace eventbus::net
