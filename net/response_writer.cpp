#include "net/response_writer.h"

#include <boost/beast/http/status.hpp>

#include <array>
#include <ctime>

namespace eventbus::net {

namespace {

void append_value(std::string& out, std::string_view value) {
  if (value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos) {
    out.append(value);
    return;
  }
  for (char c : value) out.push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
}

}  // namespace

void append_header(std::string& out, std::string_view name, std::string_view value) {
  append_value(out, name);
  out.append(": ");
  append_value(out, value);
  out.append("\r\n");
}

bool status_has_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

void append_response_head(std::string& out, const Response& response, const ResponseFraming& framing) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason.data(), reason.size()).append("\r\n");
  for (const Header& header : response.headers) append_header(out, header.name, header.value);
  append_header(out, "Date", framing.date);
  if (status_has_body(response.status)) append_header(out, "Content-Length", std::to_string(response.body.size()));
  if (!framing.keep_alive) append_header(out, "Connection", "close");
  if (framing.keep_alive && framing.say_keep_alive) append_header(out, "Connection", "keep-alive");
  out.append("\r\n");
}

std::string date_text(long long unix_seconds) {
  // Not strftime: day and month names must not follow the locale.
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text;
  const int length = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                                   kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                                   parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace eventbus::net
