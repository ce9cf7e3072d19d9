#pragma once

#include "net/http_client.h"
#include "storage/storage.h"
#include "tests/simulation/dice.h"

#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace eventbus::simulation {

// What a broken bus would do. Each must be found out by the auditor: a simulation that cannot fail proves nothing.
enum class Mutation {
  kNone,
  kDropAck,             // a message that was deleted stays
  kLoseMessage,         // a message that was accepted is not stored
  kDeliverTwice,        // a message is stored twice
  kAlterMessage,        // a message goes to another queue of the same commit
  kSwapMessages,        // two messages of a commit change places
  kForgetId,            // a deduplication id is not stored
  kShortLease,          // a lease is over sooner than was asked for
  kEarlyRetry,          // a lease is extended by less than was asked for
  kMiscount,            // a queue says that it holds one message more
  kLoseLogEntry,        // an entry of a log is not stored
  kForgetWrite,         // a catalog document is not stored
  kForgetProgress,      // how far a schedule or a replay has come is not stored
  kSkipFsync,           // the disk says that it has synced, and has not
  kTornWrite,           // after a crash half of a commit is there
  kLoseRowOnRestart,    // after a restart a message is gone
  kReviveRowOnRestart,  // after a restart a deleted message is back
  kNeverExpire,         // messages whose retention is over stay on the disk
  kIgnoreRetryAfter,    // a server that says when to come again is not heard
  kExceedRate,          // an API destination is called three times as often as it may be
  kOldSecret            // a request carries the secret that its connection had first
};

struct MutationName {
  Mutation mutation;
  std::string_view name, means;
};
std::span<const MutationName> all_mutations();
std::optional<Mutation> mutation_named(std::string_view name);

// The storage, with the mutation's fault in one of many calls; the storage itself when it is not the storage's.
std::unique_ptr<Storage> mutated(std::unique_ptr<Storage> storage, Mutation mutation, Dice& dice);
// The way to servers, which outlive it, with the mutation's fault.
std::unique_ptr<net::HttpClient> mutated_internet(net::HttpClient& servers, Mutation mutation);

}  // namespace eventbus::simulation
