#pragma once

// What bus/lane_runner*.cpp share; nobody else includes it.

#include "bus/lane_runner.h"
#include "bus/queue_message.h"

#include <boost/asio/this_coro.hpp>

#include <optional>
#include <string>
#include <vector>

namespace eventbus {

struct LaneRunner::Lane {
  explicit Lane(QueueId queue) : id(queue) {}
  const QueueId id;
  // Under LaneRunner::mutex_:
  bool pumping = false;
  bool poked = false;    // something came since the pump last looked
  bool blocked = false;  // the pump has ended because enough is under way
  bool standing_by = false;
  // On the executor:
  std::size_t calls = 0;  // under way
  std::size_t held = 0;   // deliveries in memory: of those calls, and being settled
};

// A leased delivery.
struct LaneRunner::Held {
  Lease lease;
  std::string id;  // the invocation's
  Delivery delivery;
  TimePoint age_from, first_leased_at;

  bool is_first_attempt() const { return lease.attempt == 1; }
};

// Deliveries that go to their target together.
struct LaneRunner::Call {
  std::shared_ptr<const LaneTarget> target;
  std::shared_ptr<DeliveryTarget> delivery;
  std::shared_ptr<LaneMetrics> metrics;
  RetryBounds bounds;
  std::vector<Held> held;
  TimePoint began, deadline;
  BusLogSettings log;
  bool held_back = false;  // it has waited for the rate of the target
};

// A delivery that failed for good.
struct LaneRunner::DeadLetter {
  const Held* held = nullptr;
  DeliveryFailure failure;
  SpentRetries retries;
  std::shared_ptr<const QueueInfo> queue;  // of `message`
  std::optional<NewMessage> message;       // nothing: lost, or no dead-letter queue was wanted
  bool settled = false;                    // it is where it belongs already
  bool told = true;                        // by us
};

// What is to be made durable of a call's outcomes.
struct LaneRunner::Settlement {
  std::vector<Lease> over;  // of deliveries that need no further attempt
  std::vector<DeadLetter> dead_letters;

  Commit commit() const;
};

}  // namespace eventbus
