#pragma once

#include "base/clock.h"
#include "bus/delivery_target.h"
#include "bus/event.h"
#include "bus/lane_directory.h"
#include "bus/queue_message.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

struct ContractViolation;  // bus/bus_contracts.h

enum class BusLogLevel { kOff, kError, kInfo, kTrace };

// LogConfig of a bus, decoded. Without a Level: OFF.
struct BusLogSettings {
  BusLogLevel level = BusLogLevel::kOff;
  bool full_detail = false;  // IncludeDetail FULL: what clients sent and targets were given

  bool wants(BusLogLevel record) const { return record <= level; }
};
BusLogSettings bus_log_settings(const LogConfig& config);

// The log of a bus, as LogConfig asks for it (behaviour §18): what happened to each event and each invocation, one JSON
// object a line, with AWS's names of types and fields. A record over 1 MB loses its largest fields, which it then names
// in dropped_fields. Safe to call from any thread.
class BusLog {
 public:
  // Writes one line. Any thread, also at once.
  using Sink = std::function<void(std::string_view line)>;
  BusLog(const LaneDirectory& buses, Clock& clock, Sink sink) : buses_(buses), clock_(clock), sink_(std::move(sink)) {}

  // Somebody who is told of every step of every bus, whatever its LogConfig. Called from any thread, must be quick.
  class Observer;
  // Before anything happens; nullptr, as at first: nobody.
  void observe(Observer* observer) { observer_ = observer; }
  bool observed() const { return observer_ != nullptr; }

  // Asked once for a group of records.
  BusLogSettings settings(const Scope& scope, std::string_view bus) const {
    return bus_log_settings(buses_.log_config(scope, bus));
  }

  // ---- what came in

  struct Arrival {
    const Scope& scope;  // of the bus
    std::string_view bus, request_id;
    const Event& event;
    BusLogSettings settings;
    bool forwarded = false;  // by a rule of another bus
    // Of an event that fits no contract of the bus and was accepted all the same: the record says so. May be null.
    const ContractViolation* violation = nullptr;
  };
  // `rules` ARNs, and target ARNs and invocation ids of each.
  struct Match {
    std::string rule_arn;
    std::vector<std::string> target_arns, invocation_ids;
  };
  // EVENT_INGEST_SUCCESS or EVENT_RECEIPT, RULE_MATCH_START, and RULE_MATCH for each rule or NO_STANDARD_RULES_MATCHED.
  void arrived(const Arrival& arrival, const std::vector<Match>& matches) const;
  // EVENT_INGEST_FAILURE. Of an event that is none yet (a bad entry) what is known of it.
  void refused(const Arrival& arrival, unsigned http_status, std::string_view message) const;

  // ---- what went out

  struct Invocation {
    const LaneTarget& target;
    const Delivery& delivery;
    std::string_view id;
    std::uint32_t attempt;  // its number, or how many there were
    BusLogSettings settings;
    bool held_back = false;  // this attempt has waited for the rate of its target
  };
  // INVOCATION_START before a first attempt, INVOCATION_THROTTLE_START before one that was held back,
  // INVOCATION_ATTEMPT_START before each.
  void attempt_begins(const Invocation& invocation) const;
  // INVOCATION_ATTEMPT_SUCCESS, …_THROTTLE, …_RETRYABLE_FAILURE, …_PERMANENT_FAILURE.
  void attempt_ended(const Invocation& invocation, const AttemptOutcome& outcome, Duration took) const;

  struct Latencies {
    Duration start{0}, complete{0};
  };
  // The event is on the bus that the rule forwards to, or there is no such bus. For the observer alone: AWS's log says
  // nothing of it.
  void forwarded(const Invocation& invocation) const;
  // INVOCATION_SUCCESS.
  void succeeded(const Invocation& invocation, const Latencies& since_ingestion) const;
  // INVOCATION_FAILURE, and INVOCATION_DLQ when there is a dead-letter queue to say something about.
  void failed(const Invocation& invocation, const Latencies& since_ingestion, const DeliveryFailure& failure,
              bool dead_letter_kept) const;

 private:
  const LaneDirectory& buses_;
  Clock& clock_;
  const Sink sink_;
  Observer* observer_ = nullptr;
};

// What it is given lives as long as the call.
class BusLog::Observer {
 public:
  virtual ~Observer() = default;
  virtual void arrived(const Arrival& arrival, const std::vector<Match>& matches, TimePoint now) = 0;
  virtual void attempt_ended(const Invocation& invocation, const AttemptOutcome& outcome, TimePoint now) = 0;
  // Delivered, or forwarded to another bus.
  virtual void succeeded(const Invocation& invocation, TimePoint now) = 0;
  virtual void failed(const Invocation& invocation, const DeliveryFailure& failure, bool dead_letter_kept,
                      TimePoint now) = 0;
};

}  // namespace eventbus
