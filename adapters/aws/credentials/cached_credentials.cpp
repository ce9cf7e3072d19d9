#include "adapters/aws/credentials/cached_credentials.h"

#include <algorithm>
#include <utility>

namespace eventbus::aws {

CachedCredentials::CachedCredentials(std::shared_ptr<CredentialSource> source, Clock& clock, Rng& rng)
    : source_(std::move(source)), clock_(clock), rng_(rng) {}

// Somebody is at the source: who has credentials that are still good does not wait for him.
class CachedCredentials::RefreshMark {
 public:
  explicit RefreshMark(CachedCredentials& cached) : cached_(cached) { set(true); }
  RefreshMark(const RefreshMark&) = delete;
  RefreshMark& operator=(const RefreshMark&) = delete;
  ~RefreshMark() { set(false); }

 private:
  void set(bool refreshing) {
    std::lock_guard lock(cached_.mutex_);
    cached_.refreshing_ = refreshing;
  }
  CachedCredentials& cached_;
};

asio::awaitable<Result<Credentials>> CachedCredentials::get() {
  if (auto kept = usable(false)) co_return *std::move(kept);
  auto guard = co_await refresh_.lock();
  if (auto kept = usable(true)) co_return *std::move(kept);  // somebody else has been there meanwhile
  {
    const RefreshMark mark(*this);  // also when this coroutine is cancelled
    Result<Credentials> fetched = co_await source_->get();
    keep(std::move(fetched));
  }
  std::lock_guard lock(mutex_);
  if (state_.credentials && !expired(*state_.credentials, clock_.now())) co_return *state_.credentials;
  if (state_.failure) co_return *state_.failure;
  co_return unavailable("the credentials had expired when they came");
}

void CachedCredentials::forget() {
  std::lock_guard lock(mutex_);
  state_ = State{};
}

bool CachedCredentials::expired(const Credentials& credentials, TimePoint now) const {
  return credentials.expires_at && *credentials.expires_at <= now;
}

// What can be answered without asking the source; nullopt when it has to be asked. `refreshing`: the caller is the one
// who would ask.
std::optional<Result<Credentials>> CachedCredentials::usable(bool refreshing) {
  std::lock_guard lock(mutex_);
  const TimePoint now = clock_.now();
  const bool paused = state_.failure && now < state_.ask_again_at;
  if (state_.credentials && !expired(*state_.credentials, now)) {
    const bool fresh = !state_.refresh_at || now < *state_.refresh_at;
    const bool another_asks = refreshing_ && !refreshing;
    if (fresh || paused || another_asks) return Result<Credentials>(*state_.credentials);
    return std::nullopt;
  }
  if (paused) return Result<Credentials>(*state_.failure);
  return std::nullopt;
}

void CachedCredentials::keep(Result<Credentials> fetched) {
  std::lock_guard lock(mutex_);
  const TimePoint now = clock_.now();
  if (!fetched) {
    state_.failure = std::move(fetched).error();
    state_.ask_again_at = now + kPauseAfterFailure;
    return;
  }
  state_.failure.reset();
  state_.credentials = std::move(*fetched);
  state_.refresh_at.reset();
  if (!state_.credentials->expires_at) return;
  const TimePoint expires = *state_.credentials->expires_at;
  const Duration margin = std::min(kRefreshBefore, std::max(Duration(0), (expires - now) / 3));
  const auto jitter = static_cast<std::int64_t>(rng_.next_u64() % static_cast<std::uint64_t>(margin.count() / 3 + 1));
  state_.refresh_at = expires - margin - Duration(jitter);
}

}  // namespace eventbus::aws
