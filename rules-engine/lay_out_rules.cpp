#include "rules-engine/rule_parts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <unordered_map>
#include <utility>

namespace eventbus::rules {
namespace {

// What waits for no memory to speak of: about half of a second-level cache.
constexpr std::size_t kNearCache = 256 << 10;

// How many values of an event we expect to satisfy an atom of the kind, relative to an exact one.
constexpr std::uint64_t expected_hits(AtomKind kind) {
  if (kind <= AtomKind::kIgnoreCase) return 1;
  if (kind <= AtomKind::kWildcard) return 4;
  return kind == AtomKind::kRange ? 16 : 64;
}

template <typename T>
T read(std::string_view bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

ExactKind exact_kind(AtomKind kind) {
  switch (kind) {
    case AtomKind::kNumber:
      return ExactKind::kNumber;
    case AtomKind::kNumberSpelling:
      return ExactKind::kNumberSpelling;
    case AtomKind::kFoldedText:
      return ExactKind::kFoldedText;
    case AtomKind::kPrefix:
      return ExactKind::kPrefix;
    case AtomKind::kSuffix:
      return ExactKind::kSuffix;
    case AtomKind::kFoldedPrefix:
      return ExactKind::kFoldedPrefix;
    case AtomKind::kFoldedSuffix:
      return ExactKind::kFoldedSuffix;
    default:
      return ExactKind::kText;
  }
}

double number_of_bytes(std::string_view bytes) {
  double number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

bool is_exact(AtomKind kind) {
  return kind == AtomKind::kText || kind == AtomKind::kFoldedText || kind == AtomKind::kNumber ||
         kind == AtomKind::kNumberSpelling;
}

bool is_affix(AtomKind kind) {
  return kind == AtomKind::kPrefix || kind == AtomKind::kSuffix || kind == AtomKind::kFoldedPrefix ||
         kind == AtomKind::kFoldedSuffix;
}

// The lengths of the affixes that a field has of one kind.
class Lengths {
 public:
  void add(std::size_t length) {
    ++texts_;
    if (lengths_.size() > kMax) return;
    const auto place = std::ranges::lower_bound(lengths_, length);
    if (place == lengths_.end() || *place != length) lengths_.insert(place, static_cast<std::uint32_t>(length));
  }
  // A look-up for each length, rather than a search among the texts?
  bool are_few() const { return texts_ >= kManyTexts && lengths_.size() <= kMax; }
  const std::vector<std::uint32_t>& all() const { return lengths_; }

 private:
  static constexpr std::size_t kManyTexts = 16;
  static constexpr std::size_t kMax = 6;
  std::size_t texts_ = 0;
  std::vector<std::uint32_t> lengths_;
};

class Layout {
 public:
  explicit Layout(RuleParts&& parts) : parts_(std::move(parts)) {}

  CompiledRules run() {
    out_.paths = PathTrie(parts_.paths);
    out_.fields.resize(parts_.paths.size());
    gathered_.resize(parts_.paths.size());
    choose_access();
    choose_hashed_affixes();
    lay_out_records();
    build_indexes();
    prepare_plain_values();
    out_.exact = ExactTable(exact_);
    rename_atoms();
    out_.records.shrink();
    out_.overlap_lookups = out_.exact.bytes() + out_.records.bytes() > kNearCache;
    out_.rule_count = parts_.rule_count;
    return std::move(out_);
  }

 private:
  // --- access --------------------------------------------------------------------------------------------------------

  // Lists each branch under the clause that fewest events are expected to bring up.
  void choose_access() {
    std::vector<std::uint64_t> demand(parts_.atoms.size());  // branches that could be listed under the atom
    for (BranchId branch = 0; branch < parts_.branches.size(); ++branch) {
      for (ClauseId clause : parts_.branch_clauses[branch]) {
        for (AtomId atom : parts_.clause_atoms[clause]) ++demand[atom];
      }
    }
    const auto cost_of = [&](ClauseId clause) {
      std::uint64_t cost = 0;
      for (AtomId atom : parts_.clause_atoms[clause]) cost += demand[atom] * expected_hits(parts_.atoms[atom].kind);
      return cost;
    };
    access_.resize(parts_.branches.size(), BranchView::kNoAccess);
    std::vector<std::vector<BranchId>> by_presence(parts_.paths.size());
    by_atom_begin_.resize(parts_.atoms.size() + 1);
    for (BranchId branch = 0; branch < parts_.branches.size(); ++branch) {
      const auto clauses = parts_.branch_clauses[branch];
      std::uint64_t best_cost = ~std::uint64_t{0};
      ClauseId present = kNone;
      for (std::uint32_t i = 0; i < clauses.size(); ++i) {
        if (parts_.clauses[clauses[i]].absent) continue;
        present = clauses[i];
        if (!parts_.needs_atom(clauses[i])) continue;
        const std::uint64_t cost = cost_of(clauses[i]);
        if (cost >= best_cost) continue;
        best_cost = cost;
        access_[branch] = i;
      }
      if (access_[branch] != BranchView::kNoAccess) {
        for (AtomId atom : parts_.clause_atoms[clauses[access_[branch]]]) ++by_atom_begin_[atom + 1];
      } else if (present != kNone) {
        by_presence[parts_.clauses[present].field].push_back(branch);
      } else {
        out_.always.push_back(branch);
      }
    }
    for (const auto& list : by_presence) out_.by_presence.append(list);
    for (AtomId atom = 0; atom < parts_.atoms.size(); ++atom) by_atom_begin_[atom + 1] += by_atom_begin_[atom];
    by_atom_.resize(by_atom_begin_.back());
    std::vector<std::uint32_t> next(by_atom_begin_.begin(), by_atom_begin_.end() - 1);
    for (BranchId branch = 0; branch < parts_.branches.size(); ++branch) {
      if (access_[branch] == BranchView::kNoAccess) continue;
      for (AtomId atom : access_atoms(branch)) by_atom_[next[atom]++] = branch;
    }
  }

  std::span<const AtomId> access_atoms(BranchId branch) const {
    return parts_.clause_atoms[parts_.branch_clauses[branch][access_[branch]]];
  }

  // --- records -------------------------------------------------------------------------------------------------------

  void choose_hashed_affixes() {
    for (const RuleParts::Atom& atom : parts_.atoms) {
      if (is_affix(atom.kind)) affixes_[key_tag(atom.field, exact_kind(atom.kind))].add(atom.payload.size());
    }
    for (const auto& [tag, lengths] : affixes_) {
      if (lengths.are_few()) look_up_lengths(tag, lengths);
    }
  }

  void look_up_lengths(KeyTag tag, const Lengths& lengths) {
    auto& texts = out_.fields[tag >> 4].texts;
    for (std::uint32_t length : lengths.all()) texts.push_back({static_cast<ExactKind>(tag & 0xF), length});
  }

  bool is_hashed(const RuleParts::Atom& atom) const {
    return is_exact(atom.kind) ||
           (is_affix(atom.kind) && affixes_.at(key_tag(atom.field, exact_kind(atom.kind))).are_few());
  }

  void lay_out_records() {
    branch_places_.resize(parts_.branches.size(), kNone);
    atom_places_.resize(parts_.atoms.size(), kNone);
    for (AtomId atom = 0; atom < parts_.atoms.size(); ++atom) {
      // Those of wildcards stand behind the group that leads to them.
      if (parts_.atoms[atom].kind != AtomKind::kWildcard) lay_out_atom(atom);
    }
    std::vector<std::vector<AtomId>> wildcards(parts_.paths.size());
    for (AtomId atom = 0; atom < parts_.atoms.size(); ++atom) {
      if (parts_.atoms[atom].kind == AtomKind::kWildcard) wildcards[parts_.atoms[atom].field].push_back(atom);
    }
    for (FieldId field = 0; field < wildcards.size(); ++field) {
      if (!wildcards[field].empty()) group_wildcards(field, wildcards[field]);
    }
    for (FieldId field = 0; field < parts_.paths.size(); ++field) {
      for (BranchId& branch : out_.by_presence.mutable_list(field)) branch = lay_out_branch(branch);
    }
    for (BranchId& branch : out_.always) branch = lay_out_branch(branch);
  }

  void lay_out_atom(AtomId id) {
    const RuleParts::Atom& atom = parts_.atoms[id];
    const bool hashed = is_hashed(atom);
    if (hashed) append_key(key_tag(atom.field, exact_kind(atom.kind)), atom.payload);
    const std::span<const BranchId> branches(by_atom_.data() + by_atom_begin_[id],
                                             by_atom_.data() + by_atom_begin_[id + 1]);
    const AtomId place = out_.records.append_atom(branches.size());
    atom_places_[id] = place;
    if (hashed) exact_.back().record = place;
    for (std::size_t i = 0; i < branches.size(); ++i) {
      out_.records.set_branch(place, i, lay_out_branch(branches[i]), access_atoms(branches[i]).size() > 1);
    }
    prepare_field(atom, place);
  }

  void append_key(KeyTag tag, std::string_view text) {
    out_.records.append_key(tag, text);
    exact_.push_back({ExactTable::hash_of(tag, text), kNone});
  }

  BranchId lay_out_branch(BranchId id) {
    BranchId& place = branch_places_[id];
    if (place != kNone) return place;
    const RuleParts::Branch& branch = parts_.branches[id];
    const auto clauses = parts_.branch_clauses[id];
    const bool settled = clauses.size() == 1 && access_[id] != BranchView::kNoAccess;
    place = out_.records.append_branch({branch.id, branch.rule, branch.only_branch, settled, access_[id], clauses});
    return place;
  }

  // Wildcards by the rarer of their outer pieces.
  void group_wildcards(FieldId field, const std::vector<AtomId>& atoms) {
    std::vector<Wildcard> wildcards;
    std::map<std::string, std::uint32_t> first_count;
    std::map<std::string, std::uint32_t> last_count;
    for (AtomId atom : atoms) {
      wildcards.emplace_back(parts_.atoms[atom].payload);
      ++first_count[wildcards.back().pieces().front()];
      ++last_count[wildcards.back().pieces().back()];
    }
    std::map<std::string, std::vector<std::size_t>> firsts;
    std::map<std::string, std::vector<std::size_t>> lasts;
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < atoms.size(); ++i) {
      const std::string& first = wildcards[i].pieces().front();
      const std::string& last = wildcards[i].pieces().back();
      if (first.empty() && last.empty()) {
        open.push_back(i);
      } else if (last.empty() || (!first.empty() && first_count[first] <= last_count[last])) {
        firsts[first].push_back(i);
      } else {
        lasts[last].push_back(i);
      }
    }
    const auto lay_out_group = [&](const std::vector<std::size_t>& members) {
      std::vector<Wildcard> group;
      for (std::size_t i : members) group.push_back(wildcards[i]);
      std::vector<std::uint32_t> places;
      const std::uint32_t record = out_.records.append_wildcards(group, places);
      for (std::size_t i = 0; i < members.size(); ++i) {
        lay_out_atom(atoms[members[i]]);
        out_.records.set_atom(places[i], atom_places_[atoms[members[i]]]);
      }
      return record;
    };
    Gathered& parts = gathered_[field];
    parts.any = true;
    parts.any_of_text = true;
    const auto lay_out_groups = [&](const auto& groups, ExactKind kind, Gathered::Texts& texts) {
      Lengths lengths;
      for (const auto& [piece, members] : groups) lengths.add(piece.size());
      const bool hashed = lengths.are_few();
      if (hashed) look_up_lengths(key_tag(field, kind), lengths);
      for (const auto& [piece, members] : groups) {
        if (hashed) {
          append_key(key_tag(field, kind), piece);
          const std::size_t entry = exact_.size() - 1;
          const std::uint32_t record = lay_out_group(members);
          exact_[entry].record = record;
        } else {
          texts.emplace_back(piece, lay_out_group(members));
        }
      }
    };
    lay_out_groups(firsts, ExactKind::kFirstPiece, parts.first_pieces);
    lay_out_groups(lasts, ExactKind::kLastPiece, parts.last_pieces);
    if (!open.empty()) parts.open_wildcards = lay_out_group(open);
  }

  // --- fields --------------------------------------------------------------------------------------------------------

  // The texts of one field's indexes, gathered before they are built.
  struct Gathered {
    using Texts = std::vector<std::pair<std::string, AtomId>>;
    Texts prefixes, suffixes, folded_prefixes, folded_suffixes, first_pieces, last_pieces;
    std::uint32_t open_wildcards = kNone;
    std::vector<IntervalIndex<double>::Interval> ranges;
    std::vector<PlainNumbers::Interval> tested_numbers;
    std::vector<IntervalIndex<unsigned __int128>::Interval> v4, v6;
    IgnoreCaseIndex ignore_case;
    bool any = false;
    bool any_of_text = false;
  };

  void prepare_field(const RuleParts::Atom& atom, AtomId place) {
    FieldMatcher& field = out_.fields[atom.field];
    Gathered& parts = gathered_[atom.field];
    field.folds = field.folds || atom.kind == AtomKind::kFoldedText || atom.kind == AtomKind::kFoldedPrefix ||
                  atom.kind == AtomKind::kFoldedSuffix;
    const std::string_view payload = atom.payload;
    const auto look_up_whole = [&](ExactKind kind) {
      auto lookup = std::ranges::find(field.texts, kind, &FieldMatcher::TextLookup::kind);
      if (lookup == field.texts.end()) lookup = field.texts.insert(lookup, {kind, 0});
      lookup->lengths |= FieldMatcher::length_bit(payload.size());
    };
    switch (atom.kind) {
      case AtomKind::kText:
        return look_up_whole(ExactKind::kText);
      case AtomKind::kFoldedText:
        return look_up_whole(ExactKind::kFoldedText);
      case AtomKind::kNumber:
        field.numbers = true;
        field.number_keys |= FieldMatcher::number_bit(number_of_bytes(payload));
        parts.tested_numbers.push_back({number_of_bytes(payload), number_of_bytes(payload)});
        return;
      case AtomKind::kNumberSpelling:
        field.number_spellings = true;
        return;
      case AtomKind::kLiteral:
        field.literals[static_cast<std::size_t>(payload[0])] = place;
        return;
      default:
        break;
    }
    if (is_affix(atom.kind) && is_hashed(atom)) return;
    parts.any = true;
    parts.any_of_text = parts.any_of_text || atom.kind != AtomKind::kRange;
    switch (atom.kind) {
      case AtomKind::kPrefix:
        parts.prefixes.emplace_back(payload, place);
        return;
      case AtomKind::kSuffix:
        parts.suffixes.emplace_back(payload, place);
        return;
      case AtomKind::kFoldedPrefix:
        parts.folded_prefixes.emplace_back(payload, place);
        return;
      case AtomKind::kFoldedSuffix:
        parts.folded_suffixes.emplace_back(payload, place);
        return;
      case AtomKind::kIgnoreCase:
        return parts.ignore_case.add(payload, IgnoreCaseIndex::Place::kWhole, place);
      case AtomKind::kIgnoreCasePrefix:
        return parts.ignore_case.add(payload, IgnoreCaseIndex::Place::kFront, place);
      case AtomKind::kIgnoreCaseSuffix:
        return parts.ignore_case.add(payload, IgnoreCaseIndex::Place::kBack, place);
      case AtomKind::kRange:
        field.numbers = true;
        parts.ranges.push_back({read<double>(payload, 0), read<double>(payload, sizeof(double)), place});
        parts.tested_numbers.push_back({read<double>(payload, 0), read<double>(payload, sizeof(double))});
        return;
      case AtomKind::kAddresses: {
        using Number = unsigned __int128;
        auto& family = payload.back() != 0 ? parts.v6 : parts.v4;
        family.push_back({read<Number>(payload, 0), read<Number>(payload, sizeof(Number)), place});
        return;
      }
      default:
        return;
    }
  }

  void build_indexes() {
    for (FieldId field = 0; field < parts_.paths.size(); ++field) {
      Gathered& parts = gathered_[field];
      if (!parts.any) continue;
      auto indexes = std::make_unique<FieldMatcher::Indexes>();
      indexes->prefixes = AffixIndex(AffixIndex::End::kFront, std::move(parts.prefixes));
      indexes->suffixes = AffixIndex(AffixIndex::End::kBack, std::move(parts.suffixes));
      indexes->folded_prefixes = AffixIndex(AffixIndex::End::kFront, std::move(parts.folded_prefixes));
      indexes->folded_suffixes = AffixIndex(AffixIndex::End::kBack, std::move(parts.folded_suffixes));
      indexes->first_pieces = AffixIndex(AffixIndex::End::kFront, std::move(parts.first_pieces));
      indexes->last_pieces = AffixIndex(AffixIndex::End::kBack, std::move(parts.last_pieces));
      indexes->open_wildcards = parts.open_wildcards;
      indexes->ranges = IntervalIndex<double>(std::move(parts.ranges));
      indexes->v4 = IntervalIndex<unsigned __int128>(std::move(parts.v4));
      indexes->v6 = IntervalIndex<unsigned __int128>(std::move(parts.v6));
      indexes->ignore_case = std::move(parts.ignore_case);
      indexes->any_of_text = parts.any_of_text;
      out_.fields[field].indexes = std::move(indexes);
    }
  }

  // What lets values without hits be left out.
  void prepare_plain_values() {
    out_.plain_values.resize(out_.fields.size());
    for (ClauseId clause = 0; clause < parts_.clauses.size(); ++clause) {
      if (!parts_.needs_atom(clause)) out_.plain_values[parts_.clauses[clause].field].matter = true;
    }
    constexpr std::size_t kBits = 64;
    for (FieldId id = 0; id < out_.fields.size(); ++id) {
      const FieldMatcher& field = out_.fields[id];
      PlainValues& plain = out_.plain_values[id];
      plain.numbers = PlainNumbers(std::move(gathered_[id].tested_numbers));
      if (plain.matter && out_.left_out_fields.size() < kBits) {
        plain.left_out_bit = std::uint64_t{1} << out_.left_out_fields.size();
        out_.left_out_fields.push_back(id);
      }
      if (field.indexes != nullptr && field.indexes->any_of_text) plain.text_lengths = ~std::uint64_t{0};
      for (const FieldMatcher::TextLookup& lookup : field.texts) {
        const bool whole = lookup.kind == ExactKind::kText || lookup.kind == ExactKind::kFoldedText;
        // An affix may begin or end any text that is not shorter.
        plain.text_lengths |= whole ? lookup.lengths : ~(FieldMatcher::length_bit(lookup.length) - 1);
      }
    }
  }

  // Clauses and negations name atoms by their places from now on.
  void rename_atoms() {
    out_.clauses = std::move(parts_.clauses);
    out_.clause_atoms = std::move(parts_.clause_atoms);
    out_.clause_negations = std::move(parts_.clause_negations);
    out_.negation_atoms = std::move(parts_.negation_atoms);
    const auto rename = [&](std::span<AtomId> atoms) {
      for (AtomId& atom : atoms) atom = atom_places_[atom];
      std::ranges::sort(atoms);
    };
    for (ClauseId clause = 0; clause < out_.clauses.size(); ++clause) {
      rename(out_.clause_atoms.mutable_list(clause));
      AtomId& only_atom = out_.clauses[clause].only_atom;
      if (only_atom != kNone) only_atom = atom_places_[only_atom];
    }
    for (std::size_t i = 0; i < out_.negation_atoms.size(); ++i) rename(out_.negation_atoms.mutable_list(i));
    out_.clauses.shrink_to_fit();
    out_.clause_atoms.shrink();
    out_.clause_negations.shrink();
    out_.negation_atoms.shrink();
  }

  RuleParts parts_;
  CompiledRules out_;
  std::vector<std::uint32_t> access_;         // by branch: which of its clauses
  std::vector<std::uint32_t> by_atom_begin_;  // by atom, in by_atom_
  std::vector<BranchId> by_atom_;
  std::unordered_map<KeyTag, Lengths> affixes_;
  std::vector<ExactTable::Entry> exact_;
  std::vector<AtomId> atom_places_;
  std::vector<BranchId> branch_places_;
  std::vector<Gathered> gathered_;
};

}  // namespace

CompiledRules lay_out_rules(RuleParts&& parts) { return Layout(std::move(parts)).run(); }

}  // namespace eventbus::rules
