#include "tests/support/scripted_server.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace eventbus::testing {

namespace {

[[noreturn]] void fail(const char* what) { throw std::runtime_error(std::string(what) + ": " + std::strerror(errno)); }

// OpenSSL's writes raise it; the thread of a connection keeps it from the rest of the program.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int accept_any_protocol(SSL*, const unsigned char** chosen, unsigned char* bytes, const unsigned char* offered,
                        unsigned int, void*) {
  *chosen = offered + 1;
  *bytes = offered[0];
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Peer::Peer(int socket, ssl_ctx_st* tls) : socket_(socket) {
  const timeval patience{.tv_sec = 60, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int now = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
  if (tls == nullptr) return;
  tls_ = SSL_new(tls);
  SSL_set_fd(tls_, socket_);
}

Peer::~Peer() { SSL_free(tls_); }

bool Peer::handshake() {
  if (tls_ == nullptr) return true;
  const bool done = SSL_accept(tls_) == 1;
  ERR_clear_error();
  return done;
}

std::ptrdiff_t Peer::receive(char* to, std::size_t room) {
  for (;;) {
    if (tls_ != nullptr) {
      const int got = SSL_read(tls_, to, static_cast<int>(room));
      ERR_clear_error();
      return std::max(got, 0);
    }
    const ssize_t got = ::recv(socket_, to, room, 0);
    if (got >= 0) return got;
    if (errno == ECONNRESET || errno == EPIPE) return 0;
    if (errno != EINTR) fail("recv");
  }
}

std::string Peer::read(std::size_t bytes) {
  std::array<char, 16 * 1024> buffer;
  while (unread_.size() < bytes) {
    const std::ptrdiff_t got = receive(buffer.data(), std::min(buffer.size(), bytes - unread_.size()));
    if (got == 0) return std::exchange(unread_, {});
    unread_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  std::string result = unread_.substr(0, bytes);
  unread_.erase(0, bytes);
  return result;
}

std::string Peer::read_request() {
  std::array<char, 16 * 1024> buffer;
  std::size_t end;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    const std::ptrdiff_t got = receive(buffer.data(), buffer.size());
    if (got == 0) return {};
    unread_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  std::size_t length = end + 4;
  constexpr std::string_view kLength = "Content-Length: ";
  if (const std::size_t at = unread_.find(kLength); at < end) {
    length += std::strtoul(unread_.c_str() + at + kLength.size(), nullptr, 10);
  }
  return read(length);
}

void Peer::wait_until_client_goes() {
  while (!read(16 * 1024).empty()) {
  }
}

Peer& Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    std::ptrdiff_t sent;
    if (tls_ != nullptr) {
      sent = SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
      ERR_clear_error();
    } else {
      sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    if (sent <= 0) return *this;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return *this;
}

void Peer::end_output() {
  if (tls_ != nullptr) SSL_shutdown(tls_);
  ::shutdown(socket_, SHUT_WR);
}

void Peer::cut() { ::shutdown(socket_, SHUT_WR); }

void Peer::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  // The descriptor stays ours, and its number with it: only the connection ends.
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, socket_);
  ::close(nothing);
}

std::string Peer::server_name() const {
  const char* name = tls_ != nullptr ? SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name) : nullptr;
  return name != nullptr ? name : "";
}

ScriptedServer::ScriptedServer(Script script) : ScriptedServer(Options(), std::move(script)) {}

ScriptedServer::ScriptedServer(Options options, Script script)
    : options_(std::move(options)), script_(std::move(script)) {
  if (options_.certificate != nullptr) {
    tls_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(tls_, options_.certificate->native_certificate());
    SSL_CTX_use_PrivateKey(tls_, options_.certificate->native_key());
    for (const Certificate* link : options_.chain) SSL_CTX_add1_chain_cert(tls_, link->native_certificate());
    SSL_CTX_set_alpn_select_cb(tls_, accept_any_protocol, nullptr);
  }
  listener_ = ::socket(options_.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) fail("socket");
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const address = options_.v6 ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
  socklen_t length = options_.v6 ? sizeof v6 : sizeof v4;
  if (::bind(listener_, address, length) != 0) fail("bind");
  if (::listen(listener_, options_.backlog) != 0) fail("listen");
  ::getsockname(listener_, address, &length);
  port_ = ntohs(options_.v6 ? v6.sin6_port : v4.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
  SSL_CTX_free(tls_);
}

std::string ScriptedServer::url(std::string_view path) const {
  std::string host = options_.v6 ? "[::1]" : "127.0.0.1";
  if (tls_ != nullptr) host = "localhost";
  return (tls_ != nullptr ? "https://" : "http://") + host + ":" + std::to_string(port_) + std::string(path);
}

std::string ScriptedServer::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

void ScriptedServer::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (stopping_) {
      if (socket >= 0) ::close(socket);
      return;
    }
    if (socket < 0) continue;
    std::lock_guard lock(mutex_);
    open_.push_back(socket);
    const int number = connections_++;
    threads_.emplace_back([this, socket, number] { serve(socket, number); });
  }
}

void ScriptedServer::serve(int socket, int number) {
  block_sigpipe();
  {
    Peer peer(socket, options_.without_handshake ? nullptr : tls_);
    try {
      if (peer.handshake()) {
        script_(peer, number);
      } else {
        ++failed_handshakes_;
      }
    } catch (const std::exception& error) {
      std::lock_guard lock(mutex_);
      if (failure_.empty()) failure_ = error.what();
    }
  }
  std::lock_guard lock(mutex_);
  open_.remove(socket);
  ::close(socket);
}

}  // namespace eventbus::testing
