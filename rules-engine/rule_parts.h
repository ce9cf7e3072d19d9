#pragma once

#include "rules-engine/compiled_rules.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::rules {

// The kinds of atom, most selective first: the order decides which clause of a branch is looked up.
enum class AtomKind : std::uint8_t {
  kText,
  kNumber,
  kNumberSpelling,
  kAddresses,
  kFoldedText,
  kIgnoreCase,
  kSuffix,
  kPrefix,
  kFoldedSuffix,
  kFoldedPrefix,
  kIgnoreCaseSuffix,
  kIgnoreCasePrefix,
  kWildcard,
  kRange,
  kLiteral,
};

// A rule set with every atom, clause and field numbered once, in the order in which they came: what lay_out_rules makes
// CompiledRules of. Atoms have another name there, the place of their record.
struct RuleParts {
  struct Atom {
    FieldId field;
    AtomKind kind;
    std::string_view payload;  // the text, or the bytes of numbers and addresses
  };
  struct Branch {
    RuleId id;
    std::uint32_t rule;
    bool only_branch;
  };

  std::vector<std::string> paths;
  std::vector<Atom> atoms;
  std::vector<Clause> clauses;
  Lists<AtomId> clause_atoms;
  Lists<std::uint32_t> clause_negations;
  Lists<AtomId> negation_atoms;
  std::vector<Branch> branches;
  Lists<ClauseId> branch_clauses;
  std::size_t rule_count = 0;

  // Does the clause hold only through one of its atoms?
  bool needs_atom(ClauseId clause) const {
    return !clauses[clause].exists && !clauses[clause].absent && clause_negations[clause].empty();
  }
};

CompiledRules lay_out_rules(RuleParts&& parts);

}  // namespace eventbus::rules
