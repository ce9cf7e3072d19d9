#include "bus/bus_state.h"

#include "bus/arn.h"
#include "bus/target_rules.h"

#include <iterator>
#include <utility>
#include <vector>

namespace eventbus {

std::string BusState::arn() const { return bus_arn(scope_, record_.name); }

std::string BusState::rule_arn(std::string_view rule) const { return eventbus::rule_arn(scope_, record_.name, rule); }

BusState::BusState(Scope scope, BusRecord record, RuleEntries rules)
    : scope_(std::move(scope)), record_(std::move(record)) {
  std::vector<rules::RuleIndex::Rule> patterns;
  std::vector<RuleTable::Rule> compiled;
  for (const auto& [name, entry] : rules) {
    if (entry->uses_wildcard) ++wildcard_rules_;
    if (!entry->is_matched()) continue;
    entry->id = static_cast<rules::RuleId>(compiled.size());
    patterns.push_back({*entry->id, *entry->record.settings.event_pattern});
    compiled.push_back(entry->compiled);
  }
  index_.put_all(patterns).value();
  table_ = RuleTable(std::move(compiled));
  rules_ = Rules({std::make_move_iterator(rules.begin()), std::make_move_iterator(rules.end())});
}

BusState::BusState(const BusState& other)
    : revision(other.revision),
      scope_(other.scope_),
      record_(other.record_),
      rules_(other.rules_),
      index_(other.index_),
      table_(other.table_),
      wildcard_rules_(other.wildcard_rules_) {}

void BusState::put_rule(const std::shared_ptr<RuleEntry>& entry) {
  const std::string& name = entry->record.name;
  const auto found = rules_.find(name);
  const std::shared_ptr<const RuleEntry> old = found == rules_.end() ? nullptr : found->second;
  entry->id = std::nullopt;
  if (old && old->id && entry->is_matched()) {
    entry->id = old->id;
    table_.replace(*entry->id, entry->compiled);
  } else if (entry->is_matched()) {
    entry->id = table_.add(entry->compiled);
  } else if (old && old->id) {
    index_.remove(*old->id);
    table_.remove(*old->id);
  }
  const auto& pattern = entry->record.settings.event_pattern;
  const bool same_pattern = old && old->id && pattern == old->record.settings.event_pattern;
  if (entry->id && !same_pattern) index_.put(*entry->id, *pattern).value();  // parsed before: `understood`
  if (old && old->uses_wildcard) --wildcard_rules_;
  if (entry->uses_wildcard) ++wildcard_rules_;
  rules_.insert_or_assign(name, entry);
}

void BusState::erase_rule(std::string_view name) {
  const auto found = rules_.find(name);
  if (found == rules_.end()) return;
  const std::shared_ptr<const RuleEntry> old = found->second;
  if (old->id) {
    index_.remove(*old->id);
    table_.remove(*old->id);
  }
  if (old->uses_wildcard) --wildcard_rules_;
  rules_.erase(name);
}

std::shared_ptr<const CompiledBus> BusState::compiled() const {
  std::call_once(compile_once_, [this] {
    compiled_ =
        std::make_shared<const CompiledBus>(CompiledBus{scope_, record_.name, arn(), index_.rule_set(), table_});
  });
  return compiled_;
}

Result<CompiledTarget> compile_target(const Scope& bus_scope, const TargetRecord& record, const Limits& limits,
                                      bool elsewhere) {
  const Target& target = record.target;
  CompiledTarget compiled;
  compiled.id = target.id;
  compiled.arn = target.arn;
  if (record.archive != 0) {  // keeps the event itself, whatever its InputTransformer says to those who list it
    compiled.kind = CompiledTarget::kArchive;
    compiled.archive = record.archive;
    return compiled;
  }
  TRY(compiled.input, compile_input(target.id, target.input));
  if (target.sqs) compiled.message_group_id = target.sqs->message_group_id.value_or("");
  if (target.dead_letter) compiled.dead_letter_arn = target.dead_letter->arn;
  if (elsewhere) {
    compiled.lane = record.lane;
    return compiled;
  }
  if (const std::optional<Arn> queue = local_queue(target.arn)) {
    compiled.kind = CompiledTarget::kQueue;
    compiled.local_scope = queue->scope();
    compiled.local_name = queue->resource;
    compiled.other_region = queue->region != bus_scope.region && !limits.allow_cross_region_queues;
    return compiled;
  }
  compiled.lane = record.lane;
  const std::optional<Arn> arn = Arn::parse(target.arn);
  if (!arn) return compiled;
  if (std::optional<LocalName> bus = local_bus(*arn)) {
    compiled.kind = CompiledTarget::kBus;
    compiled.local_scope = std::move(bus->scope);
    compiled.local_name = std::move(bus->name);
  } else if (std::optional<LocalName> group = local_log_group(*arn)) {
    compiled.kind = CompiledTarget::kLogGroup;
    compiled.other_region = group->scope != bus_scope;
    compiled.local_scope = std::move(group->scope);
    compiled.local_name = std::move(group->name);
  }
  return compiled;
}

}  // namespace eventbus
