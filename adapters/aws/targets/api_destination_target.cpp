#include "adapters/aws/targets/api_destination_target.h"

#include "adapters/aws/targets/api_destination_request.h"
#include "adapters/aws/targets/http_outcome.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::aws {

namespace {

constexpr Duration kTimeout{5'000};
// Enough for 300 calls a second of 100 ms each.
constexpr std::size_t kConcurrencyMax = 32;

class ApiDestinationTarget final : public DeliveryTarget {
 public:
  ApiDestinationTarget(ApiDestinationParts parts, ConnectionCatalog::ApiDestination destination)
      : parts_(parts), destination_(std::move(destination)), arn_(destination_->arn()) {}

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
    const ConnectionCatalog::Connection connection =
        parts_.connections.connection_of(destination_->record.connection_arn);
    if (!connection || connection->state() != ConnectionState::kAuthorized || !connection->auth)
      co_return not_authorized(connection);
    const TimePoint deadline = std::min(attempt.deadline, parts_.clock.now() + kTimeout);

    const bool oauth = connection->auth->type == AuthorizationType::kOAuthClientCredentials;
    std::string token;
    if (oauth) {
      Result<std::string, TokenRefusal> fetched = co_await parts_.tokens.token(connection->auth, deadline);
      if (!fetched) co_return co_await without_token(connection, std::move(fetched).error());
      token = *std::move(fetched);
    }

    Result<net::ClientRequest, DeliveryFailure> request =
        api_destination_request(destination_->record, *connection->auth, token, attempt.target, attempt.delivery,
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
  ConnectionCatalog::ApiDestination destination_;
  std::string arn_;
};

// A destination that was deleted, or never was: what is meant for it fails.
class MissingApiDestination final : public DeliveryTarget {
 public:
  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    std::vector<AttemptOutcome> outcomes;
    for (const DeliveryAttempt& attempt : attempts)
      outcomes.push_back(
          AttemptOutcome::failed("NO_RESOURCE", "The API destination " + attempt.target.arn + " does not exist."));
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
    return std::make_shared<ApiDestinationTarget>(parts_, std::move(destination));
  }

 private:
  ApiDestinationParts parts_;
  std::shared_ptr<DeliveryTarget> missing_ = std::make_shared<MissingApiDestination>();
};

}  // namespace

std::unique_ptr<TargetFactory> make_api_destination_factory(ApiDestinationParts parts) {
  return std::make_unique<ApiDestinationFactory>(parts);
}

}  // namespace eventbus::aws
