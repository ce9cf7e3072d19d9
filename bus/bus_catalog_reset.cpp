#include "bus/bus_catalog.h"
#include "bus/scope_reset.h"

#include <functional>
#include <utility>

namespace eventbus {

asio::awaitable<Result<std::size_t>> BusCatalog::reset(ResetScope scope) {
  std::vector<Scope> scopes;
  {
    std::shared_lock lock(mutex_);
    scopes = covered_scopes(scopes_, scope);
  }
  ResetOfScope reset = [this](Scope each) { return reset_scope(std::move(each)); };
  co_return co_await reset_each(std::move(scopes), std::move(reset));
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

  std::function<Result<void>()> reread = [this, &below] { return read_stored(below); };
  CO_TRY_VOID(co_await commit_and_follow(storage_, std::move(commit), std::move(reread)));
  co_return gone;
}

}  // namespace eventbus
