#pragma once

#include "bus/input_transformer.h"
#include "bus/rule_table.h"
#include "bus/scope.h"
#include "rules-engine/rule_set.h"
#include "storage/event_log.h"
#include "storage/queue_store.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

class RuleMetrics;  // bus/publisher_metrics.h: the counters of one rule, looked up once when the rule is compiled

// A target, ready to be delivered to.
struct CompiledTarget {
  std::string id, arn;
  InputSelection input;          // whole event, constant, path or transformer: compiled
  std::string message_group_id;  // SqsParameters; text, or a JSON path when it begins with '$'
  std::optional<std::string> dead_letter_arn;
  // What the target is, decided once from its ARN:
  enum Kind {
    kQueue,     // an SQS queue of this daemon
    kBus,       // a bus of this daemon
    kLogGroup,  // a log group of this daemon
    kArchive,   // an archive of this daemon: its managed rule's target
    kLane,      // anything else
  } kind = kLane;
  Scope local_scope;  // of what this daemon has: which one
  std::string local_name;
  bool other_region = false;  // of kQueue, and of kLogGroup another account too: AWS fails the delivery
  QueueId lane = 0;           // of all but kQueue and kArchive: the outbox lane in which deliveries wait
  LogId archive = 0;          // of kArchive: the log of its events
};

struct CompiledRule {
  std::string name, arn;
  std::vector<CompiledTarget> targets;
  std::shared_ptr<RuleMetrics> metrics;
};

// One bus as the publisher sees it: an immutable snapshot. Only enabled rules with a pattern are in it.
struct CompiledBus {
  Scope scope;
  std::string name, arn;
  std::shared_ptr<const rules::RuleSet> rule_set;
  RuleTable rules;  // by the RuleIds of `rule_set`
};

// Where the publisher looks buses up. Safe to call from any thread.
class BusDirectory {
 public:
  virtual ~BusDirectory() = default;
  // nullptr when there is no such bus; the default bus of every scope exists.
  virtual std::shared_ptr<const CompiledBus> find(const Scope& scope, std::string_view bus) const = 0;
  // The outbox lanes of all targets, of disabled rules too: what waits in them together is bounded. Asked for only when
  // so much is stored that the bound may have been reached.
  virtual std::vector<QueueId> lanes() const = 0;
};

}  // namespace eventbus
