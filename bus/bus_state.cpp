#include "bus/bus_state.h"

#include "bus/arn.h"
#include "bus/target_rules.h"

#include <utility>
#include <vector>

namespace eventbus {

std::string BusState::arn() const { return bus_arn(scope_, record_.name); }

std::string BusState::rule_arn(std::string_view rule) const { return eventbus::rule_arn(scope_, record_.name, rule); }

std::shared_ptr<const CompiledBus> BusState::compiled() const {
  std::call_once(compile_once_, [this] {
    auto bus = std::make_shared<CompiledBus>();
    bus->scope = scope_;
    bus->name = record_.name;
    bus->arn = arn();
    std::vector<rules::RuleInput> patterns;
    for (const auto& [name, rule] : rules) {
      if (!rule->pattern || !rule->record.enabled()) continue;
      patterns.push_back({static_cast<rules::RuleId>(bus->rules.size()), rule->pattern});
      CompiledRule compiled{name, rule_arn(name), {}, rule->metrics};
      for (const auto& [id, target] : rule->targets) compiled.targets.push_back(target);
      bus->rules.push_back(std::move(compiled));
    }
    bus->rule_set = rules::RuleSet::compile(patterns);
    compiled_ = std::move(bus);
  });
  return compiled_;
}

Result<CompiledTarget> compile_target(const Scope& bus_scope, const TargetRecord& record, const Limits& limits) {
  const Target& target = record.target;
  CompiledTarget compiled;
  compiled.id = target.id;
  compiled.arn = target.arn;
  TRY(compiled.input, compile_input(target.id, target.input));
  if (target.sqs) compiled.message_group_id = target.sqs->message_group_id.value_or("");
  if (target.dead_letter) compiled.dead_letter_arn = target.dead_letter->arn;
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
