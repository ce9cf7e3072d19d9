#pragma once

#include "adapters/aws/credentials/credential_source.h"
#include "base/async_mutex.h"
#include "base/clock.h"
#include "base/rng.h"

#include <memory>
#include <mutex>
#include <optional>

namespace eventbus::aws {

// Credentials of another source, kept until shortly before they expire. Of many who ask at once one goes to the source;
// who finds credentials that are still good never waits for it. When a refresh fails, what is still good goes on being
// used. Safe to call from any thread.
class CachedCredentials final : public CredentialSource {
 public:
  // Refreshed when less is left than this, or than a third of their life, if that is shorter; up to a third of that
  // sooner at random, so that a fleet does not ask all at once.
  static constexpr Duration kRefreshBefore{15 * 60'000};
  // After a failure the source is left alone for so long.
  static constexpr Duration kPauseAfterFailure{5'000};

  CachedCredentials(std::shared_ptr<CredentialSource> source, Clock& clock, Rng& rng);

  asio::awaitable<Result<Credentials>> get() override;
  // The other side says that they are not good any more: the next get() asks the source.
  void forget();

 private:
  struct State {
    std::optional<Credentials> credentials;
    std::optional<TimePoint> refresh_at;
    std::optional<Error> failure;
    TimePoint ask_again_at;  // after a failure
  };

  class RefreshMark;
  std::optional<Result<Credentials>> usable(bool refreshing);
  void keep(Result<Credentials> fetched);
  bool expired(const Credentials& credentials, TimePoint now) const;

  const std::shared_ptr<CredentialSource> source_;
  Clock& clock_;
  Rng& rng_;
  AsyncMutex refresh_;  // held by the one who asks the source
  std::mutex mutex_;    // over state_ and refreshing_
  State state_;
  bool refreshing_ = false;
};

}  // namespace eventbus::aws
