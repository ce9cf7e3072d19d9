// What a signature costs: verifying a PutEvents request of 1 KB, and signing one, keys derived already.
//   sigv4_bench [bytes of the body]      prints microseconds of one thread, the best of five rounds

#include "adapters/aws/request_authenticator.h"
#include "adapters/aws/request_signer.h"
#include "base/stopwatch.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>

namespace {

using namespace eventbus;

constexpr int kCalls = 20'000, kRounds = 5;

template <typename F>
double microseconds_of(F f) {
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round < kRounds; ++round) {
    const Stopwatch stopwatch;
    for (int i = 0; i < kCalls; ++i) f();
    best = std::min(best, static_cast<double>(stopwatch.elapsed().count()) / kCalls);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t body_bytes = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'024;
  SystemClock clock;
  spdlog::logger log("bench", std::make_shared<spdlog::sinks::null_sink_mt>());
  aws::RequestSigner signer;
  const aws::Credentials credentials{"AKIDBENCH", "secret", "", {}};
  net::ClientRequest sent{.method = "POST",
                          .url = "http://127.0.0.1:4566/",
                          .headers = {{"X-Amz-Target", "AWSEvents.PutEvents"},
                                      {"Content-Type", "application/x-amz-json-1.1"},
                                      {"User-Agent", "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux"}},
                          .body = std::string(body_bytes, 'x')};
  signer.sign(sent, credentials, {"us-east-1", "events"}, clock.now());
  const net::Request received{sent.method, "/", sent.headers, sent.body, "127.0.0.1:1"};

  std::map<std::string, aws::AccessKey, std::less<>> keys;
  keys["AKIDBENCH"] = {"secret", "", "111122223333", "bench", std::nullopt};
  aws::RequestAuthenticator authenticator(std::make_shared<aws::AccessKeys>(std::move(keys)), clock, log);
  if (!authenticator.authenticate(received)) {
    std::fprintf(stderr, "the signature was refused\n");
    return EXIT_FAILURE;
  }
  const double verify = microseconds_of([&] { static_cast<void>(authenticator.authenticate(received)); });
  const double sign = microseconds_of([&] { signer.sign(sent, credentials, {"us-east-1", "events"}, clock.now()); });
  const double hash = microseconds_of([&] { static_cast<void>(aws::sha256(sent.body)); });
  std::printf("body %zu bytes: verify %.2f us, sign %.2f us, of it the hash of the body %.2f us\n", body_bytes, verify,
              sign, hash);
  return EXIT_SUCCESS;
}
