#pragma once

#include "rules-engine/rule_set.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace eventbus::rules {

// A rule as a RuleIndex keeps it: its text, a quarter of the size of the parsed pattern and parsed again in a
// microsecond when its segment is compiled.
struct SegmentRule {
  RuleId id = 0;
  std::shared_ptr<const std::string> pattern;  // valid
};
using SegmentRules = std::vector<SegmentRule>;

// Some rules of a RuleIndex, compiled together when they are first needed. Immutable; any thread.
class RuleSegment {
 public:
  // By ascending id, each once, at least one.
  explicit RuleSegment(SegmentRules rules) : rules_(std::move(rules)) {}

  const SegmentRules& rules() const { return rules_; }
  bool has(RuleId id) const;
  const std::shared_ptr<const RuleSet>& rule_set() const;

 private:
  SegmentRules rules_;
  mutable std::once_flag compile_once_;
  mutable std::shared_ptr<const RuleSet> rule_set_;
};

}  // namespace eventbus::rules
