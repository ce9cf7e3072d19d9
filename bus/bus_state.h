#pragma once

#include "base/persistent_map.h"
#include "bus/bus_records.h"
#include "bus/compiled_bus.h"
#include "bus/limits.h"
#include "bus/rule_table.h"
#include "rules-engine/rule_index.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace eventbus {

// A rule of the catalog: its record, and what was made of it once so that no snapshot has to do it again. Immutable
// once it stands in a published BusState.
struct RuleEntry {
  RuleRecord record;
  std::uint64_t revision = 0;                    // of its document; 0 = not stored yet
  bool understood = false;                       // it has a pattern, which is valid
  bool uses_wildcard = false;                    // in its pattern
  std::shared_ptr<const CompiledRule> compiled;  // never null
  std::optional<rules::RuleId> id;               // if events are matched with it: of BusState, which gives it

  bool is_matched() const { return understood && record.enabled(); }
};

// What is taken from storage in one go.
using RuleEntries = std::map<std::string, std::shared_ptr<RuleEntry>, std::less<>>;
using Rules = PersistentMap<std::string, std::shared_ptr<const RuleEntry>>;

// One bus at one moment: an immutable snapshot; a change makes a new one. Copying shares the rules, and changing one of
// them costs microseconds however many there are.
class BusState {
 public:
  BusState(Scope scope, BusRecord record, RuleEntries rules = {});
  BusState(const BusState& other);
  BusState& operator=(const BusState&) = delete;

  // Only while the snapshot is being made; nothing is touched once it is published.
  std::uint64_t revision = 0;  // of the bus's own document; 0 = never stored (the default bus of a scope at rest)
  BusRecord& record() { return record_; }
  void put_rule(const std::shared_ptr<RuleEntry>& entry);  // adds it, or replaces the one of its name
  void erase_rule(std::string_view name);
  bool adopt(const rules::RuleMerge& merge) { return index_.adopt(merge); }

  const Rules& rules() const { return rules_; }
  std::size_t wildcard_rules() const { return wildcard_rules_; }  // disabled ones too
  // What events are matched with: to be merged now and then (RuleIndex).
  const rules::RuleIndex& index() const { return index_; }

  const Scope& scope() const { return scope_; }
  const BusRecord& record() const { return record_; }
  BusKey key() const { return {scope_, record_.name}; }
  std::string arn() const;
  std::string rule_arn(std::string_view rule) const;

  // The snapshot for the publisher, made by the first call: a Terraform run of 300 PutRules with no event in between
  // compiles once. Safe to call from any thread.
  std::shared_ptr<const CompiledBus> compiled() const;

 private:
  Scope scope_;
  BusRecord record_;
  Rules rules_;
  rules::RuleIndex index_;  // the patterns of the rules that are matched
  RuleTable table_;         // the same rules, by the same ids
  std::size_t wildcard_rules_ = 0;
  mutable std::once_flag compile_once_;
  mutable std::shared_ptr<const CompiledBus> compiled_;
};

// kInvalid with AWS's text when the input options cannot be compiled.
// `elsewhere`: another machine has it, although its ARN could be one of this daemon's; its deliveries wait in its lane.
Result<CompiledTarget> compile_target(const Scope& bus_scope, const TargetRecord& record, const Limits& limits,
                                      bool elsewhere = false);

}  // namespace eventbus
