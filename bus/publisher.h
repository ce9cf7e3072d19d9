#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "bus/bus_log.h"
#include "bus/compiled_bus.h"
#include "bus/delivery_plan.h"
#include "bus/event.h"
#include "bus/event_tap.h"
#include "bus/lane_directory.h"
#include "bus/lane_listener.h"
#include "bus/limits.h"
#include "bus/log_group_directory.h"
#include "bus/queue_directory.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

class PublisherMetrics;
struct ContractViolation;  // bus/bus_contracts.h

// THE path: match → plan → commit. Takes accepted events, finds the rules they match, renders each target's input, and
// makes all of it durable in one commit: messages of local SQS queues, entries of log groups and archives directly,
// what rules forward to other buses of this daemon with all that follows from it there, deliveries to other targets as
// entries of their lanes, and failures that are known already as dead letters. Safe to call from any shard.
class Publisher {
 public:
  struct Dependencies {
    const BusDirectory& buses;
    const QueueDirectory& queues;
    Storage& storage;
    Clock& clock;
    Rng& rng;
    const Limits& limits;
    PublisherMetrics& metrics;
    spdlog::logger& log;
    LaneListener* outbox = nullptr;                 // told of deliveries put into lanes; may be null
    const LogGroupDirectory* log_groups = nullptr;  // null: there are none
    const BusLog* bus_log = nullptr;                // may be null
    EventTap* tap = nullptr;                        // shown what was accepted; may be null
    const LaneDirectory* lanes = nullptr;           // those of the whole outbox; null: those of `buses`
  };
  explicit Publisher(Dependencies dependencies);
  ~Publisher();

  using RuleFilter = std::set<std::string, std::less<>>;
  struct Addressed {
    Scope scope;      // of the bus
    std::string bus;  // its name
    Event event;      // its json is what make_envelope made: valid, with readable bytes behind it
    // Triggered by the event without matching it: the rule whose schedule has come due.
    std::shared_ptr<const CompiledRule> scheduled = nullptr;
    std::string request_id = {};  // of PutEvents; for the log of the bus
    // The only rules of `bus` that may take the event, by ARN (FilterArns of a replay); null: all.
    std::shared_ptr<const RuleFilter> only = nullptr;
    // Why it was accepted although it fits no contract of its bus; for the log of the bus.
    std::shared_ptr<const ContractViolation> violation = nullptr;
  };
  // All events of one PutEvents request, in one commit. An event for a bus that does not exist is dropped, counted and
  // logged, as AWS does (it succeeds). Errors:
  //   kLimit        the outbox is full: nothing was accepted, the whole request is to be throttled
  //   kUnavailable  storage did not take it: nothing was accepted
  asio::awaitable<Result<void>> publish(std::vector<Addressed> events);

  // The same for work of the daemon's own (replays), which makes way for clients. `beside` is written in the same
  // commit, so that the work's place and what it has published never differ. The outbox counts as full at half of its
  // bounds, so that clients are never throttled for it. One more error:
  //   kConflict     an expected revision of `beside` is not the current one: nothing was accepted
  asio::awaitable<Result<void>> publish_beside(std::vector<Addressed> events, std::vector<CatalogWrite> beside);

  // Publications so far and how long they took together, those of publish_beside() left out: what that work makes way
  // for.
  struct Traffic {
    std::uint64_t publications = 0;
    std::chrono::microseconds took{0};
  };
  Traffic traffic() const;

 private:
  struct State;
  enum class Whose { kClients, kOurs };

  asio::awaitable<Result<void>> publish_in_one_commit(std::vector<Addressed> events, std::vector<CatalogWrite> beside,
                                                      Whose whose);

  DeliveryPlan make_plan(const std::vector<Addressed>& events);
  Result<void> check_outbox(Whose whose) const;
  void wake_outbox(const DeliveryPlan& plan) const;
  void write_bus_log(const std::vector<Addressed>& events, const DeliveryPlan& plan) const;
  void write_refusal(const std::vector<Addressed>& events, const Error& error) const;
  void show(const std::vector<Addressed>& events, const DeliveryPlan& plan) const;
  void count(const DeliveryPlan& plan);
  void report_failure(const DeliveryPlan::Invocation& failed, TimePoint now);
  void report_unknown_bus(const DeliveryPlan::Dropped& dropped);

  Dependencies dependencies_;
  std::unique_ptr<State> state_;
};

}  // namespace eventbus
