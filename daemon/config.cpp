#include "daemon/config.h"

namespace eventbus {
namespace {

std::string bracketed(const std::string& host) {
  if (host.find(':') == std::string::npos) return host;
  return "[" + host + "]";
}

}  // namespace

std::string ListenAddress::to_string() const { return bracketed(host) + ":" + std::to_string(port); }

bool ListenAddress::loopback() const { return host.starts_with("127.") || host == "::1" || host == "localhost"; }

std::string ListenAddress::local_url(bool tls) const {
  std::string reachable = host;
  if (host == "0.0.0.0") reachable = "127.0.0.1";
  if (host == "::") reachable = "::1";
  return (tls ? "https://" : "http://") + bracketed(reachable) + ":" + std::to_string(port);
}

}  // namespace eventbus
