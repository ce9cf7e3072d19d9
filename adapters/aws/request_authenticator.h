#pragma once

#include "adapters/aws/access_keys.h"
#include "adapters/aws/aws_error.h"
#include "adapters/aws/sigv4.h"
#include "base/clock.h"
#include "base/published.h"
#include "bus/log_limiter.h"
#include "net/message.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace spdlog {
class logger;
}

namespace eventbus::aws {

// Verifies the SigV4 signature of a request, in its Authorization header or in its presigned query, before anything
// else of the request counts. Safe to call from any shard.
class RequestAuthenticator {
 public:
  // AWS: "Signature expired: … (… - 5 min.)"; both ways.
  static constexpr std::chrono::minutes kClockSkewMax{5};
  // AWS: X-Amz-Expires is at most a week.
  static constexpr std::chrono::seconds kPresignedLifetimeMax{604'800};

  // Who has asked, as proven.
  struct Caller {
    std::string access_key, account, name;
    std::string region, service;  // what the signature is for
  };

  RequestAuthenticator(std::shared_ptr<const AccessKeys> keys, const Clock& clock, spdlog::logger& log)
      : keys_(std::move(keys)), clock_(clock), log_(log) {}

  // From the next request on, others may call.
  void replace_keys(std::shared_ptr<const AccessKeys> keys) { keys_.store(std::move(keys)); }

  // Who signed the request. Errors, named as the request's protocol names them (JSON and REST / Query):
  //   MissingAuthenticationTokenException / MissingAuthenticationToken   unsigned
  //   IncompleteSignatureException / IncompleteSignature                 parts missing or malformed
  //   UnrecognizedClientException / InvalidClientTokenId                 unknown key, wrong session token
  //   ExpiredTokenException / ExpiredToken                               the key's time is over
  //   InvalidSignatureException / SignatureDoesNotMatch                  wrong secret, anything changed, clock skew
  //   RequestExpired                                                     a presigned URL's time is over
  // A request for `s3` may leave its payload unsigned; of every other service the body is part of what is verified.
  // What is refused is logged, a line a minute for each access key.
  AwsResult<Caller> authenticate(const net::Request& request);

  // AWS: a signature for one service is none for another: the error when the two differ.
  static AwsError wrong_service(const net::Request& request, std::string_view expected);

 private:
  AwsResult<Caller> verify(const net::Request& request);

  Published<AccessKeys> keys_;
  const Clock& clock_;
  spdlog::logger& log_;
  LogLimiter refusals_{std::chrono::minutes(1)};
  SigningKeyCache signing_keys_;
};

}  // namespace eventbus::aws
