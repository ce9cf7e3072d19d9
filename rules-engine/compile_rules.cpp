#include "rules-engine/compiled_rules.h"
#include "rules-engine/ignore_case.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace eventbus::rules {
namespace {

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

// How many values of an event we expect to satisfy an atom of the kind, relative to an exact one.
constexpr std::uint64_t expected_hits(AtomKind kind) {
  if (kind <= AtomKind::kIgnoreCase) return 1;
  if (kind <= AtomKind::kWildcard) return 4;
  return kind == AtomKind::kRange ? 16 : 64;
}

template <typename T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

double without_sign_of_zero(double value) { return value == 0 ? 0.0 : value; }

class Compiler {
 public:
  CompiledRules compile(std::span<const RuleInput> rules) {
    for (const RuleInput& rule : rules) add_rule(rule);
    build_fields();
    build_access();
    return std::move(out_);
  }

 private:
  struct Atom {
    FieldId field;
    AtomKind kind;
    const std::string* key;  // the payload begins at kKeyHeader; owned by atom_ids_
  };
  static constexpr std::size_t kKeyHeader = sizeof(FieldId) + sizeof(AtomKind);

  // --- interning -----------------------------------------------------------------------------------------------------

  void add_rule(const RuleInput& rule) {
    const auto rule_index = static_cast<std::uint32_t>(out_.rule_count++);
    std::vector<ClauseId> field_clauses;
    field_clauses.reserve(rule.pattern->fields().size());
    for (const FieldPattern& field : rule.pattern->fields()) field_clauses.push_back(add_clause(field));
    std::vector<ClauseId> clauses;
    for (const EventPattern::Branch& branch : rule.pattern->branches()) {
      clauses.clear();
      for (std::uint32_t field : branch) clauses.push_back(field_clauses[field]);
      out_.branch_clauses.append(clauses);
      const bool settled = clauses.size() == 1 && needs_atom(clauses.front());
      out_.branches.push_back({rule.id, rule_index, settled, rule.pattern->branches().size() == 1});
    }
  }

  // Does the clause hold only through one of its atoms?
  bool needs_atom(ClauseId clause) const {
    return !out_.clauses[clause].exists && !out_.clauses[clause].absent && out_.clause_negations[clause].empty();
  }

  FieldId add_field(const std::string& path) {
    const auto [place, fresh] = field_ids_.try_emplace(path, static_cast<FieldId>(paths_.size()));
    if (fresh) paths_.push_back(path);
    return place->second;
  }

  ClauseId add_clause(const FieldPattern& pattern) {
    Clause clause;
    clause.field = add_field(pattern.path);
    std::vector<AtomId> atoms;
    std::vector<std::uint32_t> negations;
    for (const Condition& condition : pattern.conditions) {
      if (std::holds_alternative<Exists>(condition)) {
        clause.exists = true;
      } else if (std::holds_alternative<Absent>(condition)) {
        clause.absent = true;
      } else if (const auto* but_text = std::get_if<AnythingButText>(&condition)) {
        std::vector<AtomId> excluded;
        for (const std::string& text : but_text->texts) excluded.push_back(add_text(clause.field, but_text->op, text));
        negations.push_back(add_negation(std::move(excluded)));
      } else if (const auto* but_numbers = std::get_if<AnythingButNumbers>(&condition)) {
        std::vector<AtomId> excluded;
        for (double number : but_numbers->numbers) excluded.push_back(add_number(clause.field, number));
        negations.push_back(add_negation(std::move(excluded)));
      } else {
        atoms.push_back(add_positive(clause.field, condition));
      }
    }
    sort_unique(atoms);
    sort_unique(negations);
    if (atoms.size() == 1 && negations.empty() && !clause.exists && !clause.absent) clause.only_atom = atoms.front();
    std::string key = bytes_of(clause.field);
    key += static_cast<char>((clause.exists ? 1 : 0) | (clause.absent ? 2 : 0));
    key += bytes_of(static_cast<std::uint32_t>(atoms.size()));
    append_bytes(key, atoms);
    append_bytes(key, negations);
    const auto [place, fresh] = clause_ids_.try_emplace(std::move(key), static_cast<ClauseId>(out_.clauses.size()));
    if (fresh) {
      out_.clauses.push_back(clause);
      out_.clause_atoms.append(atoms);
      out_.clause_negations.append(negations);
    }
    return place->second;
  }

