#pragma once

#include "base/clock.h"
#include "storage/queue_store.h"
#include "storage/slot_order.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// What the index holds of one message, and what a message_head row says.
struct IndexedMessage {
  std::uint64_t sequence = 0;
  TimePoint sent_at;
  TimePoint visible_at;
  TimePoint first_leased_at;  // meaningless while attempt is 0
  std::uint32_t attempt = 0;  // leases so far
  std::uint32_t bytes = 0;    // body and attributes
  std::string_view group;     // FIFO queues; owned by the index when it comes out of it
};

// Which messages of one queue are ready, in flight or delayed, in which order they may be leased, and how many there
// are: the whole behaviour of a queue, without I/O and without a clock (`now` is a parameter and may step back; nothing
// that has become due is undone). About 80 bytes a message; every operation is O(log n) or better, amortised.
//
// Standard queues: oldest due first. FIFO queues: the messages of a group in the order of their sequences; a group with
// a message in flight is locked, so that nothing of it can overtake; one lease may take several messages of a group.
//
// Not thread-safe: its owner has a mutex.
class QueueIndex {
 public:
  explicit QueueIndex(bool fifo);
  ~QueueIndex();
  QueueIndex(const QueueIndex&) = delete;
  QueueIndex& operator=(const QueueIndex&) = delete;

  bool fifo() const { return fifo_; }
  // 0 = messages never expire.
  void set_retention(Duration retention) { retention_ = retention; }

  // Sequences must be new. In FIFO queues they must come in ascending order.
  void insert(const IndexedMessage& message);
  // Returns false when there is no such message.
  bool erase(std::uint64_t sequence);
  void clear();
  bool contains(std::uint64_t sequence) const;
  std::optional<IndexedMessage> find(std::uint64_t sequence) const;

  // Brings the index to `now`: what became due is ready, what outlived its retention is expired. All calls below see
  // the state as of the latest advance.
  void advance(TimePoint now);

  struct Leased {
    std::uint64_t sequence = 0;
    std::uint32_t attempt = 0;
    TimePoint sent_at, first_leased_at;
    TimePoint was_due;  // for undo_lease
  };
  std::vector<Leased> lease(TimePoint now, TimePoint until, std::size_t count);
  // Of one message that is ready, out of turn; standard queues only.
  std::optional<Leased> lease_one(std::uint64_t sequence, TimePoint now, TimePoint until);
  // As if the lease had not happened, if it is still the newest one of its message.
  void undo_lease(const Leased& leased);

  LeaseState state(std::uint64_t sequence, std::uint32_t attempt, TimePoint now) const;
  LeaseState extend(std::uint64_t sequence, std::uint32_t attempt, TimePoint until, TimePoint now);
  // A lease that is kHeld ends now and is not counted. False: it is not.
  bool give_back(std::uint64_t sequence, std::uint32_t attempt, TimePoint now);

  // How many consumers could be served now: ready messages, or in FIFO queues unlocked groups with one.
  std::size_t leasable() const { return fifo_ ? ready_groups_.size() : ready_.size(); }
  // When the next delayed or in-flight message becomes ready by itself.
  std::optional<TimePoint> next_due() const;
  QueueDepth depth() const;
  std::size_t in_flight() const { return in_flight_; }
  // Number of messages, the expired ones that are not erased yet included.
  std::size_t size() const { return by_sequence_.size(); }

  // Up to `count` messages that are expired and not erased yet.
  std::vector<std::uint64_t> expired(std::size_t count);
  // All sequences, in no order.
  std::vector<std::uint64_t> sequences() const;

 private:
  enum class State : std::uint8_t { kFree, kDelayed, kReady, kInFlight, kExpired };

  struct Entry {
    std::uint64_t sequence = 0;
    std::int64_t sent_at = 0, due = 0, first_leased_at = 0;
    SlotLink order;  // in ready_ (standard queues) or timed_
    SlotLink age;    // in ages_
    Slot group_previous = kNoSlot, group_next = kNoSlot;
    std::uint32_t attempt = 0, bytes = 0;
    Slot group = kNoSlot;
    State state = State::kFree;
  };

  struct Group {
    std::string name;
    Slot head = kNoSlot, tail = kNoSlot;  // its messages, in order
    std::uint32_t in_flight = 0;
    bool listed = false;         // in ready_groups_,
    std::int64_t due = 0;        // under this due time
    std::uint64_t sequence = 0;  // and sequence, those of its head then
    SlotLink order;
  };

  static constexpr std::size_t kChunk = 64;
  struct Entries {
    std::vector<std::unique_ptr<std::array<Entry, kChunk>>> chunks;
    Entry& operator[](Slot slot) const { return (*chunks[slot / kChunk])[slot % kChunk]; }
  };

  struct ByDue {
    Entries* entries;
    SlotLink& link(Slot slot) const { return (*entries)[slot].order; }
    bool before(Slot a, Slot b) const;
  };
  struct ByAge {
    Entries* entries;
    SlotLink& link(Slot slot) const { return (*entries)[slot].age; }
    bool before(Slot a, Slot b) const;
  };
  struct ByGroupDue {
    std::deque<Group>* groups;
    SlotLink& link(Slot slot) const { return (*groups)[slot].order; }
    bool before(Slot a, Slot b) const;
  };
  // The set of slots by sequence holds 4 bytes a message: hash and equality look into the entries.
  struct SequenceHash {
    using is_transparent = void;
    using is_avalanching = void;
    const Entries* entries;
    std::size_t operator()(Slot slot) const { return (*this)((*entries)[slot].sequence); }
    std::size_t operator()(std::uint64_t sequence) const;
  };
  struct SequenceEqual {
    using is_transparent = void;
    const Entries* entries;
    bool operator()(Slot a, Slot b) const { return a == b; }
    bool operator()(Slot slot, std::uint64_t sequence) const { return (*entries)[slot].sequence == sequence; }
    bool operator()(std::uint64_t sequence, Slot slot) const { return (*entries)[slot].sequence == sequence; }
  };
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };

  Slot find_slot(std::uint64_t sequence) const;
  Slot allocate();
  void release(Slot slot);
  // The message leaves its state (orders, counters, group lock) or enters one; `set_state` is both.
  void leave_state(Slot slot);
  void enter_state(Slot slot, State state);
  void set_state(Slot slot, State state, std::int64_t due);
  void start_lease(Slot slot, std::int64_t now, std::int64_t until, std::vector<Leased>& leased);

  Slot group_named(std::string_view name);
  void append_to_group(Slot slot, std::string_view name);
  void remove_from_group(Slot slot);
  void refresh_group(Slot group);
  void lease_groups(std::int64_t now, std::int64_t until, std::size_t count, std::vector<Leased>& leased);
  IndexedMessage describe(const Entry& entry) const;

  const bool fifo_;
  Duration retention_{0};
  Entries entries_;
  std::vector<Slot> free_;
  boost::unordered_flat_set<Slot, SequenceHash, SequenceEqual> by_sequence_;
  SlotOrder<ByDue> ready_;  // standard queues only
  SlotOrder<ByDue> timed_;  // delayed and in flight
  SlotOrder<ByAge> ages_;   // all but the expired
  std::deque<std::uint64_t> expired_;

  std::deque<Group> groups_;
  std::vector<Slot> free_groups_;
  boost::unordered_flat_map<std::string, Slot, NameHash, std::equal_to<>> group_slots_;
  SlotOrder<ByGroupDue> ready_groups_;

  std::uint64_t visible_ = 0, in_flight_ = 0, delayed_ = 0, bytes_ = 0;
};

}  // namespace eventbus
