#pragma once

#include "bus/bus_records.h"
#include "bus/event.h"
#include "tests/simulation/cadence.h"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace eventbus::simulation {

// What the workload makes, as plain values: small enough that the auditor can say by itself, and in another way than
// the product, what must come of them.

extern const Scope kHome, kAbroad;
// Where schedules put events, and what their source is there.
inline constexpr const char* kScheduledBus = "orders";
inline constexpr const char* kScheduledSource = "clockwork";

struct EventSpec {
  std::uint64_t number = 0;  // stands in the detail: no two events that clients publish have the same
  TimePoint time;            // its own, whole seconds
  std::string bus = "default";
  std::string source, kind, key;
  std::int64_t size = 0;
  std::size_t padding = 0;
  std::string replay;             // that brings it again; empty: none
  std::vector<std::string> only;  // of a replay: the rules that may take it; empty: all

  // What tells it from all others: "17", or "17.again-2" when replay ".again-2" brings it.
  std::string identity() const { return std::to_string(number) + replay; }
  std::string detail() const;
};
Event make_event(const EventSpec& spec, TimePoint now, std::string id);

// A pattern over the members of an EventSpec; all that is given must hold.
struct PatternSpec {
  std::vector<std::string> sources;  // never empty: events of schedules have other sources
  std::vector<std::string> kinds;    // empty: any
  std::string key_prefix, not_kind;  // empty: any
  std::optional<std::int64_t> size_from;
  std::optional<bool> replayed;  // only what a replay brings, or only what none brings

  bool matches(const EventSpec& event) const;
  std::string json() const;
  friend bool operator==(const PatternSpec&, const PatternSpec&) = default;
};

struct TargetSpec {
  enum Kind { kQueue, kFunction, kBus, kLogGroup, kArchive, kUrl, kDestination } kind = kFunction;
  // Of the queue, the function, the bus, the log group, the archive; of a URL all behind "https:"; of an API
  // destination "name/id".
  std::string name;
  bool abroad = false;      // of kBus: the default bus of the other region
  bool transformed = true;  // its input is the token of the delivery; else the whole event
  bool scheduled = false;   // the rule's schedule makes the events: the token begins with '@' and their time
  bool group_by_key = false;
  std::string dead_letter_queue;  // a name; empty: none
  std::optional<std::int64_t> retries, age_seconds;

  std::string arn() const;
  Target target(const std::string& id) const;
  // Its deliveries are attempts, which wait in a lane.
  bool is_attempted() const { return kind == kFunction || kind == kUrl || kind == kDestination; }
  // What arrives is the same, whatever becomes of it when it does not.
  bool delivers_like(const TargetSpec& other) const;
  friend bool operator==(const TargetSpec&, const TargetSpec&) = default;
};

struct RuleSpec {
  bool exists = false, enabled = true;
  PatternSpec pattern;
  std::string schedule;  // instead of a pattern: "cron(0/N * * * ? *)" or "rate(N minutes)"
  Cadence cadence;       // of a rate
  std::map<std::string, TargetSpec> targets;

  friend bool operator==(const RuleSpec&, const RuleSpec&) = default;
};

struct ArchiveSpec {
  bool exists = false;
  std::optional<PatternSpec> pattern;  // none: everything
  std::int64_t retention_days = 0;     // 0: for ever

  bool takes(const EventSpec& event) const {
    return exists && event.replay.empty() && (!pattern || pattern->matches(event));
  }
  friend bool operator==(const ArchiveSpec&, const ArchiveSpec&) = default;
};

struct ReplaySpec {
  std::string name, archive, bus;
  TimePoint start, end;           // of the events' own times
  std::vector<std::string> only;  // rules of the bus
  double speed = 0;

  bool wants(TimePoint time) const { return time >= start && time < end; }
};

struct QueueSpec {
  std::string name;
  bool fifo = false, content_based = false, per_group = false;
  std::int64_t visibility = 30, delay = 0, retention = 1'209'600;  // seconds
  std::string dead_letter_queue;                                   // of its RedrivePolicy; empty: none
  std::int64_t receives_max = 0;
  bool is_dead_letter_queue = false;  // of another queue
  bool takes_letters = false;         // of rules' targets
  bool takes_ticks = false;           // of scheduled rules
  bool steady = false;                // never dropped nor purged

  std::map<std::string, std::string> attributes() const;
};

// What a delivery says of itself: "number/rule/target", and behind it the replay that brought it; names of rules are
// unique over all buses.
std::string token_of(const EventSpec& event, const std::string& rule, const std::string& target);
// The token in a body, or what stands in its place; empty: none.
std::string token_in(std::string_view body);
// EventSpec::identity() of the event in a body.
std::optional<std::string> event_key_in(std::string_view body);

std::string rule_name_in(std::string_view rule_arn);

// The target that is_attempted(), by the `name` of its TargetSpec; and that name, by its ARN.
TargetSpec attempted_target(const std::string& name);
std::string attempted_name_in(std::string_view arn);

}  // namespace eventbus::simulation
