#pragma once

#include "adapters/aws/client/circuit_breaker.h"
#include "adapters/aws/credentials/cached_credentials.h"
#include "adapters/aws/request_signer.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "net/http_client.h"
#include "net/message.h"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventbus::aws {

namespace asio = boost::asio;

// One call of an AWS API, as it goes over the wire but for endpoint and signature.
struct AwsCall {
  std::string method = "POST";
  std::string path = "/";  // percent-encoded
  std::vector<net::Header> headers;
  std::string body;
  // The answer is cut there: nothing behind it matters. nullopt: all of it does.
  std::optional<std::size_t> answer_bytes_kept;

  // AWS JSON: `target` is X-Amz-Target, `version` "1.0" or "1.1".
  static AwsCall json(std::string target, std::string_view version, const boost::json::object& input);
  // AWS Query: an encoded form.
  static AwsCall query(std::string form);
};

// Why a call gave nothing.
struct AwsCallError {
  enum Kind {
    kCredentials,  // there are none
    kNotReached,   // no answer: name, connection, TLS, time
    kHeldBack,     // the breaker is open: nothing was sent
    kService,      // the service answered that it will not
  };
  Kind kind = kService;
  std::string code;     // of kService: "AccessDeniedException"; may be empty
  std::string message;  // never holds a secret
  unsigned status = 0;  // of kService
  std::string request_id;
  bool throttling = false;
  bool transient = false;  // another try may succeed
  bool timed_out = false;
  std::optional<TimePoint> not_before;  // of kHeldBack; of kService from Retry-After
  std::string body;                     // of kService

  // As AWS's SDK for Java prints it, which is what EventBridge's dead letters show (behaviour §15):
  // "… (Service: AmazonSQS; Status Code: 400; Error Code: …; Request ID: …; Proxy: null)".
  std::string describe(std::string_view service) const;
};

// Calls one service at one endpoint in one region: signs, sends, retries what is worth it while there is time (AWS's
// standard mode: three attempts, full jitter), keeps away from what does not answer. Safe to call from any thread.
class AwsClient {
 public:
  static constexpr int kAttemptsMax = 3;
  struct Options {
    std::string endpoint;  // URL, without '/' at its end
    std::string region;    // signed for
    std::string service;   // signing name
    int attempts_max = kAttemptsMax;
  };
  struct Dependencies {
    net::HttpClient& http;
    RequestSigner& signer;
    Clock& clock;
    Rng& rng;
    const Clock* wall_clock = nullptr;  // what signatures go by, where `clock` is virtual; nullptr: `clock`
  };

  // Calls of one endpoint share `breaker`.
  AwsClient(Options options, std::shared_ptr<CachedCredentials> credentials, std::shared_ptr<CircuitBreaker> breaker,
            Dependencies dependencies);

  asio::awaitable<Result<net::Response, AwsCallError>> call(AwsCall call, TimePoint deadline);

  const Options& options() const { return options_; }
  Clock& clock() const { return dependencies_.clock; }

 private:
  asio::awaitable<Result<net::Response, AwsCallError>> attempt(AwsCall call, TimePoint deadline);

  const Options options_;
  const std::shared_ptr<CachedCredentials> credentials_;
  const std::shared_ptr<CircuitBreaker> breaker_;
  const Dependencies dependencies_;
};

// Sets `throttling` and `transient` by status and code, as AWS's SDKs do.
void classify(AwsCallError& error);

// What an answer that is no success says: JSON's __type, x-amzn-ErrorType, x-amzn-query-error, Query's XML.
AwsCallError parse_aws_error(const net::Response& response, TimePoint now);

}  // namespace eventbus::aws
