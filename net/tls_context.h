#pragma once

#include "base/result.h"

#include <memory>
#include <string>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace eventbus::net {

// What all TLS connections of one client or one server share: trust or identity, versions, ALPN. Immutable once made;
// safe to use from any thread.
class TlsContext {
 public:
  // TLS 1.2 or later, ALPN http/1.1. Servers are verified against the system's CAs and those in `extra_ca_file` (PEM;
  // empty for none), unless `verify` is false. kInvalid: the file cannot be read or holds no certificate.
  static Result<std::shared_ptr<const TlsContext>> for_client(const std::string& extra_ca_file, bool verify = true);
  // The certificate file holds the chain, the server's own first; both are PEM. kInvalid: a file cannot be read, or the
  // key is not the certificate's.
  static Result<std::shared_ptr<const TlsContext>> for_server(const std::string& certificate_file,
                                                              const std::string& key_file);

  ssl_ctx_st* native() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Handle = std::unique_ptr<ssl_ctx_st, Free>;
  explicit TlsContext(Handle context) : context_(std::move(context)) {}

  Handle context_;
};

// What OpenSSL last complained about on this thread, as a phrase; its list of complaints is empty after it.
std::string take_tls_error();

}  // namespace eventbus::net