  std::uint32_t add_negation(std::vector<AtomId> atoms) {
    sort_unique(atoms);
    std::string key;
    append_bytes(key, atoms);
    const auto [place, fresh] =
        negation_ids_.try_emplace(std::move(key), static_cast<std::uint32_t>(out_.negation_atoms.size()));
    if (fresh) out_.negation_atoms.append(atoms);
    return place->second;
  }

  AtomId add_positive(FieldId field, const Condition& condition) {
    if (const auto* text = std::get_if<TextMatch>(&condition)) return add_text(field, text->op, text->text);
    if (const auto* number = std::get_if<NumberEquals>(&condition)) return add_number(field, number->value);
    if (const auto* spelling = std::get_if<NumberSpelling>(&condition)) {
      return add_atom(field, AtomKind::kNumberSpelling, spelling->text);
    }
    if (const auto* range = std::get_if<NumberRange>(&condition)) {
      constexpr double kInfinity = std::numeric_limits<double>::infinity();
      const double bottom = range->open_bottom ? std::nextafter(range->bottom, kInfinity) : range->bottom;
      const double top = range->open_top ? std::nextafter(range->top, -kInfinity) : range->top;
      return add_atom(field, AtomKind::kRange,
                      bytes_of(without_sign_of_zero(bottom)) + bytes_of(without_sign_of_zero(top)));
    }
    if (const auto* address = std::get_if<AddressInRange>(&condition)) {
      const AddressRange& range_of = address->range;
      return add_atom(field, AtomKind::kAddresses,
                      bytes_of(range_of.bottom) + bytes_of(range_of.top) + static_cast<char>(range_of.v6 ? 1 : 0));
    }
    return add_atom(field, AtomKind::kLiteral, std::string(1, static_cast<char>(std::get<Literal>(condition))));
  }

  AtomId add_number(FieldId field, double number) {
    return add_atom(field, AtomKind::kNumber, bytes_of(without_sign_of_zero(number)));
  }

  AtomId add_text(FieldId field, TextOperator op, const std::string& text) {
    switch (op) {
      case TextOperator::kEquals:
        return add_atom(field, AtomKind::kText, text);
      case TextOperator::kPrefix:
        return add_atom(field, AtomKind::kPrefix, text);
      case TextOperator::kSuffix:
        return add_atom(field, AtomKind::kSuffix, text);
      case TextOperator::kEqualsIgnoreCase:
        return add_ignore_case(field, AtomKind::kFoldedText, AtomKind::kIgnoreCase, text);
      case TextOperator::kPrefixIgnoreCase:
        return add_ignore_case(field, AtomKind::kFoldedPrefix, AtomKind::kIgnoreCasePrefix, text);
      case TextOperator::kSuffixIgnoreCase:
        return add_ignore_case(field, AtomKind::kFoldedSuffix, AtomKind::kIgnoreCaseSuffix, text);
      case TextOperator::kWildcard:
        break;
    }
    const Wildcard wildcard(text);
    const auto& pieces = wildcard.pieces();
    if (pieces.size() == 1) return add_atom(field, AtomKind::kText, pieces[0]);
    if (pieces.size() == 2 && pieces[1].empty()) return add_atom(field, AtomKind::kPrefix, pieces[0]);
    if (pieces.size() == 2 && pieces[0].empty()) return add_atom(field, AtomKind::kSuffix, pieces[1]);
    return add_atom(field, AtomKind::kWildcard, text);
  }

  AtomId add_ignore_case(FieldId field, AtomKind ascii_kind, AtomKind kind, const std::string& text) {
    return is_ascii(text) ? add_atom(field, ascii_kind, ascii_lower(text)) : add_atom(field, kind, text);
  }

