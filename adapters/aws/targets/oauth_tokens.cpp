#include "adapters/aws/targets/oauth_tokens.h"

#include "base/async_mutex.h"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace eventbus::aws {

namespace {

// AWS: a token that is about to expire is refreshed during an invocation. A minute before, or, of a token that lives
// only for minutes, after four fifths of its life.
constexpr Duration kEarly{60'000};

}  // namespace

struct OAuthTokens::Slot {
  std::weak_ptr<const ConnectionAuth> owner;
  AsyncMutex request;  // held by the one request under way

  std::mutex mutex;  // of what follows
  std::string token;
  std::optional<TimePoint> refresh_at;
  std::uint64_t requests_ended = 0;
  TokenRefusal refusal;  // of the last request, if it failed

  std::string valid(TimePoint now) const { return refresh_at && now >= *refresh_at ? std::string() : token; }
};

OAuthTokens::~OAuthTokens() = default;

std::shared_ptr<OAuthTokens::Slot> OAuthTokens::slot_of(const Auth& auth) {
  std::lock_guard lock(mutex_);
  if (const auto found = slots_.find(auth.get()); found != slots_.end() && found->second->owner.lock() == auth)
    return found->second;
  // Credentials come and go seldom: what belongs to none any more goes when new ones come.
  std::erase_if(slots_, [](const auto& entry) { return entry.second->owner.expired(); });
  auto slot = std::make_shared<Slot>();
  slot->owner = auth;
  slots_.insert_or_assign(auth.get(), slot);
  return slot;
}

std::size_t OAuthTokens::size() const {
  std::lock_guard lock(mutex_);
  return slots_.size();
}

asio::awaitable<Result<std::string, TokenRefusal>> OAuthTokens::token(Auth auth, TimePoint deadline) {
  const std::shared_ptr<Slot> slot = slot_of(auth);
  std::uint64_t ended = 0;
  {
    std::lock_guard lock(slot->mutex);
    if (std::string token = slot->valid(clock_.now()); !token.empty()) co_return token;
    ended = slot->requests_ended;
  }
  const AsyncMutex::Guard guard = co_await slot->request.lock();
  {
    std::lock_guard lock(slot->mutex);
    if (std::string token = slot->valid(clock_.now()); !token.empty()) co_return token;
    if (slot->requests_ended != ended) co_return slot->refusal;  // what others waited for failed for all of them
  }

  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
    co_return TokenRefusal{"The request for a token was given up"};
  Result<net::ClientRequest, TokenRefusal> request = token_request(*auth, limits_.allow_http_endpoints);
  if (!request) co_return std::move(request).error();
  request->deadline = deadline;
  const Result<net::Response, net::ClientError> answer = co_await client_.send(*std::move(request));
  Result<AccessToken, TokenRefusal> token = read_token_answer(answer);

  std::lock_guard lock(slot->mutex);
  ++slot->requests_ended;
  if (!token) {
    slot->token.clear();
    slot->refusal = token.error();
    co_return std::move(token).error();
  }
  slot->token = token->text;
  slot->refresh_at.reset();
  if (token->lifetime) slot->refresh_at = clock_.now() + *token->lifetime - std::min(kEarly, *token->lifetime / 5);
  co_return std::move(token->text);
}

void OAuthTokens::refused(const Auth& auth, std::string_view token) {
  const std::shared_ptr<Slot> slot = slot_of(auth);
  std::lock_guard lock(slot->mutex);
  if (slot->token == token) slot->token.clear();
}

}  // namespace eventbus::aws
