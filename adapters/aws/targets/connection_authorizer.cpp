#include "adapters/aws/targets/connection_authorizer.h"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <array>
#include <utility>

namespace eventbus::aws {

namespace {

// AWS: as long as the call of an API destination may take.
constexpr Duration kRequestTimeout{5'000};
constexpr std::array kPauses = {Duration{1'000}, Duration{2'000}, Duration{4'000}};

asio::awaitable<bool> cancelled() {
  co_return (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
}

}  // namespace

ConnectionAuthorizer::ConnectionAuthorizer(ConnectionCatalog& connections, OAuthTokens& tokens, Clock& clock,
                                           Spawn spawn)
    : connections_(connections), tokens_(tokens), clock_(clock), spawn_(std::move(spawn)) {
  connections_.on_authorizing([this](const auto& connection) { spawn_(authorize(connection)); });
}

void ConnectionAuthorizer::start() {
  for (const ConnectionCatalog::Connection& connection : connections_.authorizing()) spawn_(authorize(connection));
}

asio::awaitable<void> ConnectionAuthorizer::authorize(ConnectionCatalog::Connection connection) {
  co_await asio::this_coro::throw_if_cancelled(false);
  std::optional<std::string> failure;
  for (auto pause = kPauses.begin();; ++pause) {
    const Result<std::string, TokenRefusal> token =
        co_await tokens_.token(connection->auth, clock_.now() + kRequestTimeout);
    if (co_await cancelled()) co_return;  // it stays AUTHORIZING: the next start begins anew
    if (token) break;
    if (token.error().lasting || pause == kPauses.end()) {
      failure = token.error().reason + ".";
      break;
    }
    co_await clock_.sleep_until(clock_.now() + *pause);
    if (co_await cancelled()) co_return;
    // Nobody asks with credentials that were taken back, or replaced, meanwhile.
    const ConnectionCatalog::Connection now = connections_.connection_of(connection->arn());
    if (!now || now->auth != connection->auth) co_return;
  }
  // Until the storage takes it: else it would be AUTHORIZING until the next start.
  for (;;) {
    const auto stored = co_await connections_.authorization_ended(connection, failure);
    if (stored || stored.error().code != ErrorCode::kUnavailable) co_return;
    co_await clock_.sleep_until(clock_.now() + kPauses.back());
    if (co_await cancelled()) co_return;
  }
}

}  // namespace eventbus::aws
