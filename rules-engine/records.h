#pragma once

#include "rules-engine/value_matchers.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace eventbus::rules {

using ClauseId = std::uint32_t;
using BranchId = std::uint32_t;  // where the branch's record is

// What a text is looked up for, beside its bytes: the field and the kind of comparison.
using KeyTag = std::uint32_t;

// One way for a rule to match: all its clauses.
struct BranchView {
  std::uint32_t id = 0;               // the caller's name of the rule
  std::uint32_t rule = 0;             // its index, if it has other branches
  bool only_branch = false;           // of its rule
  bool settled = false;               // one clause of atoms only: being listed under an atom that was hit is the match
  std::uint32_t access = 0;           // which of the clauses it is listed under, kNoAccess if under none of them
  std::span<const ClauseId> clauses;  // in the order in which AWS judges fields; none if settled

  static constexpr std::uint32_t kNoAccess = 0x3FF;
};

// Atoms and branches, in one array of words in which what is read together lies together. With 100,000 rules nearly
// every step to another array is a cache miss, and these are most of an event's time; a hit costs one here.
//
//   key       text, padded to words | its length | KeyTag     only of atoms and groups that ExactTable finds
//   atom      count | BranchId..., kShared if the branch is listed under other atoms too
//   branch    rule id | header | rule index unless only_branch | ClauseId...     behind the first atom that lists it
//   wildcards count | for each: atom | pieces | bytes of all pieces | length of each piece | text, padded
//
// An AtomId or BranchId is the place of the record's first word; a key ends just before it.
class Records {
 public:
  static constexpr std::uint32_t kShared = 1U << 31;

  bool has_key(std::uint32_t record, KeyTag tag, std::string_view text) const {
    const std::uint32_t* const word = words_.data() + record;
    return word[-1] == tag && word[-2] == text.size() &&
           std::memcmp(word - 2 - words_for(text.size()), text.data(), text.size()) == 0;
  }
  void prefetch(std::uint32_t record) const {
    __builtin_prefetch(words_.data() + record - 2);
    __builtin_prefetch(words_.data() + record + 8);
  }

  // The branches listed under an atom.
  std::span<const BranchId> branches_of(AtomId atom) const { return {words_.data() + atom + 1, words_[atom]}; }
  BranchView branch(BranchId id) const;
  // Collects the atoms of those wildcards of a group that match `value`.
  void find_wildcards(std::uint32_t group, std::string_view value, Hits& hits) const;

  // Building. Each returns the record's place.
  void append_key(KeyTag tag, std::string_view text);
  AtomId append_atom(std::size_t branches);  // whose places are set afterwards
  void set_branch(AtomId atom, std::size_t i, BranchId branch, bool shared);
  BranchId append_branch(const BranchView& branch);
  std::uint32_t append_wildcards(std::span<const Wildcard> wildcards, std::vector<std::uint32_t>& atom_places);
  void set_atom(std::uint32_t atom_place, AtomId atom) { words_[atom_place] = atom; }
  std::size_t bytes() const { return words_.size() * sizeof(std::uint32_t); }
  void shrink() { words_.shrink_to_fit(); }

 private:
  static constexpr std::uint32_t kCountBits = 10;
  static constexpr std::uint32_t kCountMask = (1U << kCountBits) - 1;
  static constexpr std::uint32_t kSettled = 1U << 30;
  static constexpr std::uint32_t kOnlyBranch = 1U << 31;

  static std::size_t words_for(std::size_t bytes) { return (bytes + 3) / 4; }
  std::uint32_t append(std::uint32_t word) {
    words_.push_back(word);
    return static_cast<std::uint32_t>(words_.size() - 1);
  }
  void append_text(std::string_view text);

  std::vector<std::uint32_t> words_ = std::vector<std::uint32_t>(2);  // a key's last two words can always be read
};

inline BranchView Records::branch(BranchId id) const {
  const std::uint32_t* word = words_.data() + id;
  BranchView branch;
  branch.id = *word++;
  const std::uint32_t header = *word++;
  branch.only_branch = (header & kOnlyBranch) != 0;
  branch.settled = (header & kSettled) != 0;
  branch.access = (header >> kCountBits) & kCountMask;
  if (!branch.only_branch) branch.rule = *word++;
  branch.clauses = {word, header & kCountMask};
  return branch;
}

}  // namespace eventbus::rules
