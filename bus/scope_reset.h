#pragma once

#include "base/result.h"
#include "bus/reset.h"
#include "bus/scope.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <vector>

namespace eventbus {

// What the resets of catalogs have in common (bus/reset.h).

// Of a map by Scope: the scopes that are covered.
template <typename ByScope>
std::vector<Scope> covered_scopes(const ByScope& by_scope, const ResetScope& reset) {
  std::vector<Scope> scopes;
  for (const auto& entry : by_scope)
    if (reset.covers(entry.first)) scopes.push_back(entry.first);
  return scopes;
}

// Resets one scope after another, up to the first failure, and adds up what is gone.
using ResetOfScope = std::function<asio::awaitable<Result<std::size_t>>(Scope)>;
asio::awaitable<Result<std::size_t>> reset_each(std::vector<Scope> scopes, ResetOfScope reset);

// Commits, and then has what is in memory follow what is stored: a client that goes away cannot part the two. `follow`
// is not called when nothing was committed.
asio::awaitable<Result<void>> commit_and_follow(Storage& storage, Commit commit, std::function<Result<void>()> follow);

}  // namespace eventbus
