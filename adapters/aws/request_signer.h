#pragma once

#include "adapters/aws/credentials/credentials.h"
#include "adapters/aws/sigv4.h"
#include "base/clock.h"
#include "net/http_client.h"

#include <chrono>
#include <string>
#include <string_view>

namespace eventbus::aws {

// Scheme, authority, path and query of an absolute URL; views of it. Of what is no such URL the host is empty.
struct UrlParts {
  std::string_view scheme, host, path, query;

  static UrlParts of(std::string_view url);
  // The Host header: without a port that the scheme has anyway.
  std::string_view host_header() const;
};

// Signs what we send with SigV4, byte for byte as botocore does. Safe to call from any thread.
class RequestSigner {
 public:
  struct Scope {
    std::string_view region, service;
  };

  // Adds Host, X-Amz-Date, X-Amz-Security-Token and Authorization, and of S3 X-Amz-Content-SHA256; what a request that
  // was signed before has of them is replaced. All headers are signed but those that proxies change.
  void sign(net::ClientRequest& request, const Credentials& credentials, Scope scope, TimePoint now);

  // The URL of `request` with the signature in its query; its headers (Host apart) are signed as well and have to be
  // sent by whoever uses the URL. S3's payload is not signed.
  std::string presign(const net::ClientRequest& request, const Credentials& credentials, Scope scope, TimePoint now,
                      std::chrono::seconds lifetime);

 private:
  SigningKeyCache keys_;
};

}  // namespace eventbus::aws
