#include "rules-engine/rule_set.h"

#include "rules-engine/flattener.h"
#include "rules-engine/match_scratch.h"
#include "rules-engine/matcher.h"
#include "rules-engine/value_lookup.h"

#include <utility>

namespace eventbus::rules {
namespace {

class CompiledRuleSet final : public RuleSet {
 public:
  explicit CompiledRuleSet(CompiledRules rules) : rules_(std::move(rules)) {}

  Result<std::span<const RuleId>> match(std::string_view event, MatchScratch& scratch) const override {
    MatchScratch::State& state = scratch.state();
    state.begin(rules_, event.size());
    if (!flatten(rules_, event, state)) return invalid("The event is not a JSON object");
    resolve_values(rules_, state);
    match_candidates(rules_, state);
    return std::span<const RuleId>(state.matched);
  }

  std::span<const RuleId> match_valid(std::string_view event, MatchScratch& scratch) const override {
    MatchScratch::State& state = scratch.state();
    state.begin(rules_, event.size());
    if (flatten_valid(rules_, event, state)) {
      resolve_values(rules_, state);
      match_candidates(rules_, state);
    }
    return state.matched;
  }

  std::size_t rule_count() const override { return rules_.rule_count; }

 private:
  CompiledRules rules_;
};

}  // namespace

std::shared_ptr<const RuleSet> RuleSet::compile(std::span<const RuleInput> rules) {
  return std::make_shared<const CompiledRuleSet>(compile_rules(rules));
}

}  // namespace eventbus::rules
