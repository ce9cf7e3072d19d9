#include "rules-engine/rule_segment.h"

#include "rules-engine/pattern_parser.h"

#include <algorithm>

namespace eventbus::rules {

RuleSegment::RuleSegment(const std::vector<Rule>& rules) {
  std::size_t bytes = 0;
  for (const Rule& rule : rules) bytes += rule.pattern.size();
  texts_.reserve(bytes);
  entries_.reserve(rules.size());
  for (const Rule& rule : rules) {
    entries_.push_back({rule.id, static_cast<std::uint32_t>(rule.pattern.size()), texts_.size()});
    texts_ += rule.pattern;
  }
}

bool RuleSegment::has(RuleId id) const {
  const auto found = std::ranges::lower_bound(entries_, id, {}, &Entry::id);
  return found != entries_.end() && found->id == id;
}

const std::shared_ptr<const RuleSet>& RuleSegment::rule_set() const {
  std::call_once(compile_once_, [this] {
    std::vector<RuleInput> inputs;
    inputs.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) {
      const Rule rule = (*this)[i];
      inputs.push_back({rule.id, parse_event_pattern(rule.pattern).value()});
    }
    rule_set_ = RuleSet::compile(inputs);
  });
  return rule_set_;
}

}  // namespace eventbus::rules
