#include "tests/unit/net/raw_client.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace eventbus::net::testing {

namespace {

[[noreturn]] void fail(const char* what) { throw std::runtime_error(std::string(what) + ": " + std::strerror(errno)); }

}  // namespace

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (socket_ < 0) fail("socket");
  const timeval patience{.tv_sec = 60, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
}

RawClient::~RawClient() { close(); }
RawClient::RawClient(RawClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), unread_(std::move(other.unread_)) {}

RawClient& RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE || errno == ECONNRESET) return *this;  // what the server said is still to be read
      fail("send");
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return *this;
}

std::size_t RawClient::send_some(std::string_view bytes) {
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

void RawClient::end_input() { ::shutdown(socket_, SHUT_WR); }

void RawClient::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void RawClient::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void RawClient::shrink_receive_buffer() {
  const int bytes = 2048;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

bool RawClient::has_news() const {
  char byte;
  return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno == ECONNRESET;
}

bool RawClient::fill() {
  std::array<char, 16 * 1024> bytes;
  for (;;) {
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (got > 0) return unread_.append(bytes.data(), static_cast<std::size_t>(got)), true;
    if (got == 0) return false;
    if (errno == EINTR) continue;
    if (errno == ECONNRESET) return false;
    fail("recv");
  }
}

std::string RawClient::read_response(bool with_body) {
  std::size_t end;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::exchange(unread_, {});
  }
  std::size_t length = end + 4;
  const std::string head = unread_.substr(0, end);
  constexpr std::string_view kLength = "Content-Length: ";
  if (const std::size_t at = head.find(kLength); with_body && at != std::string::npos) {
    length += std::strtoul(head.c_str() + at + kLength.size(), nullptr, 10);
  }
  while (unread_.size() < length) {
    if (!fill()) return std::exchange(unread_, {});
  }
  std::string response = unread_.substr(0, length);
  unread_.erase(0, length);
  return response;
}

std::string RawClient::read_to_end() {
  while (fill()) {
  }
  return std::exchange(unread_, {});
}

bool RawClient::at_end() { return unread_.empty() && !fill(); }

int status_of(std::string_view response) {
  if (!response.starts_with("HTTP/1.1 ")) return 0;
  return std::atoi(std::string(response.substr(9, 3)).c_str());
}

std::string body_of(std::string_view response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string_view::npos ? "" : std::string(response.substr(end + 4));
}

}  // namespace eventbus::net::testing
