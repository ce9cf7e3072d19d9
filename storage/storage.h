#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "storage/catalog_store.h"
#include "storage/event_log.h"
#include "storage/queue_store.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eventbus {

// What one request wants made durable, all of it or nothing. The order inside is: queues, catalog, log, messages, acks;
// so one commit may create a queue and put the first message on it. Acks beside messages make a move (see kConflict).
struct Commit {
  std::vector<QueueChange> queues;
  std::vector<CatalogWrite> catalog;
  std::vector<LogAppend> log;
  std::vector<NewMessage> messages;
  std::vector<MessageKey> acks;

  bool empty() const { return queues.empty() && catalog.empty() && log.empty() && messages.empty() && acks.empty(); }
};

// What became of each part, index-aligned with the Commit.
struct CommitReceipt {
  std::vector<EnqueueOutcome> messages;
  std::vector<std::uint64_t> log;  // the sequence number given to each LogAppend
};

// The durable heart: three primitives (Catalog, Log, Queue) and one atomic commit over them.
//
// Contract of `commit`: on success everything in it is durable as --durability promises and visible to readers; on
// failure none of it is visible. After a crash: all of a commit or nothing; an unacknowledged commit may have happened
// (duplicates possible), an acknowledged one is never missing. Errors:
//   kConflict     an expected revision is not the current one, or what a move acks is gone; nothing was written
//   kNotFound     a message names a queue that does not exist; nothing was written
//   kUnavailable  disk full or failing, or shutting down; the same commit may be tried again
// Concurrent commits share one sync. Safe to call from any thread; resumes on the caller's executor.
//
// No iterators, snapshots or column families here: an implementation over a message log (JetStream) must stay possible,
// whose contract is the same "all or nothing, duplicates possible, loss not".
class Storage {
 public:
  virtual ~Storage() = default;

  virtual asio::awaitable<Result<CommitReceipt>> commit(Commit commit) = 0;

  virtual CatalogStore& catalog() = 0;
  virtual QueueStore& queues() = 0;
  virtual EventLog& log() = 0;

  // No commit is accepted any more (kUnavailable); those already accepted are carried out. Returns when all is on disk.
  // Blocking; called once at the end of the daemon's life, with no coroutine left inside.
  virtual void close() = 0;

  struct Health {
    bool writable = true;    // false from the first failed write until one succeeds again
    std::string last_error;  // of the failure that made it unwritable
    std::uint64_t disk_bytes = 0;
    std::uint64_t commits = 0, syncs = 0;  // their ratio shows the group commit at work
  };
  virtual Health health() const = 0;
};

// How much a successful commit means. The reply to a client is sent after the commit in every mode.
enum class Durability {
  kSync,    // survives a power cut: fsync before the reply
  kAsync,   // survives a crash of the process; the operating system writes when it likes
  kMemory,  // survives nothing: tests and CI
};

}  // namespace eventbus
