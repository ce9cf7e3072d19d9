#include "rules-engine/ignore_case.h"
#include "rules-engine/rule_parts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>

namespace eventbus::rules {
namespace {

template <typename T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

double without_sign_of_zero(double value) { return value == 0 ? 0.0 : value; }

// Numbers fields, atoms, clauses and branches, equal ones alike.
class Compiler {
 public:
  // The parts refer to texts of the compiler.
  RuleParts& intern(std::span<const RuleInput> rules) {
    for (const RuleInput& rule : rules) add_rule(rule);
    return out_;
  }

 private:
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
      out_.branches.push_back({rule.id, rule_index, rule.pattern->branches().size() == 1});
    }
  }

  FieldId add_field(const std::string& path) {
    const auto [place, fresh] = field_ids_.try_emplace(path, static_cast<FieldId>(out_.paths.size()));
    if (fresh) out_.paths.push_back(path);
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
    const auto [place, fresh] = atom_ids_.try_emplace(std::move(key), static_cast<AtomId>(out_.atoms.size()));
    if (fresh) out_.atoms.push_back({field, kind, std::string_view(place->first).substr(kKeyHeader)});
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

  // An atom's key: its field and kind, then its payload.
  static constexpr std::size_t kKeyHeader = sizeof(FieldId) + sizeof(AtomKind);

  RuleParts out_;
  std::unordered_map<std::string, FieldId> field_ids_;
  std::unordered_map<std::string, AtomId> atom_ids_;
  std::unordered_map<std::string, ClauseId> clause_ids_;
  std::unordered_map<std::string, std::uint32_t> negation_ids_;
};

}  // namespace

CompiledRules compile_rules(std::span<const RuleInput> rules) {
  Compiler compiler;
  return lay_out_rules(std::move(compiler.intern(rules)));
}

}  // namespace eventbus::rules
