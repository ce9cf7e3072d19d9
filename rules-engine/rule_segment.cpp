#include "rules-engine/rule_segment.h"

#include "rules-engine/pattern_parser.h"

#include <algorithm>

namespace eventbus::rules {

bool RuleSegment::has(RuleId id) const {
  const auto found = std::ranges::lower_bound(rules_, id, {}, &SegmentRule::id);
  return found != rules_.end() && found->id == id;
}

const std::shared_ptr<const RuleSet>& RuleSegment::rule_set() const {
  std::call_once(compile_once_, [this] {
    std::vector<RuleInput> inputs;
    inputs.reserve(rules_.size());
    for (const SegmentRule& rule : rules_) inputs.push_back({rule.id, parse_event_pattern(*rule.pattern).value()});
    rule_set_ = RuleSet::compile(inputs);
  });
  return rule_set_;
}

}  // namespace eventbus::rules
