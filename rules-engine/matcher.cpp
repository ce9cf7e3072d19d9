#include "rules-engine/matcher.h"

#include "rules-engine/array_join.h"
#include "rules-engine/left_out_values.h"

#include <algorithm>

namespace eventbus::rules {
namespace {

bool contains(std::span<const AtomId> ascending, AtomId atom) {
  constexpr std::size_t kShort = 8;
  if (ascending.size() <= kShort) return std::ranges::find(ascending, atom) != ascending.end();
  return std::ranges::binary_search(ascending, atom);
}

bool any_hit_in(std::span<const AtomId> ascending, const EventValue& value, const MatchScratch::State& scratch) {
  for (std::uint32_t i = value.hits_begin; i < value.hits_end; ++i) {
    if (contains(ascending, scratch.hits[i])) return true;
  }
  return false;
}

// How a clause fares when array elements are left aside.
struct Outcome {
  bool holds = false;
  bool in_elements = false;  // values of its field sit in array elements, so other clauses may forbid them
};

Outcome judge(const CompiledRules& rules, ClauseId id, const MatchScratch::State& scratch) {
  const Clause& clause = rules.clauses[id];
  const auto& field = scratch.fields[clause.field];
  if (field.epoch != scratch.epoch) return {clause.absent, false};
  // With values in elements, exists: false may yet hold beside the elements that other clauses choose.
  if (clause.absent && field.in_elements) return {true, true};
  for (std::uint32_t i = field.first; i != kNone; i = scratch.values[i].next) {
    if (satisfies(rules, id, scratch.values[i], scratch)) return {true, field.in_elements};
  }
  return {false, false};
}

enum class Verdict : std::uint8_t { kHolds, kFails, kUndecided };

// `access`: the field of the clause that has brought the branch up. kUndecided: if some choice of elements allows it.
Verdict branch_matches(const CompiledRules& rules, const BranchView& branch, FieldId access,
                       MatchScratch::State& scratch) {
  std::size_t in_elements = 0;
  bool absent_in_elements = false;
  for (std::uint32_t i = 0; i < branch.clauses.size(); ++i) {
    if (i == branch.access) {  // an atom of it was hit; its clause would be another cache miss
      in_elements += scratch.fields[access].in_elements ? 1 : 0;
      continue;
    }
    const ClauseId clause = branch.clauses[i];
    const Outcome outcome = judge(rules, clause, scratch);
    if (!outcome.holds) return Verdict::kFails;
    in_elements += outcome.in_elements ? 1 : 0;
    absent_in_elements = absent_in_elements || (outcome.in_elements && rules.clauses[clause].absent);
  }
  if (in_elements < 2 && !absent_in_elements) return Verdict::kHolds;
  if (holds_in_one_element(rules, branch.clauses, branch.access, scratch)) return Verdict::kHolds;
  const bool all_recorded = std::ranges::none_of(branch.clauses, [&](ClauseId clause) {
    const auto& field = scratch.fields[rules.clauses[clause].field];
    return field.epoch == scratch.epoch && field.left_out && !rules.needs_hit(clause);
  });
  if (!all_recorded) return Verdict::kUndecided;
  return holds_in_one_choice_of_elements(rules, branch.clauses, scratch) ? Verdict::kHolds : Verdict::kFails;
}

// The numbers of rules are told from places of records by this bit.
constexpr std::uint32_t kRule = 1U << 31;

[[gnu::always_inline]] inline void report(const BranchView& branch, MatchScratch::State& scratch) {
  if (branch.only_branch || scratch.seen.insert(branch.rule | kRule)) scratch.matched.push_back(branch.id);
}

void verify(const CompiledRules& rules, BranchId id, FieldId access, MatchScratch::State& scratch) {
  if ((id & Records::kShared) != 0) {
    id &= ~Records::kShared;
    if (!scratch.seen.insert(id)) return;
  }
  const BranchView branch = rules.records.branch(id);
  if (!branch.settled) {
    const Verdict verdict = branch_matches(rules, branch, access, scratch);
    if (verdict == Verdict::kUndecided) scratch.undecided.push_back(id);
    if (verdict != Verdict::kHolds) return;
  }
  report(branch, scratch);
}

void decide_the_rest(const CompiledRules& rules, MatchScratch::State& scratch) {
  if (scratch.undecided.empty()) return;
  put_back_left_out(rules, scratch);
  for (BranchId id : scratch.undecided) {
    const BranchView branch = rules.records.branch(id);
    if (holds_in_one_choice_of_elements(rules, branch.clauses, scratch)) report(branch, scratch);
  }
}

}  // namespace

bool satisfies(const CompiledRules& rules, ClauseId clause, const EventValue& value,
               const MatchScratch::State& scratch) {
  const AtomId only_atom = rules.clauses[clause].only_atom;
  if (only_atom != kNone) return any_hit_in({&only_atom, 1}, value, scratch);
  if (rules.clauses[clause].exists || any_hit_in(rules.clause_atoms[clause], value, scratch)) return true;
  return std::ranges::any_of(rules.clause_negations[clause], [&](std::uint32_t negation) {
    return !any_hit_in(rules.negation_atoms[negation], value, scratch);
  });
}

void match_candidates(const CompiledRules& rules, MatchScratch::State& scratch) {
  scratch.seen.clear();
  for (std::uint32_t i = 0; i < scratch.values.size(); ++i) {
    const EventValue& value = scratch.values[i];
    const auto& field = scratch.fields[value.field];
    if (field.first == i) {
      for (BranchId branch : rules.by_presence[value.field]) verify(rules, branch, value.field, scratch);
    }
    for (std::uint32_t hit = value.hits_begin; hit < value.hits_end; ++hit) {
      const AtomId atom = scratch.hits[hit];
      const auto branches = rules.records.branches_of(atom);
      // Another value of the field may have had the atom.
      if (branches.empty() || (field.first != field.last && !scratch.seen.insert(atom))) continue;
      for (BranchId branch : branches) verify(rules, branch, value.field, scratch);
    }
  }
  for (BranchId branch : rules.always) verify(rules, branch, kNone, scratch);
  decide_the_rest(rules, scratch);
  std::ranges::sort(scratch.matched);
  scratch.matched.erase(std::unique(scratch.matched.begin(), scratch.matched.end()), scratch.matched.end());
}

}  // namespace eventbus::rules