  AtomId add_atom(FieldId field, AtomKind kind, const std::string& payload) {
    std::string key = bytes_of(field);
    key += static_cast<char>(kind);
    key += payload;
    const auto [place, fresh] = atom_ids_.try_emplace(std::move(key), static_cast<AtomId>(atoms_.size()));
    if (fresh) atoms_.push_back({field, kind, &place->first});
    return place->second;
  }

  template <typename T>
  static void sort_unique(std::vector<T>& items) {
    std::ranges::sort(items);
    items.erase(std::unique(items.begin(), items.end()), items.end());
  }

  static void append_bytes(std::string& key, const std::vector<std::uint32_t>& items) {
    key.append(reinterpret_cast<const char*>(items.data()), items.size() * sizeof(std::uint32_t));
  }

  // --- fields --------------------------------------------------------------------------------------------------------

  // The texts of one field's indexes, gathered before they are built.
  struct Gathered {
    using Texts = std::vector<std::pair<std::string, AtomId>>;
    Texts prefixes, suffixes, folded_prefixes, folded_suffixes, wildcards;
    std::vector<IntervalIndex<double>::Interval> ranges;
    std::vector<IntervalIndex<unsigned __int128>::Interval> v4, v6;
    IgnoreCaseIndex ignore_case;
    bool any = false;
  };

  void build_fields() {
    out_.paths = PathTrie(paths_);
    out_.fields.resize(paths_.size());
    std::vector<std::pair<ExactTable::Key, AtomId>> exact;
    std::vector<Gathered> gathered(paths_.size());
    for (AtomId id = 0; id < atoms_.size(); ++id) gather(id, exact, gathered[atoms_[id].field]);
    out_.exact = ExactTable(exact);
    for (FieldId field = 0; field < paths_.size(); ++field) {
      Gathered& parts = gathered[field];
      if (!parts.any) continue;
      using Index = FieldMatcher::Indexes;
      auto indexes = std::make_unique<Index>();
      indexes->prefixes = AffixIndex(AffixIndex::End::kFront, std::move(parts.prefixes));
      indexes->suffixes = AffixIndex(AffixIndex::End::kBack, std::move(parts.suffixes));
      indexes->folded_prefixes = AffixIndex(AffixIndex::End::kFront, std::move(parts.folded_prefixes));
      indexes->folded_suffixes = AffixIndex(AffixIndex::End::kBack, std::move(parts.folded_suffixes));
      indexes->ranges = IntervalIndex<double>(std::move(parts.ranges));
      indexes->v4 = IntervalIndex<unsigned __int128>(std::move(parts.v4));
      indexes->v6 = IntervalIndex<unsigned __int128>(std::move(parts.v6));
      indexes->wildcards = WildcardIndex(std::move(parts.wildcards));
      indexes->ignore_case = std::move(parts.ignore_case);
      out_.fields[field].indexes = std::move(indexes);
    }
  }

