#pragma once

#include "storage/queue_store.h"
#include "tests/simulation/history.h"
#include "tests/simulation/specs.h"
#include "tests/simulation/timeline.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::simulation {

// When something was put into a queue: between these moments.
// The number of a queue that is being made.
inline constexpr QueueId kUnknownQueue = ~QueueId{0};

struct Window {
  Tick from = 0, until = kNever;
  TimePoint earliest, latest;
};

// The auditor's idea of SQS queues. It knows messages by what their bodies say (their token) and, once they have been
// received, by their MessageIds; it never asks the store. Holds: what was accepted is there until it is deleted,
// purged, expired or moved, and only so often; what was deleted never comes back; nobody gets what another holds;
// groups of FIFO queues are in order; nothing comes before its delay or after its retention.
class QueueAuditor {
 public:
  explicit QueueAuditor(History& history) : history_(history) {}

  // ---- queues

  struct Queue {
    QueueSpec spec;
    Timeline<QueueId> id{0};              // 0: there is none
    bool changing = false;                // by the workload, one change at a time
    Tick last_unsteady = 0;               // the last drop or purge: when it was over; kNever: it is under way
    std::set<std::string> moved_to = {};  // by move tasks; names
  };
  void add(QueueSpec spec);
  Queue& queue(const std::string& name) { return queues_.at(name); }
  const std::map<std::string, Queue>& queues() const { return queues_; }
  // May it have been missing at some moment between? Was it there at all?
  bool may_miss(const std::string& name, Tick from, Tick until) const;
  bool may_exist(const std::string& name, Tick from, Tick until) const;

  // May what was put there in this window be gone by its retention?
  bool may_have_expired(const std::string& name, const Window& put) const;

  // A purge or a drop: what was put before `from` is gone if it is `sure` at all.
  void emptied(const std::string& name, QueueId id, Tick from, Tick until, bool sure);

  // ---- what is put in

  struct Put {
    std::string token, queue, group;
    unsigned must = 0, may = 0;
    Window window = {};
    std::optional<std::uint64_t> sequence = std::nullopt;
    Duration delay{0};
    QueueId incarnation = 0;  // of what is put again into a queue that was made anew; else 0
  };
  // Once for each token and queue; a second call corrects the first, with what is known by now.
  void put(const Put& put);
  bool knows(const std::string& token, const std::string& queue) const;
  bool is_required(const std::string& token, const std::string& queue) const;
  // There may be so many of it, by now.
  void allow(const std::string& token, const std::string& queue, unsigned may);
  // How many different messages of the token there were.
  std::size_t seen(const std::string& token, const std::string& queue) const;

  // ---- what comes out

  struct Received {
    std::string token, id, receipt, group;
  };
  // Of one ReceiveMessage that began at `began`, in order. `visibility` counts from `at`.
  void received(const std::string& queue, QueueId id, Tick began, TimePoint at, Duration visibility,
                const std::vector<Received>& messages);
  enum class Outcome { kDone, kRefused, kDoubtful };
  void deletion_begins(const std::string& message);
  void deleted(const std::string& queue, const std::string& message, const std::string& receipt, Outcome outcome,
               Tick began);
  void visibility_changed(const std::string& queue, const std::string& message, const std::string& receipt,
                          TimePoint until, Outcome outcome);
  // The redrive of dead letters may have taken a message away.
  void may_be_gone(const std::string& queue);

  // What a queue says that it holds, at a moment when nothing is under way.
  void counted(const std::string& queue, std::uint64_t total);

  // All that is still to come has been received since `drain_began`.
  void conclude(Tick drain_began);

 private:
  struct Item {  // of one token in one queue
    Put put;
    bool waived = false;              // purged or dropped, perhaps: it need not have been seen
    std::optional<Tick> emptied_out;  // for sure, by then
    std::set<std::string> ids;
  };
  struct Message {
    std::string token, queue, group;
    QueueId queue_id = 0;
    Tick last_received = 0;
    std::string receipt;
    TimePoint hidden_until = TimePoint::min();  // by the last receipt
    std::uint64_t life = 0, epoch = 0;          // in which that was
    std::optional<Tick> gone;                   // surely
    // A deletion of it, or of all there is, is under way or in doubt. It stays in doubt for the life in which it arose,
    // for what failed then may turn out to have happened.
    bool maybe_gone = false;
    std::uint64_t doubtful_in = 0;  // that life
  };
  using Key = std::pair<std::string, std::string>;  // queue, token

  Item* find(const std::string& queue, const std::string& token);
  Item* origin_of(const std::string& queue, const std::string& token, std::string& from);
  // By redrive policies and move tasks, in one or more moves.
  bool moves(const std::string& from, const std::string& to) const;
  void doubt(Message& message);
  bool movable(const std::string& queue) const;
  bool replace_moved(Item& item, const std::string& queue);  // false: none of it can have been moved there
  bool expired_surely(const Item& item) const;
  bool expired_maybe(const Item& item) const;
  void check_order(const Queue& queue, QueueId id, const Received& received, const std::set<std::string>& before);
  // Does its last receipt still hide it from others?
  bool is_held(const Message& message) const;
  static bool surely_before(const Item& a, const Item& b);
  std::string name_of(const Received& received, const std::string& queue) const;

  History& history_;
  std::map<std::string, Queue> queues_;
  std::map<Key, Item> items_;
  std::map<std::string, Message> messages_;                                 // by MessageId
  std::map<std::pair<std::string, std::string>, std::vector<Key>> groups_;  // of FIFO queues: queue, group
};

}  // namespace eventbus::simulation
