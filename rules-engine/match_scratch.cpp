#include "rules-engine/match_scratch.h"

#include <algorithm>

namespace eventbus::rules {

MatchScratch::MatchScratch() : state_(std::make_unique<State>()) {}
MatchScratch::~MatchScratch() = default;
MatchScratch::MatchScratch(MatchScratch&&) noexcept = default;
MatchScratch& MatchScratch::operator=(MatchScratch&&) noexcept = default;

void MatchScratch::State::begin(const CompiledRules& rules, std::size_t bytes) {
  if (fields.size() < rules.fields.size()) fields.resize(rules.fields.size());
  if (branch_stamps.size() < rules.branch_rule.size()) branch_stamps.resize(rules.branch_rule.size());
  if (rule_stamps.size() < rules.rule_ids.size()) rule_stamps.resize(rules.rule_ids.size());
  if (++epoch == 0) {  // after 2^32 events: old stamps would look new again
    std::ranges::fill(fields, FieldState{});
    std::ranges::fill(branch_stamps, 0);
    std::ranges::fill(rule_stamps, 0);
    epoch = 1;
  }
  // Unescaping never lengthens a text ("\ud800" becomes the three bytes of U+FFFD), and each string is unescaped once.
  if (arena.size() < bytes) arena.resize(bytes);
  arena_used = 0;
  values.clear();
  elements.clear();
  arrays = 0;
  hits.clear();
  candidates.clear();
  matched.clear();
}

}  // namespace eventbus::rules
