#pragma once

#include "bus/bus_records.h"
#include "bus/compiled_bus.h"
#include "bus/limits.h"
#include "rules-engine/pattern_parser.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace eventbus {

// A rule of the catalog: its record, and what was made of it once so that no snapshot has to parse again. Immutable
// once it stands in a BusState.
struct RuleEntry {
  RuleRecord record;
  std::uint64_t revision = 0;                          // of its document; 0 = not stored yet
  std::shared_ptr<const rules::EventPattern> pattern;  // null without a pattern
  std::map<std::string, CompiledTarget> targets;       // by id
  std::shared_ptr<RuleMetrics> metrics;
};

using Rules = std::map<std::string, std::shared_ptr<const RuleEntry>, std::less<>>;

// One bus at one moment: an immutable snapshot; a change makes a new one. Copying shares the rules.
class BusState {
 public:
  BusState(Scope scope, BusRecord record) : scope_(std::move(scope)), record_(std::move(record)) {}
  BusState(const BusState& other)
      : rules(other.rules), revision(other.revision), scope_(other.scope_), record_(other.record_) {}
  BusState& operator=(const BusState&) = delete;

  // Filled while the snapshot is being made; not touched once it is published.
  Rules rules;
  std::uint64_t revision = 0;  // of the bus's own document; 0 = never stored (the default bus of a scope at rest)
  BusRecord& record() { return record_; }

  const Scope& scope() const { return scope_; }
  const BusRecord& record() const { return record_; }
  BusKey key() const { return {scope_, record_.name}; }
  std::string arn() const;
  std::string rule_arn(std::string_view rule) const;

  // The snapshot for the publisher, compiled by the first call: a Terraform run of 300 PutRules with no event in
  // between compiles once. Safe to call from any thread.
  std::shared_ptr<const CompiledBus> compiled() const;

 private:
  Scope scope_;
  BusRecord record_;
  mutable std::once_flag compile_once_;
  mutable std::shared_ptr<const CompiledBus> compiled_;
};

// kInvalid with AWS's text when the input options cannot be compiled.
Result<CompiledTarget> compile_target(const Scope& bus_scope, const TargetRecord& record, const Limits& limits);

}  // namespace eventbus
