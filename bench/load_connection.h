#pragma once

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace eventbus::bench {

// One keep-alive HTTP connection of a load generator, as cheap as it gets: the generator must not be what is measured.
// Non-blocking; the caller polls descriptor() and calls on_readable().
class LoadConnection {
 public:
  explicit LoadConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (socket_ < 0 || ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
    }
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~LoadConnection() {
    if (socket_ >= 0) ::close(socket_);
  }
  LoadConnection(LoadConnection&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), received_(std::move(other.received_)) {}
  LoadConnection(const LoadConnection&) = delete;

  int descriptor() const { return socket_; }

  // Requests are small against the kernel's send buffer, so a blocking send does not wait.
  void send(std::string_view request) {
    while (!request.empty()) {
      const ssize_t sent = ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) throw std::runtime_error(std::string("send: ") + std::strerror(errno));
      request.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // Reads what is there. True: response() is whole.
  bool on_readable() {
    std::array<char, 64 * 1024> bytes;
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got <= 0) throw std::runtime_error("the server closed a connection");
    received_.append(bytes.data(), static_cast<std::size_t>(got));
    return is_whole();
  }

  int status() const { return std::atoi(received_.c_str() + std::string_view("HTTP/1.1 ").size()); }
  std::string_view body() const { return std::string_view(received_).substr(body_begin_); }
  // The response has been looked at: ready for the next request.
  void clear() { received_.clear(), body_begin_ = 0; }

 private:
  bool is_whole() {
    if (body_begin_ == 0) {
      const std::size_t end = received_.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      constexpr std::string_view kLength = "Content-Length: ";
      const std::size_t at = received_.find(kLength);
      if (at > end) throw std::runtime_error("a response without Content-Length");
      body_begin_ = end + 4;
      body_bytes_ = std::strtoul(received_.c_str() + at + kLength.size(), nullptr, 10);
    }
    return received_.size() >= body_begin_ + body_bytes_;
  }

  int socket_;
  std::string received_;
  std::size_t body_begin_ = 0;
  std::size_t body_bytes_ = 0;
};

}  // namespace eventbus::bench
