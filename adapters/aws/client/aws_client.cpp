#include "adapters/aws/client/aws_client.h"

#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>

namespace eventbus::aws {

namespace {

constexpr Duration kLongestRetryPause{1'000};
constexpr Duration kFirstRetryPause{50};

AwsCallError not_reached(const net::ClientError& error, const std::string& endpoint) {
  AwsCallError failure{.kind = AwsCallError::kNotReached, .message = endpoint + ": " + error.message};
  failure.transient = true;
  failure.timed_out = error.kind == net::ClientError::kTimeout;
  return failure;
}

// Does the endpoint itself not work, as opposed to refusing this call?
bool endpoint_failed(const AwsCallError& error) {
  if (error.kind == AwsCallError::kNotReached) return true;
  return error.kind == AwsCallError::kService && error.status >= 500;
}

// A call that ends in no other way, by cancellation say, leaves the breaker's one look to the next one.
class Look {
 public:
  explicit Look(CircuitBreaker& breaker) : breaker_(breaker) {}
  Look(const Look&) = delete;
  Look& operator=(const Look&) = delete;
  ~Look() {
    if (!settled_) breaker_.abandoned();
  }
  void settle(bool works, TimePoint now) {
    settled_ = true;
    if (works) {
      breaker_.succeeded();
    } else {
      breaker_.failed(now);
    }
  }

 private:
  CircuitBreaker& breaker_;
  bool settled_ = false;
};

bool credentials_expired(const AwsCallError& error) {
  return error.code == "ExpiredTokenException" || error.code == "ExpiredToken" || error.code == "RequestExpired";
}

}  // namespace

AwsCall AwsCall::json(std::string target, std::string_view version, const boost::json::object& input) {
  AwsCall call;
  call.headers = {{"X-Amz-Target", std::move(target)},
                  {"Content-Type", "application/x-amz-json-" + std::string(version)}};
  call.body = boost::json::serialize(input);
  return call;
}

AwsCall AwsCall::query(std::string form) {
  AwsCall call;
  call.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  call.body = std::move(form);
  return call;
}

AwsClient::AwsClient(Options options, std::shared_ptr<CachedCredentials> credentials,
                     std::shared_ptr<CircuitBreaker> breaker, Dependencies dependencies)
    : options_(std::move(options)),
      credentials_(std::move(credentials)),
      breaker_(std::move(breaker)),
      dependencies_(dependencies) {}

asio::awaitable<Result<net::Response, AwsCallError>> AwsClient::call(AwsCall call, TimePoint deadline) {
  Duration pause = kFirstRetryPause;
  for (int number = 1;; ++number) {
    AwsCall copy = call;
    Result<net::Response, AwsCallError> answer = co_await attempt(std::move(copy), deadline);
    if (answer || number >= options_.attempts_max || !answer.error().transient) co_return answer;
    if (answer.error().kind == AwsCallError::kHeldBack || answer.error().timed_out) co_return answer;
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return answer;
    // Full jitter; what takes longer than there is time for is the dispatcher's next attempt.
    const auto jitter = dependencies_.rng.next_u64() % static_cast<std::uint64_t>(pause.count() + 1);
    const TimePoint next = dependencies_.clock.now() + Duration(static_cast<std::int64_t>(jitter));
    if (next >= deadline || answer.error().not_before.value_or(next) > next) co_return answer;
    co_await dependencies_.clock.sleep_until(next);
    pause = std::min(pause * 2, kLongestRetryPause);
  }
}

asio::awaitable<Result<net::Response, AwsCallError>> AwsClient::attempt(AwsCall call, TimePoint deadline) {
  Result<Credentials> credentials = co_await credentials_->get();
  if (!credentials) {
    AwsCallError failure{.kind = AwsCallError::kCredentials, .message = credentials.error().message};
    failure.transient = credentials.error().code == ErrorCode::kUnavailable;
    co_return failure;
  }
  const TimePoint now = dependencies_.clock.now();
  if (const auto until = breaker_->refused_until(now)) {
    AwsCallError failure{.kind = AwsCallError::kHeldBack, .message = options_.endpoint + " has not answered lately"};
    failure.transient = true;
    failure.not_before = until;
    co_return failure;
  }
  Look look(*breaker_);
  net::ClientRequest request;
  request.method = std::move(call.method);
  request.url = options_.endpoint + call.path;
  request.headers = std::move(call.headers);
  request.body = std::move(call.body);
  request.deadline = deadline;
  if (call.answer_bytes_kept) {
    request.body_bytes_max = *call.answer_bytes_kept;
    request.clip_body = true;
  }
  const Clock* const wall_clock = dependencies_.wall_clock ? dependencies_.wall_clock : &dependencies_.clock;
  dependencies_.signer.sign(request, *credentials, {options_.region, options_.service}, wall_clock->now());
  Result<net::Response, net::ClientError> answer = co_await dependencies_.http.send(std::move(request));
  if (!answer && answer.error().kind == net::ClientError::kCancelled)
    co_return not_reached(answer.error(), options_.endpoint);
  const TimePoint answered_at = dependencies_.clock.now();
  if (answer && answer->status / 100 == 2) {
    look.settle(true, answered_at);
    co_return std::move(*answer);
  }
  AwsCallError failure;
  if (answer) {
    failure = parse_aws_error(*answer, answered_at);
  } else {
    failure = not_reached(answer.error(), options_.endpoint);
  }
  if (credentials_expired(failure)) credentials_->forget();
  look.settle(!endpoint_failed(failure), answered_at);
  co_return failure;
}

}  // namespace eventbus::aws
