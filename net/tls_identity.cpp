#include "net/tls_identity.h"

#include <utility>

namespace eventbus::net {

Result<std::shared_ptr<TlsIdentity>> TlsIdentity::load(std::string certificate_file, std::string key_file) {
  TRY(std::shared_ptr<const TlsContext> context, TlsContext::for_server(certificate_file, key_file));
  return std::shared_ptr<TlsIdentity>(
      new TlsIdentity(std::move(certificate_file), std::move(key_file), std::move(context)));
}

Result<void> TlsIdentity::reload() {
  TRY(std::shared_ptr<const TlsContext> context, TlsContext::for_server(certificate_file_, key_file_));
  context_.store(std::move(context));
  return {};
}

}  // namespace eventbus::net
