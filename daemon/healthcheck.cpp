#include "daemon/healthcheck.h"

#include "daemon/setting_value.h"

#include <cerrno>
#include <memory>
#include <netdb.h>
#include <optional>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace eventbus {
namespace {

constexpr std::size_t kAnswerBytesMax = 64 * 1024;

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::optional<ListenAddress> address_of(std::string_view endpoint) {
  constexpr std::string_view kScheme = "http://";
  if (!endpoint.starts_with(kScheme)) return std::nullopt;
  endpoint.remove_prefix(kScheme.size());
  endpoint = endpoint.substr(0, endpoint.find('/'));
  if (auto address = parse_listen_address(endpoint)) return address;
  return parse_listen_address(std::string(endpoint) + ":80");
}

Error failure(const std::string& endpoint, int error) {
  const bool timed_out = error == EAGAIN || error == EINPROGRESS;
  return unavailable(endpoint + ": " + (timed_out ? "no answer in time" : std::system_category().message(error)));
}

Result<Socket> connect(const std::string& endpoint, const ListenAddress& address, const timeval& timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (status != 0) return unavailable(endpoint + ": " + ::gai_strerror(status));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  int error = 0;
  for (const addrinfo* each = found; each; each = each->ai_next) {
    Socket socket(::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) {
      error = errno;
      continue;
    }
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);  // of connect too
    if (::connect(socket.get(), each->ai_addr, each->ai_addrlen) == 0) return socket;
    error = errno;
  }
  return failure(endpoint, error);
}

}  // namespace

Result<void> check_health(const std::string& endpoint, std::chrono::milliseconds timeout) {
  const std::optional<ListenAddress> address = address_of(endpoint);
  if (!address) return invalid("\"" + endpoint + "\" is not an endpoint like http://127.0.0.1:4566");
  timeval limit{};
  limit.tv_sec = timeout.count() / 1'000;
  limit.tv_usec = timeout.count() % 1'000 * 1'000;
  TRY(Socket socket, connect(endpoint, *address, limit));

  const std::string request =
      "GET /_eventbus/ready HTTP/1.1\r\nHost: " + address->to_string() + "\r\nConnection: close\r\n\r\n";
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    return failure(endpoint, errno);
  }
  std::string answer(kAnswerBytesMax, '\0');
  std::size_t size = 0;
  while (size < answer.size()) {
    const ssize_t received = ::recv(socket.get(), answer.data() + size, answer.size() - size, 0);
    if (received < 0) return failure(endpoint, errno);
    if (received == 0) break;
    size += static_cast<std::size_t>(received);
  }
  answer.resize(size);
  if (answer.starts_with("HTTP/1.1 200 ")) return {};
  const std::size_t body = answer.find("\r\n\r\n");
  const std::string said = body == std::string::npos ? answer : answer.substr(body + 4);
  return unavailable(endpoint + " is not ready: " + (said.empty() ? "no answer" : said));
}

}  // namespace eventbus
