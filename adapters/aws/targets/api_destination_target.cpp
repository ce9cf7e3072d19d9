#include "adapters/aws/targets/api_destination_target.h"

#include "adapters/aws/targets/api_destination_request.h"
#include "adapters/aws/targets/http_outcome.h"
#include "bus/rate_limiter.h"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::aws {

namespace {

constexpr Duration kTimeout{5'000};
// Enough for 300 calls a second of 100 ms each.
constexpr std::size_t kConcurrencyMax = 32;
// Destinations whose pace is kept; of more, those that are not called are forgotten.
constexpr std::size_t kPacesMax = 4'096;

AttemptOutcome no_such_destination(const std::string& arn) {
  return AttemptOutcome::failed("NO_RESOURCE", "The API destination " + arn + " does not exist.");
}

class ApiDestinationTarget final : public DeliveryTarget {
 public:
  // `pace`: of those that have waited for a token.
  ApiDestinationTarget(ApiDestinationParts parts, std::shared_ptr<RateLimiter> pace,
                       ConnectionCatalog::ApiDestination destination)
      : parts_(parts), pace_(std::move(pace)), destination_(std::move(destination)), arn_(destination_->arn()) {}

  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    std::vector<AttemptOutcome> outcomes;
    for (const DeliveryAttempt& attempt : attempts) outcomes.push_back(co_await deliver_one(attempt));
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return outcomes;
  }

  std::size_t concurrency_max() const override { return kConcurrencyMax; }
  Duration timeout() const override { return kTimeout; }
  double rate_per_second() const override { return static_cast<double>(destination_->record.rate_per_second); }
  std::string_view rate_key() const override { return arn_; }

 private:
  asio::awaitable<AttemptOutcome> deliver_one(const DeliveryAttempt& attempt) {
    // As it is now: the call may have waited for its turn since it was found.
    const ConnectionCatalog::ApiDestination destination = parts_.connections.api_destination_of(arn_);
    if (!destination) co_return no_such_destination(arn_);
    const ConnectionCatalog::Connection connection =
        parts_.connections.connection_of(destination->record.connection_arn);
    if (!connection || connection->state() != ConnectionState::kAuthorized || !connection->auth)
      co_return not_authorized(connection);
    const TimePoint deadline = std::min(attempt.deadline, parts_.clock.now() + kTimeout);

    const bool oauth = connection->auth->type == AuthorizationType::kOAuthClientCredentials;
    std::string token;
    if (oauth) {
      Result<std::string, TokenRefusal> fetched = co_await parts_.tokens.token(connection->auth, deadline);
      if (!fetched) co_return co_await without_token(connection, std::move(fetched).error());
      token = *std::move(fetched);
      if (std::optional<AttemptOutcome> held_back = co_await keep_pace(deadline)) co_return *std::move(held_back);
      if (!is_current(destination, *connection))
        co_return AttemptOutcome::retry("NO_PERMISSIONS",
                                        "API destination " + destination->record.name +
                                            " or its connection was changed while a token was fetched.");
    }

    Result<net::ClientRequest, DeliveryFailure> request =
        api_destination_request(destination->record, *connection->auth, token, attempt.target, attempt.delivery,
                                parts_.limits.allow_http_endpoints);
    if (!request) co_return AttemptOutcome{.kind = AttemptOutcome::kFailed, .failure = std::move(request).error()};
    request->deadline = deadline;
    request->body_bytes_max = kKeptBodyBytes;  // AWS discards the answer's body; ours goes into log records
    request->clip_body = true;
    const Result<net::Response, net::ClientError> answer = co_await parts_.client.send(*std::move(request));
    if (oauth && answer && (answer->status == 401 || answer->status == 407))
      parts_.tokens.refused(connection->auth, token);
    co_return http_outcome(answer, parts_.clock.now());
  }

  // The dispatcher has paced the calls as they began; those that then waited for one token would go all at once.
  asio::awaitable<std::optional<AttemptOutcome>> keep_pace(TimePoint deadline) {
    const TimePoint now = parts_.clock.now();
    if (pace_->keys() >= kPacesMax) pace_->forget_idle(now);
    const TimePoint turn = pace_->reserve(arn_, rate_per_second(), now);
    if (turn <= now) co_return std::nullopt;
    if (turn >= deadline) {
      pace_->give_back(arn_, rate_per_second(), turn);
      co_return no_time_left();
    }
    (void)co_await pace_->wait(arn_, rate_per_second(), turn, parts_.clock);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      co_return AttemptOutcome::retry("INTERNAL_ERROR", "The delivery was broken off.");
    if (parts_.clock.now() >= deadline) co_return no_time_left();
    co_return std::nullopt;
  }

  AttemptOutcome no_time_left() const {
    return AttemptOutcome::retry("THROTTLING", "The invocation rate of API destination " + destination_->record.name +
                                                   " left no time for this attempt.");
  }

  // It leads there still, with the same credentials.
  bool is_current(const ConnectionCatalog::ApiDestination& destination, const ConnectionEntry& connection) const {
    if (parts_.connections.api_destination_of(arn_) != destination) return false;
    const ConnectionCatalog::Connection now = parts_.connections.connection_of(destination->record.connection_arn);
    return now && now->auth == connection.auth;
  }

  AttemptOutcome not_authorized(const ConnectionCatalog::Connection& connection) const {
    const std::string state = connection ? std::string(to_string(connection->state())) : "DELETING";
    return AttemptOutcome::retry("NO_PERMISSIONS", "API destination " + destination_->record.name +
                                                       " is INACTIVE: its connection is " + state + ".");
  }

  // AWS: a connection whose token cannot be refreshed is deauthorized.
  asio::awaitable<AttemptOutcome> without_token(ConnectionCatalog::Connection connection, TokenRefusal refusal) {
    AttemptOutcome outcome = AttemptOutcome::retry(
        "NO_PERMISSIONS", "No token for connection " + connection->record.name + ": " + refusal.reason + ".");
    if (refusal.lasting)
      (void)co_await parts_.connections.authorization_ended(std::move(connection), refusal.reason + ".");
    co_return outcome;
  }

  ApiDestinationParts parts_;
  const std::shared_ptr<RateLimiter> pace_;
  ConnectionCatalog::ApiDestination destination_;
  std::string arn_;
};

// A destination that was deleted, or never was: what is meant for it fails.
class MissingApiDestination final : public DeliveryTarget {
 public:
  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    std::vector<AttemptOutcome> outcomes;
    for (const DeliveryAttempt& attempt : attempts) outcomes.push_back(no_such_destination(attempt.target.arn));
    co_return outcomes;
  }
};

class ApiDestinationFactory final : public TargetFactory {
 public:
  explicit ApiDestinationFactory(ApiDestinationParts parts) : parts_(parts) {}

  std::shared_ptr<DeliveryTarget> make(const TargetQuery& query) override {
    if (!query.arn || query.arn->service != "events" || !query.arn->resource.starts_with("api-destination/"))
      return nullptr;
    ConnectionCatalog::ApiDestination destination = parts_.connections.api_destination_of(query.target.arn);
    if (!destination) return missing_;
    return std::make_shared<ApiDestinationTarget>(parts_, pace_, std::move(destination));
  }

 private:
  ApiDestinationParts parts_;
  const std::shared_ptr<RateLimiter> pace_ = std::make_shared<RateLimiter>();
  std::shared_ptr<DeliveryTarget> missing_ = std::make_shared<MissingApiDestination>();
};

}  // namespace

std::unique_ptr<TargetFactory> make_api_destination_factory(ApiDestinationParts parts) {
  return std::make_unique<ApiDestinationFactory>(parts);
}

}  // namespace eventbus::aws
