#pragma once

#include "base/rng.h"
#include "bus/arn.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "bus/target_rules.h"
#include "rules-engine/pattern_parser.h"
#include "tests/support/manual_clock.h"
#include "tests/support/recording_storage.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::testing {

inline const Scope kHome{"000000000000", "us-east-1"};

// A target as a test writes it down.
struct TestTarget {
  std::string id, arn;
  InputFields input;
  std::string group;
  std::optional<std::string> dead_letter_arn;
  bool other_region = false;
  QueueId lane = 0;  // for what is no queue

  TestTarget with_input_template(std::string text, std::map<std::string, std::string> paths = {}) && {
    input.transformer = InputFields::Transformer{std::move(paths), std::move(text)};
    return std::move(*this);
  }
  TestTarget with_dead_letters_to(std::string queue) && {
    dead_letter_arn = queue_arn(kHome, queue);
    return std::move(*this);
  }
};
inline TestTarget to_queue(std::string name, std::string group = "") {
  TestTarget target;
  target.id = name;
  target.arn = queue_arn(kHome, name);
  target.group = std::move(group);
  return target;
}
inline TestTarget to_lane(QueueId lane) {
  TestTarget target;
  target.id = "fn";
  target.arn = "arn:aws:lambda:us-east-1:000000000000:function:fn";
  target.lane = lane;
  return target;
}

// `lane`: for what does not go in the plan.
inline TestTarget to_bus(std::string name, const Scope& scope = kHome, QueueId lane = 77) {
  TestTarget target;
  target.id = name;
  target.arn = bus_arn(scope, name);
  target.lane = lane;
  return target;
}

// Queues that a test sets down.
class TestQueues final : public QueueDirectory {
 public:
  QueueInfo& add(const std::string& name, const Scope& scope = kHome) {
    auto queue = std::make_shared<QueueInfo>();
    queue->id = next_queue_++;
    queue->scope = scope;
    queue->name = name;
    queue->arn = queue_arn(scope, name);
    queue->fifo = name.ends_with(".fifo");
    queues_[{scope, name}] = queue;
    return *queue;
  }
  void remove(const std::string& name) { queues_.erase({kHome, name}); }
  QueueId id_of(const std::string& queue) const { return queues_.at({kHome, queue})->id; }

  std::shared_ptr<const QueueInfo> find(const Scope& scope, std::string_view name) const override {
    const auto found = queues_.find({scope, std::string(name)});
    return found == queues_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::pair<Scope, std::string>, std::shared_ptr<QueueInfo>> queues_;
  QueueId next_queue_ = 1;
};

// Everything a Publisher needs, with buses that a test sets down. Buses are compiled at each look-up.
class PublisherWorld final : public BusDirectory {
 public:
  ManualClock clock{test_epoch()};
  SeededRng rng{42};
  Limits limits;
  PublisherMetrics metrics;
  RecordingStorage storage;
  TestQueues queues;
  std::ostringstream log_text;
  spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text)};
  Publisher publisher{{*this, queues, storage, clock, rng, limits, metrics, log}};

  PublisherWorld() { add_bus("default"); }

  void add_bus(const std::string& name, const Scope& scope = kHome) { rules_[{scope, name}]; }

  void add_rule(const std::string& name, std::string_view pattern, std::vector<TestTarget> targets,
                const std::string& bus = "default", const Scope& scope = kHome) {
    auto parsed = rules::parse_event_pattern(pattern);
    if (!parsed) throw std::invalid_argument(parsed.error().message);
    rules_[{scope, bus}].push_back({name, std::move(*parsed), std::move(targets), metrics.rule(scope, bus, name)});
  }

  std::shared_ptr<RuleMetrics> metrics_of(const std::string& rule, const std::string& bus = "default") {
    return metrics.rule(kHome, bus, rule);
  }

  std::shared_ptr<const CompiledBus> find(const Scope& scope, std::string_view name) const override {
    const auto found = rules_.find({scope, std::string(name)});
    if (found == rules_.end()) return nullptr;
    auto bus = std::make_shared<CompiledBus>();
    bus->scope = scope;
    bus->name = name;
    bus->arn = bus_arn(scope, name);
    std::vector<rules::RuleInput> patterns;
    for (const Rule& rule : found->second) {
      patterns.push_back({static_cast<rules::RuleId>(bus->rules.size()), rule.pattern});
      CompiledRule compiled;
      compiled.name = rule.name;
      compiled.arn = rule_arn(scope, name, rule.name);
      compiled.metrics = rule.metrics;
      for (const TestTarget& target : rule.targets) compiled.targets.push_back(compile(target));
      bus->rules.add(std::make_shared<const CompiledRule>(std::move(compiled)));
    }
    bus->rule_set = rules::RuleSet::compile(patterns);
    return bus;
  }
  std::vector<QueueId> lanes() const override { return lane_list; }
  std::vector<QueueId> lane_list;

 private:
  struct Rule {
    std::string name;
    std::shared_ptr<const rules::EventPattern> pattern;
    std::vector<TestTarget> targets;
    std::shared_ptr<RuleMetrics> metrics;
  };

  static CompiledTarget compile(const TestTarget& target) {
    CompiledTarget compiled;
    compiled.id = target.id;
    compiled.arn = target.arn;
    compiled.input = compile_input(target.id, target.input).value();
    compiled.message_group_id = target.group;
    compiled.dead_letter_arn = target.dead_letter_arn;
    compiled.lane = target.lane;
    compiled.other_region = target.other_region;
    const Arn arn = Arn::parse(target.arn).value();
    if (const std::optional<LocalName> bus = local_bus(arn)) {
      compiled.kind = CompiledTarget::kBus;
      compiled.local_scope = bus->scope;
      compiled.local_name = bus->name;
    } else if (target.lane == 0) {
      compiled.kind = CompiledTarget::kQueue;
      compiled.local_scope = arn.scope();
      compiled.local_name = arn.resource;
    }
    return compiled;
  }

  std::map<std::pair<Scope, std::string>, std::vector<Rule>> rules_;
};

}  // namespace eventbus::testing
