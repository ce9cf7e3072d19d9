#pragma once

#include "rules-engine/exact_table.h"
#include "rules-engine/interval_index.h"
#include "rules-engine/path_trie.h"
#include "rules-engine/plain_numbers.h"
#include "rules-engine/rule_set.h"
#include "rules-engine/value_matchers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace eventbus::rules {

// Many short lists in one array.
template <typename T>
class Lists {
 public:
  Lists() : offsets_(1, 0) {}
  void append(std::span<const T> list) {
    items_.insert(items_.end(), list.begin(), list.end());
    offsets_.push_back(static_cast<std::uint32_t>(items_.size()));
  }
  std::span<const T> operator[](std::size_t i) const {
    return {items_.data() + offsets_[i], items_.data() + offsets_[i + 1]};
  }
  std::size_t size() const { return offsets_.size() - 1; }
  std::span<T> mutable_list(std::size_t i) { return {items_.data() + offsets_[i], items_.data() + offsets_[i + 1]}; }
  void shrink() {
    items_.shrink_to_fit();
    offsets_.shrink_to_fit();
  }

 private:
  std::vector<std::uint32_t> offsets_;
  std::vector<T> items_;
};

// What one field's values are tested for. Parts that no rule of the field needs are absent.
struct FieldMatcher {
  // A look-up in the ExactTable that each text of the field needs.
  struct TextLookup {
    ExactKind kind;
    std::uint32_t length;       // of the affix
    std::uint64_t lengths = 0;  // of whole texts: bit length_bit(n), there is one of n bytes
  };
  static std::uint64_t length_bit(std::size_t bytes) { return std::uint64_t{1} << std::min<std::size_t>(bytes, 63); }
  std::vector<TextLookup> texts;
  bool folds = false;    // some of the tests want the text in lower case
  bool numbers = false;  // plain numbers or ranges: parse the value
  bool number_spellings = false;
  std::uint64_t number_keys = 0;  // bit number_bit(n) for each number n that is looked up
  static std::uint64_t number_bit(double number) {
    return std::uint64_t{1} << (std::bit_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15 >> 58);
  }
  std::array<AtomId, 3> literals = {kNone, kNone, kNone};  // by Literal

  struct Indexes {
    AffixIndex prefixes, suffixes, folded_prefixes, folded_suffixes;
    IntervalIndex<double> ranges;
    IntervalIndex<unsigned __int128> v4, v6;
    // Groups of wildcards by their first or last piece, each looked for only in values that hold the piece at its
    // place; those with stars at both ends are tried on every text.
    AffixIndex first_pieces, last_pieces;
    std::uint32_t open_wildcards = kNone;
    IgnoreCaseIndex ignore_case;
    bool any_of_text = false;  // of all but `ranges`
  };
  std::unique_ptr<const Indexes> indexes;
};

// What of a field concerns its plain values, those without hits. Apart from FieldMatcher, which every value reads: only
// values in array elements ask.
struct PlainValues {
  // Do they matter? Not if every clause of the field asks for a hit; else they can mean that the field is there
  // (exists, anything-but). Then one bit of ArrayElement::left_out may say it, if there are not too many such fields.
  bool matter = false;
  std::uint64_t left_out_bit = 0;
  std::uint64_t text_lengths = 0;  // of strings that may be none, as length_bits
  PlainNumbers numbers;
};

// The alternatives of one field of a rule. Rules with the same alternatives share one clause.
struct Clause {
  FieldId field = 0;
  AtomId only_atom = kNone;  // if the clause is this one atom and nothing else, the most common kind
  bool exists = false;       // any value will do
  bool absent = false;       // no value will do
};

// A rule set as arrays of numbers, written by compile_rules and only read after that.
struct CompiledRules {
  // Does the clause hold only through one of its atoms?
  bool needs_hit(ClauseId clause) const {
    return !clauses[clause].exists && !clauses[clause].absent && clause_negations[clause].empty();
  }

  PathTrie paths;
  std::vector<FieldMatcher> fields;
  std::vector<PlainValues> plain_values;  // by field
  ExactTable exact;
  std::vector<FieldId> left_out_fields;  // by bit of ArrayElement::left_out
  bool overlap_lookups = false;  // too large for the near caches: collect_value leaves the rest to resolve_values

  std::vector<Clause> clauses;
  Lists<AtomId> clause_atoms;             // satisfied by a value that has any of these (ascending)
  Lists<std::uint32_t> clause_negations;  // or by one that has no atom of any of these
  Lists<AtomId> negation_atoms;           // ascending

  // Atoms and branches. Each branch is listed once: under the atoms of its most selective clause, or here.
  Records records;
  Lists<BranchId> by_presence;  // under the field of a clause that needs a value
  std::vector<BranchId> always;
  std::size_t rule_count = 0;
};

CompiledRules compile_rules(std::span<const RuleInput> rules);

}  // namespace eventbus::rules
