#include "net/tls_channel.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <sys/socket.h>
#include <utility>

namespace eventbus::net {

namespace {

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE on a connection that is gone.
int bio_socket(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* from, int bytes) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(bio_socket(bio), from, static_cast<std::size_t>(bytes), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* to, int room) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(bio_socket(bio), to, static_cast<std::size_t>(room), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

struct FreeMethod {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

const BIO_METHOD* bio_method() {
  static const std::unique_ptr<BIO_METHOD, FreeMethod> kMethod = [] {
    std::unique_ptr<BIO_METHOD, FreeMethod> method(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE"));
    BIO_meth_set_write(method.get(), bio_write);
    BIO_meth_set_read(method.get(), bio_read);
    BIO_meth_set_ctrl(method.get(), bio_control);
    return method;
  }();
  return kMethod.get();
}

bool is_literal_address(const std::string& host) {
  in6_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 || ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

void TlsChannel::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsChannel::TlsChannel(std::shared_ptr<const TlsContext> context, int socket)
    : context_(std::move(context)), ssl_(SSL_new(context_->native())) {
  BIO* bio = ssl_ ? BIO_new(bio_method()) : nullptr;
  if (bio == nullptr) throw std::runtime_error("OpenSSL cannot allocate a connection");
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);  // takes the one reference for both directions
}

TlsChannel::~TlsChannel() = default;

std::unique_ptr<TlsChannel> TlsChannel::client(std::shared_ptr<const TlsContext> context, int socket,
                                               const std::string& host) {
  std::unique_ptr<TlsChannel> channel(new TlsChannel(std::move(context), socket));
  SSL* const ssl = channel->ssl_.get();
  SSL_set_connect_state(ssl);
  if (is_literal_address(host)) {  // RFC 6066 §3: no literal addresses in SNI
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, host.c_str());
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, host.c_str());
  }
  return channel;
}

std::unique_ptr<TlsChannel> TlsChannel::server(std::shared_ptr<const TlsContext> context, int socket) {
  std::unique_ptr<TlsChannel> channel(new TlsChannel(std::move(context), socket));
  SSL_set_accept_state(channel->ssl_.get());
  return channel;
}

TlsChannel::Progress TlsChannel::handshake() {
  ERR_clear_error();
  errno = 0;
  return progress_of(SSL_do_handshake(ssl_.get()));
}

TlsChannel::Progress TlsChannel::read(char* to, std::size_t room, std::size_t& bytes) {
  bytes = 0;
  ERR_clear_error();
  errno = 0;
  return progress_of(SSL_read_ex(ssl_.get(), to, room, &bytes));
}

TlsChannel::Progress TlsChannel::write(std::string_view from, std::size_t& bytes) {
  bytes = 0;
  ERR_clear_error();
  errno = 0;
  return progress_of(SSL_write_ex(ssl_.get(), from.data(), from.size(), &bytes));
}

void TlsChannel::say_end() {
  if (!usable_ || SSL_in_init(ssl_.get()) != 0) return;
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

TlsChannel::Progress TlsChannel::progress_of(int code) {
  switch (SSL_get_error(ssl_.get(), code)) {
    case SSL_ERROR_NONE:
      return Progress::kMoved;
    case SSL_ERROR_WANT_READ:
      return Progress::kWantsRead;
    case SSL_ERROR_WANT_WRITE:
      return Progress::kWantsWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Progress::kEnd;
    case SSL_ERROR_SYSCALL:
      usable_ = false;
      failure_ = "the connection was lost";
      return Progress::kBroken;
    default:
      usable_ = false;
      if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        ERR_clear_error();
        failure_ = "the connection was closed";
        return Progress::kBroken;
      }
      note_failure();
      return Progress::kFailed;
  }
}

void TlsChannel::note_failure() {
  met_plain_http_ = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_HTTP_REQUEST;
  failure_ = take_tls_error();
  // "certificate verify failed" alone helps nobody.
  if (const long verified = SSL_get_verify_result(ssl_.get());
      verified != X509_V_OK && SSL_is_server(ssl_.get()) == 0) {
    failure_ += std::string(": ") + X509_verify_cert_error_string(verified);
  }
}

}  // namespace eventbus::net
