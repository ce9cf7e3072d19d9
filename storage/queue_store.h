#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eventbus {

// Names a queue for ever: never given out twice in the life of a data directory.
using QueueId = std::uint64_t;

// What the store itself must know of a queue; everything else (policies, redrive, …) is the business of the layer
// above.
struct QueueTraits {
  bool fifo = false;
  // Scope in which a deduplication id is unique: the queue, or one message group of it.
  bool deduplicate_per_group = false;
  Duration retention{0};  // counted from sent_at; 0 = for ever (outbox lanes)

  friend bool operator==(const QueueTraits&, const QueueTraits&) = default;
};

struct QueueChange {
  enum Kind {
    kPut,    // create, or change the traits of an existing queue; its messages stay
    kDrop,   // forget the queue and all its messages; waiters are woken and see kNotFound
    kPurge,  // delete all messages committed so far, the leased ones too
  };
  Kind kind = kPut;
  QueueId queue = 0;
  QueueTraits traits;  // of kPut
};

// A message to enqueue; travels in a Commit.
struct NewMessage {
  QueueId queue = 0;
  std::string id;  // SQS MessageId; unique, not checked
  std::string body;
  std::string attributes;  // opaque to the store, given back byte for byte
  TimePoint sent_at;       // retention and the age of the oldest message count from here
  TimePoint visible_at;    // before it the message is "delayed"
  std::string group;       // FIFO queues: messages of a group are leased in order, one lease batch at a time
  // FIFO queues: a message whose id was accepted in the last five minutes is not enqueued again
  // (EnqueueOutcome::duplicate).
  std::string deduplication_id;
};

struct EnqueueOutcome {
  std::string message_id;      // of the message enqueued, or of the earlier one this is a duplicate of
  std::uint64_t sequence = 0;  // grows along a queue in the order of commits
  bool duplicate = false;
};

// Names one message of one queue: what an ack deletes.
struct MessageKey {
  QueueId queue = 0;
  std::uint64_t sequence = 0;
};

// One delivery attempt of one message: the content of an SQS receipt handle.
struct Lease {
  QueueId queue = 0;
  std::uint64_t sequence = 0;
  std::uint32_t attempt = 0;  // 1 for the first

  MessageKey key() const { return {queue, sequence}; }
};

enum class LeaseState {
  kHeld,        // still invisible to others because of this very lease
  kExpired,     // its time is over, nobody has leased the message since
  kSuperseded,  // somebody leased the message again
  kGone,        // the message was deleted, moved, purged or has expired
};

struct LeasedMessage {
  Lease lease;
  std::string id, body, attributes, group, deduplication_id;
  TimePoint sent_at;
  TimePoint first_leased_at;
};

struct QueueDepth {
  std::uint64_t visible = 0;    // could be leased now (in FIFO queues also those behind a leased one of their group)
  std::uint64_t in_flight = 0;  // leased
  std::uint64_t delayed = 0;    // not yet visible for the first time
  std::uint64_t bytes = 0;      // bodies and attributes
  std::optional<TimePoint> oldest_sent_at;

  std::uint64_t total() const { return visible + in_flight + delayed; }
};

// The Queue primitive: SQS queues, outbox lanes and dead-letter queues are all queues of it. Bodies are on disk; an
// index of ready, in-flight and delayed messages is in memory, rebuilt at start.
//
// Enqueueing, deleting ("ack") and everything about whole queues goes through Storage::commit and is durable. Leases
// are kept in memory and written down lazily, without a sync: after a crash a message may be leased again earlier than
// its lease said, and the number of attempts may be behind by those of the last moments. So leasing needs no working
// disk to write to. Moving to a dead-letter queue is a Commit with the ack and the new message together.
//
// Safe to call from any thread; awaitables resume on the caller's executor.
class QueueStore {
 public:
  virtual ~QueueStore() = default;

  // A fresh id for QueueChange::kPut.
  virtual QueueId next_queue_id() = 0;
  virtual bool exists(QueueId queue) const = 0;

  struct LeaseRequest {
    QueueId queue = 0;
    TimePoint lease_until;
    std::size_t count = 1;
    // FIFO: 0 = any group.  Messages in flight allowed in this queue; beyond it nothing is leased
    // (LeaseBatch::at_limit).
    std::size_t in_flight_max = 120'000;
  };
  struct LeaseBatch {
    std::vector<LeasedMessage> messages;
    bool at_limit = false;
  };
  // Leases up to `count` messages that are due, oldest due first. A leased message is invisible until `lease_until`; if
  // it is not settled by then (crash, slow consumer) it is leased again with attempt + 1. kNotFound for an unknown
  // queue; kUnavailable when bodies cannot be read, in which case nothing stays leased.
  virtual asio::awaitable<Result<LeaseBatch>> lease(LeaseRequest request) = 0;

  // Completes when the queue may have something to lease, at `deadline`, when the queue is dropped, or on cancellation;
  // never with a message. Arrivals wake as many waiters as there are messages; a wake-up that meets a cancelled waiter
  // goes to the next one. The loop is: lease; if empty, wait; lease.
  virtual asio::awaitable<void> wait(QueueId queue, TimePoint deadline) = 0;

  virtual LeaseState state(const Lease& lease) = 0;
  // Makes a message of a lease that is kHeld invisible until `until` (now or earlier = visible at once); returns the
  // state the lease had before: anything but kHeld means that nothing was changed.
  virtual LeaseState extend(const Lease& lease, TimePoint until) = 0;
  // For whoever has leased a message and found nobody to hand it to: as if a lease that is kHeld had not happened. The
  // message is visible at once, whoever waits for it is woken, and the lease is not one of its attempts. Changes
  // nothing otherwise.
  virtual void give_back(const Lease& lease) = 0;

  virtual Result<QueueDepth> depth(QueueId queue) = 0;
  // Sum over all queues: what back-pressure and metrics look at.
  virtual QueueDepth total_depth() const = 0;

  // Sends expired messages (retention) to oblivion; ends early when cancelled. Called about once a minute by the
  // daemon.
  virtual asio::awaitable<Result<void>> expire() = 0;
};

}  // namespace eventbus
