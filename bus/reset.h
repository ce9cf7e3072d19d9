#pragma once

#include "base/result.h"
#include "bus/scope.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace eventbus {

namespace asio = boost::asio;

// What a reset empties: all that one account has, in every region, or what all have.
struct ResetScope {
  std::optional<std::string> account;  // nullopt: all

  bool covers(const Scope& scope) const { return !account || *account == scope.account; }
  // What catalog keys "KIND/<account>/<region>/…" have behind the kind.
  std::string key_prefix() const { return account ? *account + "/" : std::string(); }
};

// Somebody who holds things of accounts and can forget them. A catalog takes part with one function
//   asio::awaitable<Result<std::size_t>> reset(ResetScope scope);
// that forgets, in storage and then in memory, everything of the scope, and answers how many things that were; it is
// registered in ApplicationParts::reset_participants(), which says the order: sources of events first. What cannot be
// forgotten is an error, and the whole reset may be tried again: what is gone already counts nothing then. Work that is
// under way for a thing that is gone has no consequence; it need not be waited for.
struct ResetParticipant {
  std::string name;  // what it holds, in the plural: "queues"
  std::function<asio::awaitable<Result<std::size_t>>(ResetScope)> reset;
};

}  // namespace eventbus
