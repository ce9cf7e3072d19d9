#include "net/request_writer.h"

#include "net/response_writer.h"

#include <algorithm>

namespace eventbus::net {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool has_header(const ClientRequest& request, std::string_view name) {
  return std::ranges::any_of(request.headers, [name](const Header& header) {
    return std::ranges::equal(header.name, name, {}, lower, lower);
  });
}

// RFC 9110 §8.6: a method that usually has a body says when it has none.
bool says_length(const ClientRequest& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

}  // namespace

bool asks_to_close(const ClientRequest& request) {
  if (request.close) return true;
  std::string value(find_header(request.headers, "Connection"));
  std::ranges::transform(value, value.begin(), lower);
  return value.find("close") != std::string::npos;
}

std::string request_head(const ClientRequest& request, const Url& url, std::string_view user_agent) {
  std::string head;
  head.reserve(512);
  head.append(request.method).append(" ").append(url.target).append(" HTTP/1.1\r\n");
  if (!has_header(request, "Host")) append_header(head, "Host", url.authority());
  for (const Header& header : request.headers) append_header(head, header.name, header.value);
  if (!user_agent.empty() && !has_header(request, "User-Agent")) append_header(head, "User-Agent", user_agent);
  if (says_length(request) && !has_header(request, "Content-Length")) {
    append_header(head, "Content-Length", std::to_string(request.body.size()));
  }
  if (request.close && !has_header(request, "Connection")) append_header(head, "Connection", "close");
  head.append("\r\n");
  return head;
}

}  // namespace eventbus::net
