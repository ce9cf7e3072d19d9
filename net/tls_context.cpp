#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

namespace eventbus::net {

namespace {

// One protocol, in ALPN's own form: a length byte before each name.
constexpr std::array<unsigned char, 9> kAlpnHttp11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// RFC 7301: a client that offers none of ours is refused; one that sends no ALPN never gets here.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes, const unsigned char* offered,
                    unsigned int offered_bytes, void*) {
  unsigned char* match = nullptr;
  const int found =
      SSL_select_next_proto(&match, chosen_bytes, kAlpnHttp11.data(), kAlpnHttp11.size(), offered, offered_bytes);
  *chosen = match;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_common(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // A write that would block is repeated later, from wherever the bytes are then. An idle connection keeps no buffers.
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

// The key of a file with a pass phrase is refused, rather than asked for on a terminal.
int no_pass_phrase(char*, int, int, void*) { return 0; }

}  // namespace

std::string take_tls_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "unknown TLS error";
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  std::array<char, 256> text;
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<std::shared_ptr<const TlsContext>> TlsContext::for_client(const std::string& extra_ca_file, bool verify) {
  ERR_clear_error();
  Handle context(SSL_CTX_new(TLS_client_method()));
  if (!context) return internal("cannot set up TLS: " + take_tls_error());
  set_common(context.get());
  SSL_CTX_set_verify(context.get(), verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_alpn_protos(context.get(), kAlpnHttp11.data(), kAlpnHttp11.size());
  SSL_CTX_set_default_verify_paths(context.get());  // where there are none, every server needs the extra file
  ERR_clear_error();
  if (!extra_ca_file.empty() && SSL_CTX_load_verify_file(context.get(), extra_ca_file.c_str()) != 1) {
    return invalid("cannot use the CA file " + extra_ca_file + ": " + take_tls_error());
  }
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context)));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::for_server(const std::string& certificate_file,
                                                                 const std::string& key_file) {
  ERR_clear_error();
  Handle context(SSL_CTX_new(TLS_server_method()));
  if (!context) return internal("cannot set up TLS: " + take_tls_error());
  set_common(context.get());
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context.get(), no_pass_phrase);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return invalid("cannot use the certificate file " + certificate_file + ": " + take_tls_error());
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return invalid("cannot use the key file " + key_file + ": " + take_tls_error());
  }
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context)));
}

}  // namespace eventbus::net