  void gather(AtomId id, std::vector<std::pair<ExactTable::Key, AtomId>>& exact, Gathered& parts) {
    const Atom& atom = atoms_[id];
    FieldMatcher& field = out_.fields[atom.field];
    const std::string payload = atom.key->substr(kKeyHeader);
    const auto number_at = [&payload]<typename T>(std::size_t offset, T number) {
      std::memcpy(&number, payload.data() + offset, sizeof number);
      return number;
    };
    const auto add_exact = [&](ExactKind kind, bool& flag) {
      flag = true;
      exact.push_back({{atom.field, kind, payload}, id});
    };
    parts.any = parts.any ||
                (atom.kind != AtomKind::kText && atom.kind != AtomKind::kFoldedText && atom.kind != AtomKind::kNumber &&
                 atom.kind != AtomKind::kNumberSpelling && atom.kind != AtomKind::kLiteral);
    switch (atom.kind) {
      case AtomKind::kText:
        return add_exact(ExactKind::kText, field.texts);
      case AtomKind::kFoldedText:
        return add_exact(ExactKind::kFoldedText, field.folded_texts);
      case AtomKind::kNumber:
        return add_exact(ExactKind::kNumber, field.numbers);
      case AtomKind::kNumberSpelling:
        return add_exact(ExactKind::kNumberSpelling, field.number_spellings);
      case AtomKind::kLiteral:
        field.literals[static_cast<std::size_t>(payload[0])] = id;
        return;
      case AtomKind::kPrefix:
        parts.prefixes.emplace_back(payload, id);
        return;
      case AtomKind::kSuffix:
        parts.suffixes.emplace_back(payload, id);
        return;
      case AtomKind::kFoldedPrefix:
        parts.folded_prefixes.emplace_back(payload, id);
        return;
      case AtomKind::kFoldedSuffix:
        parts.folded_suffixes.emplace_back(payload, id);
        return;
      case AtomKind::kIgnoreCase:
        return parts.ignore_case.add(payload, IgnoreCaseIndex::Place::kWhole, id);
      case AtomKind::kIgnoreCasePrefix:
        return parts.ignore_case.add(payload, IgnoreCaseIndex::Place::kFront, id);
      case AtomKind::kIgnoreCaseSuffix:
        return parts.ignore_case.add(payload, IgnoreCaseIndex::Place::kBack, id);
      case AtomKind::kWildcard:
        parts.wildcards.emplace_back(payload, id);
        return;
      case AtomKind::kRange:
        field.numbers = true;
        parts.ranges.push_back({number_at(0, 0.0), number_at(sizeof(double), 0.0), id});
        return;
      case AtomKind::kAddresses: {
        using Number = unsigned __int128;
        auto& family = payload.back() != 0 ? parts.v6 : parts.v4;
        family.push_back({number_at(0, Number{0}), number_at(sizeof(Number), Number{0}), id});
        return;
      }
    }
  }

  // --- access --------------------------------------------------------------------------------------------------------

  // Lists each branch under the clause that fewest events are expected to bring up.
  void build_access() {
    std::vector<std::uint64_t> demand(atoms_.size());  // branches that could be listed under the atom
    for (BranchId branch = 0; branch < out_.branch_clauses.size(); ++branch) {
      for (ClauseId clause : out_.branch_clauses[branch]) {
        for (AtomId atom : out_.clause_atoms[clause]) ++demand[atom];
      }
    }
    std::vector<std::vector<BranchId>> by_atom(atoms_.size());
    std::vector<std::vector<BranchId>> by_presence(paths_.size());
    for (BranchId branch = 0; branch < out_.branch_clauses.size(); ++branch) {
      constexpr std::uint64_t kNever = ~std::uint64_t{0};
      std::uint64_t best_cost = kNever;
      ClauseId best = kNone;
      ClauseId present = kNone;
      for (ClauseId clause : out_.branch_clauses[branch]) {
        if (out_.clauses[clause].absent) continue;
        present = clause;
        if (!needs_atom(clause)) continue;
        std::uint64_t cost = 0;
        for (AtomId atom : out_.clause_atoms[clause]) cost += demand[atom] * expected_hits(atoms_[atom].kind);
        if (cost < best_cost) {
          best_cost = cost;
          best = clause;
        }
      }
      if (best != kNone) {
        for (AtomId atom : out_.clause_atoms[best]) by_atom[atom].push_back(branch);
      } else if (present != kNone) {
        by_presence[out_.clauses[present].field].push_back(branch);
      } else {
        out_.always.push_back(branch);
      }
    }
    for (const auto& list : by_atom) out_.by_atom.append(list);
    for (const auto& list : by_presence) out_.by_presence.append(list);
  }

  CompiledRules out_;
  std::vector<std::string> paths_;
  std::unordered_map<std::string, FieldId> field_ids_;
  std::vector<Atom> atoms_;
  std::unordered_map<std::string, AtomId> atom_ids_;
  std::unordered_map<std::string, ClauseId> clause_ids_;
  std::unordered_map<std::string, std::uint32_t> negation_ids_;
};

}  // namespace

CompiledRules compile_rules(std::span<const RuleInput> rules) { return Compiler().compile(rules); }

}  // namespace eventbus::rules
