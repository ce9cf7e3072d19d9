#include "bus/scope_reset.h"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace eventbus {

asio::awaitable<Result<std::size_t>> reset_each(std::vector<Scope> scopes, ResetOfScope reset) {
  std::size_t gone = 0;
  for (const Scope& scope : scopes) {
    CO_TRY(const std::size_t here, co_await reset(scope));
    gone += here;
  }
  co_return gone;
}

asio::awaitable<Result<void>> commit_and_follow(Storage& storage, Commit commit, std::function<Result<void>()> follow) {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  Result<CommitReceipt> committed = co_await storage.commit(std::move(commit));
  Result<void> followed;
  if (committed) followed = follow();
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (!committed) co_return std::move(committed).error();
  co_return followed;
}

}  // namespace eventbus
