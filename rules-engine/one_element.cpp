#include "rules-engine/array_join.h"
#include "rules-engine/matcher.h"

#include <algorithm>

namespace eventbus::rules {
namespace {

using State = MatchScratch::State;

constexpr int kTried = 8;
constexpr std::uint32_t kLargeElement = 64;  // trying each clause on so many values is no longer cheap

bool holds_in(const CompiledRules& rules, ClauseId id, std::uint32_t place, const State& scratch) {
  const Clause& clause = rules.clauses[id];
  if (clause.absent) return false;  // its order counts
  if (!scratch.fields[clause.field].in_elements) return true;
  const ArrayElement& element = scratch.elements[place];
  const bool plain_will_do = clause.exists || !rules.clause_negations[id].empty();
  if (plain_will_do && (element.left_out & rules.plain_values[clause.field].left_out_bit) != 0) return true;
  for (std::uint32_t i = element.values_begin; i < element.values_end; ++i) {
    const EventValue& value = scratch.values[i];
    if (value.field == clause.field && value.element == place && satisfies(rules, id, value, scratch)) return true;
  }
  return false;
}

}  // namespace

bool holds_in_one_element(const CompiledRules& rules, std::span<const ClauseId> clauses, std::size_t access,
                          const State& scratch) {
  if (access >= clauses.size()) return false;
  int tried = 0;
  const ClauseId clause = clauses[access];
  for (std::uint32_t i = scratch.fields[rules.clauses[clause].field].first; i != kNone && tried < kTried;
       i = scratch.values[i].next) {
    if (!satisfies(rules, clause, scratch.values[i], scratch)) continue;
    ++tried;
    const std::uint32_t place = scratch.values[i].element;
    if (place == kNone) return false;
    const ArrayElement& element = scratch.elements[place];
    if (element.values_end - element.values_begin > kLargeElement) return false;
    if (std::ranges::all_of(clauses,
                            [&](ClauseId other) { return other == clause || holds_in(rules, other, place, scratch); }))
      return true;
  }
  return false;
}

}  // namespace eventbus::rules
