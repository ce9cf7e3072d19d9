#pragma once

#include "base/clock.h"
#include "base/rng.h"
#include "bus/compiled_bus.h"
#include "bus/event.h"
#include "bus/limits.h"
#include "bus/log_group_directory.h"
#include "bus/queue_directory.h"
#include "bus/queue_message.h"
#include "storage/storage.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus {

// What one publication is going to do, before it is done: the commit, and what there is to count and to say once it has
// happened.
struct DeliveryPlan {
  // One matched rule's one target.
  struct Invocation {
    const CompiledRule* rule = nullptr;
    const CompiledTarget* target = nullptr;
    const Event* event = nullptr;
    std::string id = {};  // of the message or the delivery that it became
    enum Outcome {
      kDelivered,  // a message of its queue, or an entry of its log group or archive, is in the commit
      kWaiting,    // a delivery in its lane is in the commit
      kForwarded,  // its bus has the event in this plan; or does not exist, and AWS drops the event
      kFailed,
    };
    Outcome outcome = kDelivered;
    DeliveryFailure failure;         // of kFailed
    bool dead_letter_kept = false;   // of kFailed: the dead letter is in the commit
    std::string dead_letter_wanted;  // of kFailed: the target has this dead-letter queue
  };

  Commit commit;
  std::vector<Invocation> invocations;
  std::vector<const CompiledRule*> triggered;  // one for each match of an event and a rule
  std::size_t matched_events = 0;
  // An event on its way to a bus that does not exist.
  struct Dropped {
    Scope scope;
    std::string bus;
    const Event* event = nullptr;
  };
  std::vector<Dropped> for_unknown_buses;
  // Events that rules forwarded to buses of this daemon: they are to be matched there, in this same plan. May grow
  // while they are; what stands in it stays where it is.
  struct Forwarded {
    std::shared_ptr<const CompiledBus> bus;
    Event event;
  };
  std::deque<Forwarded> forwarded;
  bool uses_lanes = false;
  // Owners of what the pointers above point into.
  std::vector<std::shared_ptr<const CompiledBus>> buses;
};

// Turns matches into a plan. Lives for one publication; what it is given outlives the plan.
class DeliveryPlanner {
 public:
  struct Dependencies {
    const BusDirectory& buses;
    const QueueDirectory& queues;
    const LogGroupDirectory* log_groups;  // null: there are none
    const Limits& limits;
    Rng& rng;
    TimePoint now;
  };
  explicit DeliveryPlanner(Dependencies dependencies) : dependencies_(dependencies) {}

  // The rule matched the event: one invocation for each of its targets.
  void add(const CompiledBus& bus, const CompiledRule& rule, const Event& event);

  DeliveryPlan plan;

 private:
  using Invocation = DeliveryPlan::Invocation;

  void add_target(const CompiledBus& bus, const CompiledRule& rule, const CompiledTarget& target, const Event& event);
  void enqueue(const CompiledBus& bus, Invocation invocation, std::string input);
  void append_to_log(const CompiledBus& bus, Invocation invocation, std::string input);
  void keep_in_archive(Invocation invocation);
  void forward(const CompiledBus& bus, Invocation invocation);
  void add_to_lane(Invocation invocation, std::string input);
  void fail(const CompiledBus& bus, Invocation invocation, DeliveryFailure failure, std::string input);
  const QueueInfo* queue_of(const CompiledTarget& target);

  Dependencies dependencies_;
  std::size_t forwarded_bytes_ = 0;
  // Ten entries of a request tend to meet the same target: its queue is looked up once.
  std::vector<std::pair<const CompiledTarget*, std::shared_ptr<const QueueInfo>>> queues_found_;
};

}  // namespace eventbus
