#pragma once

#include "base/published.h"
#include "base/result.h"
#include "net/tls_context.h"

#include <memory>
#include <string>

namespace eventbus::net {

// Who a TLS server is: a certificate with its key, in files that may be replaced while it runs. Connections keep what
// they began with. Safe to use from any thread.
class TlsIdentity {
 public:
  // kInvalid: a file cannot be read or used.
  static Result<std::shared_ptr<TlsIdentity>> load(std::string certificate_file, std::string key_file);

  // Reads the files again, for connections that are made from now on. After an error everything stays as it was.
  Result<void> reload();

  std::shared_ptr<const TlsContext> context() const { return context_.load(); }

 private:
  TlsIdentity(std::string certificate_file, std::string key_file, std::shared_ptr<const TlsContext> context)
      : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)), context_(std::move(context)) {}

  const std::string certificate_file_;
  const std::string key_file_;
  Published<TlsContext> context_;
};

}  // namespace eventbus::net
