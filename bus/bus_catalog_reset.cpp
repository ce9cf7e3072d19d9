#include "bus/bus_catalog.h"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace eventbus {

asio::awaitable<Result<std::size_t>> BusCatalog::reset(ResetScope scope) {
  std::vector<Scope> scopes;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [each, state] : scopes_)
      if (scope.covers(each)) scopes.push_back(each);
  }
  std::size_t gone = 0;
  for (const Scope& each : scopes) {
    CO_TRY(const std::size_t here, co_await reset_scope(each));
    gone += here;
  }
  co_return gone;
}

asio::awaitable<Result<std::size_t>> BusCatalog::reset_scope(Scope scope) {
  const AsyncMutex::Guard guard = co_await scope_state(scope).mutation.lock();
  const std::string below = scope.account + "/" + scope.region + "/";
  Commit commit;
  std::size_t gone = 0;
  for (const char* kind : {"bus/", "rule/", "lane/"}) {
    for (CatalogEntry& entry : storage_.catalog().list(kind + below)) {
      gone += entry.key.starts_with("lane/") ? 0 : 1;
      commit.catalog.push_back({std::move(entry.key), std::nullopt, std::nullopt});
    }
  }
  {
    std::shared_lock lock(mutex_);
    for (const auto& [lane, target] : lane_targets_)
      if (target->bus_scope == scope && storage_.queues().exists(lane))
        commit.queues.push_back({QueueChange::kDrop, lane, QueueTraits{}});
  }
  if (commit.empty()) co_return gone;

  // As in carry_out: what is stored and what is in memory stay together.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  Result<CommitReceipt> committed = co_await storage_.commit(std::move(commit));
  Result<void> reread;
  if (committed) reread = read_stored(below);
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (!committed) co_return std::move(committed).error();
  if (!reread) co_return std::move(reread).error();
  co_return gone;
}

}  // namespace eventbus
